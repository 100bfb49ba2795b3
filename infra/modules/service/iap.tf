# Identity-Aware Proxy before the service: it lets people sign in, and tells the service who they are.

data "google_project" "this" {
  count = local.is_behind_iap ? 1 : 0

  project_id = var.project_id
}

locals {
  is_behind_iap  = length(var.iap_members) > 0
  project_number = one(data.google_project.this[*].number)

  # Whom the proxy's assertions are for.
  iap_environment = local.is_behind_iap ? {
    IAP_AUDIENCE = "/projects/${local.project_number}/locations/${var.location}/services/${var.name}"
  } : {}

  # First the account that the proxy calls as, which a new project does not have.
  iap_commands = [
    "gcloud beta services identity create --service=iap.googleapis.com --project=${var.project_id} --quiet",
    "gcloud beta run services update ${var.name} --iap --region=${var.location} --project=${var.project_id} --quiet",
  ]
}

# google_cloud_run_v2_service has no field for the proxy. A change of the service could take it away, and
# so turns it on again.
resource "terraform_data" "iap" {
  count = local.is_behind_iap ? 1 : 0

  provisioner "local-exec" {
    command = join(" && ", local.iap_commands)
  }

  lifecycle {
    replace_triggered_by = [google_cloud_run_v2_service.this]
  }
}

resource "google_cloud_run_v2_service_iam_member" "iap" {
  count = local.is_behind_iap ? 1 : 0

  project  = var.project_id
  location = var.location
  name     = google_cloud_run_v2_service.this.name
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${local.project_number}@gcp-sa-iap.iam.gserviceaccount.com"

  # The account has to be there.
  depends_on = [terraform_data.iap]
}

resource "google_iap_web_cloud_run_service_iam_member" "this" {
  for_each = var.iap_members

  project                = var.project_id
  location               = var.location
  cloud_run_service_name = google_cloud_run_v2_service.this.name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.key
}
