resource "google_cloud_scheduler_job" "this" {
  for_each = var.jobs

  project     = var.project_id
  region      = var.location
  name        = each.key
  description = each.value.description
  schedule    = each.value.cron
  time_zone   = "Etc/UTC"

  # The longest there is: a sweep gives up after SWEEP_SECONDS (1,500), and writes its report then.
  attempt_deadline = "1800s"

  http_target {
    http_method = "POST"
    uri         = "${var.uri}${each.value.path}"

    oidc_token {
      service_account_email = local.email
      audience              = var.uri
    }
  }

  # A sweep that fails, or runs out of time, answers 503, and the next try goes on from there.
  retry_config {
    retry_count          = each.value.retries
    min_backoff_duration = "60s"
    max_backoff_duration = "600s"
  }
}
