# Metrics counted from what the functions log. A line is JSON, its event in `message`.

locals {
  of_auditor      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"purge-auditor\""
  of_processor    = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"image-processor\""
  of_services     = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", formatlist("\"%s\"", sort(var.services)))})"
  of_kafka_ingest = "resource.type=\"cloud_run_worker_pool\" AND resource.labels.worker_pool_name=\"kafka-ingest\""

  counts = merge(
    {
      darkroom_images = {
        description = "Images that are done, by what became of them."
        filter      = "${local.of_processor} AND jsonPayload.message=\"image done\""
        labels      = { status = "EXTRACT(jsonPayload.status)" }
      }
      darkroom_rejected_events = {
        description = "Events that no try would have helped."
        filter      = "${local.of_services} AND jsonPayload.message=\"event rejected\""
        labels      = { function = "EXTRACT(resource.labels.service_name)" }
      }
      darkroom_sweeps = {
        description = "Sweeps that left their report, by scope: Due (hourly) or Everything (daily)."
        filter      = "${local.of_auditor} AND jsonPayload.message=\"sweep done\""
        labels      = { scope = "EXTRACT(jsonPayload.scope)" }
      }
      darkroom_violations = {
        description = "Checks that a sweep found violated."
        filter      = "${local.of_auditor} AND jsonPayload.message=\"violation\""
        labels      = { check = "EXTRACT(jsonPayload.check)" }
      }
    },
    var.has_kafka ? {
      darkroom_kafka_dead_letters = {
        description = "Messages of the stream that can never be taken in, by why."
        filter      = "${local.of_kafka_ingest} AND jsonPayload.message=\"dead letter\""
        labels      = { reason = "EXTRACT(jsonPayload.reason)" }
      }
    } : {},
  )
}

resource "google_logging_metric" "count" {
  for_each = local.counts

  project          = var.project_id
  name             = each.key
  description      = each.value.description
  filter           = each.value.filter
  label_extractors = each.value.labels

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }
}

# A worker pool has no address that its metrics could be read at, so it logs its lag.
resource "google_logging_metric" "kafka_lag" {
  count = var.has_kafka ? 1 : 0

  project         = var.project_id
  name            = "darkroom_kafka_lag"
  description     = "Messages that an instance's partitions hold and that are not committed, as it tells every minute."
  filter          = "${local.of_kafka_ingest} AND jsonPayload.message=\"lag\""
  value_extractor = "EXTRACT(jsonPayload.lag)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "1"
  }

  # From 1 to a million, each bucket twice the one before.
  bucket_options {
    exponential_buckets {
      num_finite_buckets = 20
      growth_factor      = 2
      scale              = 1
    }
  }
}
