# Whoever it makes requests as may call this one service.
resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = "scheduler"
  display_name = "Cloud Scheduler, calling ${var.service}"
}

locals {
  # Spelled out, so that a plan shows who is granted what.
  email  = "${google_service_account.this.account_id}@${var.project_id}.iam.gserviceaccount.com"
  member = "serviceAccount:${local.email}"
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  project  = var.project_id
  location = var.location
  name     = var.service
  role     = "roles/run.invoker"
  member   = local.member
}
