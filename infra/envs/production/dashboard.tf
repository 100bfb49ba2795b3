# The dashboard of the warehouse's views (analytics/dashboard), for the group of analysts.

module "dashboard" {
  source = "../../modules/service"
  count  = var.dashboard ? 1 : 0

  name        = "dashboard"
  description = "Shows analysts the views, and thumbnails"
  project_id  = var.project_id
  location    = var.region
  image       = local.images.dashboard

  # A page asks for all of its charts at once. Fewer than its 80 threads, so that one is left to say that
  # it lives.
  concurrency = 64
  memory_mib  = 2048
  # What people save is in a database of the instance's own, and gone with it: a second instance would
  # not know of it.
  instances = { max = 1 }
  # It makes that database first.
  startup_seconds = 240
  # The warehouse is waited for 120 s.
  timeout_seconds = 150

  iap_members = ["group:${var.analysts_group}"]
  # Asks the views.
  project_roles   = ["roles/bigquery.jobUser"]
  signs_as_itself = true

  environment = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    ARCHIVE_BUCKET       = module.archive.name
    BIGQUERY_DATASET     = module.warehouse.views_dataset
    SIGNING_ACCOUNT      = "dashboard@${var.project_id}.iam.gserviceaccount.com"
  }
}

# Notebooks show thumbnails by URLs that are signed as the dashboard signs them. As the dashboard analysts
# see what it shows them anyway.
resource "google_service_account_iam_member" "analysts_sign_as_the_dashboard" {
  count = var.dashboard ? 1 : 0

  service_account_id = "projects/${var.project_id}/serviceAccounts/${module.dashboard[0].email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:${var.analysts_group}"
}
