resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = var.name
  display_name = var.description
}

locals {
  # Spelled out, so that a plan shows who is granted what.
  email  = "${google_service_account.this.account_id}@${var.project_id}.iam.gserviceaccount.com"
  member = "serviceAccount:${local.email}"
}

# What it may do that is granted by the project alone: run queries, connect to the Kafka cluster.
resource "google_project_iam_member" "this" {
  for_each = var.project_roles

  project = var.project_id
  role    = each.key
  member  = local.member
}

# Upload and download URLs are signed by IAM, as the service's own account and nobody else's.
resource "google_service_account_iam_member" "signs_as_itself" {
  count = var.signs_as_itself ? 1 : 0

  service_account_id = "projects/${var.project_id}/serviceAccounts/${local.email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.member
}

resource "google_secret_manager_secret_iam_member" "this" {
  for_each = merge(var.secret_environment, var.secret_files)

  project   = var.project_id
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = local.member
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = var.location
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = each.key
}
