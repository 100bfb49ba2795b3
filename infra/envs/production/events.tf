locals {
  finalized = "google.cloud.storage.object.v1.finalized"
  deleted   = "google.cloud.storage.object.v1.deleted"

  triggers = {
    ingest-finalized   = { bucket = module.ingest.name, event_type = local.finalized, service = module.image_processor.name }
    records-finalized  = { bucket = module.records.name, event_type = local.finalized, service = module.metadata_loader.name }
    archive-deleted    = { bucket = module.archive.name, event_type = local.deleted, service = module.purge_auditor.name }
    records-deleted    = { bucket = module.records.name, event_type = local.deleted, service = module.purge_auditor.name }
    erasures-finalized = { bucket = module.erasures.name, event_type = local.finalized, service = module.purge_auditor.name }
  }
}

module "events" {
  source = "../../modules/events"

  project_id   = var.project_id
  dead_letters = "undelivered-events"
  kms_key      = module.encryption.kms_key
}

module "trigger" {
  source   = "../../modules/trigger"
  for_each = local.triggers

  name              = each.key
  project_id        = var.project_id
  location          = var.region
  event_type        = each.value.event_type
  bucket            = each.value.bucket
  service           = each.value.service
  dead_letter_topic = module.events.dead_letter_topic
  pubsub_agent      = module.events.pubsub_agent
}

module "schedule" {
  source = "../../modules/schedule"

  project_id = var.project_id
  location   = var.region
  service    = module.purge_auditor.name
  uri        = module.purge_auditor.uri

  jobs = {
    sweep-hourly = {
      cron        = "0 * * * *"
      description = "Deletes every object that is due"
      path        = "/sweep"
      # The next hour comes anyway.
      retries = 1
    }
    sweep-daily = {
      cron        = "30 3 * * *"
      description = "Walks through everything that is stored"
      path        = "/sweep/full"
      retries     = 5
    }
  }
}
