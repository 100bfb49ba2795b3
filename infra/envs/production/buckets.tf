# Who may do what with the objects of each bucket is the map `grants` beside it, and nothing else. An
# account that looks for objects that may not be there also needs to list: without, Cloud Storage says
# "forbidden" where it would say "not found". So reading is roles/storage.objectViewer everywhere.

locals {
  dashboard    = var.dashboard ? [module.dashboard[0].member] : []
  kafka_ingest = var.kafka == null ? [] : [module.kafka_ingest[0].member]

  upload_headers = [
    "content-md5",
    "content-type",
    "x-goog-content-length-range",
    "x-goog-if-generation-match",
    "x-goog-meta-darkroom",
  ]
}

module "ingest" {
  source = "../../modules/bucket"

  name              = "${var.project_id}-ingest"
  project_id        = var.project_id
  location          = var.region
  allow_destroy     = var.allow_destroy
  kms_key           = module.encryption.kms_key
  delete_after_days = 7
  takes_uploads     = true

  cors = {
    headers = local.upload_headers
    method  = "PUT"
    origins = var.bucket_cors_origins
  }

  grants = {
    "roles/storage.objectCreator" = concat(
      # The signed URL uploads in its name. It can replace and delete nothing.
      [module.upload_signer.member],
      # Stores messages.
      local.kafka_ingest,
    )
    "roles/storage.objectViewer" = [
      # Tells owners whether their image still waits.
      module.upload_signer.member,
    ]
    (module.roles.names.objectPurger) = [
      # Reads an upload, and deletes it once it is archived.
      module.image_processor.member,
      # Lists what is due, and deletes it.
      module.purge_auditor.member,
    ]
    # Checks the settings.
    (module.roles.names.bucketInspector) = [module.purge_auditor.member]
  }
}

module "archive" {
  source = "../../modules/bucket"

  name                          = "${var.project_id}-archive"
  project_id                    = var.project_id
  location                      = var.region
  allow_destroy                 = var.allow_destroy
  kms_key                       = module.encryption.kms_key
  delete_after_days             = 8
  delete_days_after_custom_time = 7

  cors = {
    headers = ["content-type"]
    method  = "GET"
    origins = var.bucket_cors_origins
  }

  grants = {
    # Writes originals and derivatives. It can replace and delete nothing.
    "roles/storage.objectCreator" = [module.image_processor.member]
    "roles/storage.objectViewer" = [
      # Looks whether a derivative is there from an unfinished try.
      module.image_processor.member,
      # The signed URL downloads in its name.
      module.upload_signer.member,
    ]
    # Lists what is due or to be erased, and deletes it.
    (module.roles.names.objectPurger) = [module.purge_auditor.member]
    # Checks the settings.
    (module.roles.names.bucketInspector) = [module.purge_auditor.member]
  }

  # The signed URL downloads in its name. It can read no original, and list nothing.
  conditional_grants = [
    for member in local.dashboard : {
      condition = "resource.name.endsWith('/preview.webp') || resource.name.endsWith('/thumbnail.jpg')"
      members   = [member]
      role      = "roles/storage.objectViewer"
      title     = "derivatives"
    }
  ]
}

module "records" {
  source = "../../modules/bucket"

  name                          = "${var.project_id}-records"
  project_id                    = var.project_id
  location                      = var.region
  allow_destroy                 = var.allow_destroy
  kms_key                       = module.encryption.kms_key
  delete_after_days             = 8
  delete_days_after_custom_time = 7

  grants = {
    "roles/storage.objectCreator" = [
      # Writes the record.
      module.image_processor.member,
      # Leaves load-error.json beside a record that cannot be loaded.
      module.metadata_loader.member,
    ]
    "roles/storage.objectViewer" = [
      # Looks whether the image is done.
      module.image_processor.member,
      # Reads the record into a row.
      module.metadata_loader.member,
      # Tells owners what became of their image.
      module.upload_signer.member,
    ]
    # Lists what is due or to be erased, and deletes it.
    (module.roles.names.objectPurger) = [module.purge_auditor.member]
    # Checks the settings.
    (module.roles.names.bucketInspector) = [module.purge_auditor.member]
  }
}

module "references" {
  source = "../../modules/bucket"

  name              = "${var.project_id}-references"
  project_id        = var.project_id
  location          = var.region
  allow_destroy     = var.allow_destroy
  kms_key           = module.encryption.kms_key
  delete_after_days = 7
  takes_uploads     = true

  grants = {
    # The second application puts images here that are too large for a message.
    "roles/storage.objectCreator" = var.reference_senders
    # Copies what a message refers to.
    "roles/storage.objectViewer" = local.kafka_ingest
    # Checks the settings, and cannot see what is in it.
    (module.roles.names.bucketInspector) = [module.purge_auditor.member]
  }
}

module "evidence" {
  source = "../../modules/bucket"

  name              = "${var.project_id}-evidence"
  project_id        = var.project_id
  location          = var.region
  kms_key           = module.encryption.kms_key
  delete_after_days = 400
  # Longer than an auditor's year. Nobody can change or delete a report until then, the project's owner
  # included.
  locked_days = 400

  grants = {
    # Writes reports. It can replace and delete none.
    "roles/storage.objectCreator" = [module.purge_auditor.member]
    "roles/storage.objectViewer" = concat(
      # Continues the chain from the last report.
      [module.purge_auditor.member],
      # Whoever runs `purge-auditor verify` and `report`.
      var.auditors_group == null ? [] : ["group:${var.auditors_group}"],
    )
    # Checks the settings.
    (module.roles.names.bucketInspector) = [module.purge_auditor.member]
  }
}

module "erasures" {
  source = "../../modules/bucket"

  name              = "${var.project_id}-erasures"
  project_id        = var.project_id
  location          = var.region
  allow_destroy     = var.allow_destroy
  kms_key           = module.encryption.kms_key
  delete_after_days = 30

  grants = {
    "roles/storage.objectCreator" = [
      # Writes requests down.
      module.upload_signer.member,
      # Writes down that nothing is left.
      module.purge_auditor.member,
    ]
    "roles/storage.objectViewer" = [
      # Refuse what is to be erased.
      module.image_processor.member,
      module.metadata_loader.member,
      # Tells how far an erasure has come.
      module.upload_signer.member,
      # Goes through the requests.
      module.purge_auditor.member,
    ]
    # Checks the settings.
    (module.roles.names.bucketInspector) = [module.purge_auditor.member]
  }
}
