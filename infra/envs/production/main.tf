provider "google" {
  project = var.project_id
  region  = var.region

  # The budget's API wants to know whose quota it is asked with.
  billing_project       = var.project_id
  user_project_override = true
}

locals {
  # What the functions are created with; deploys change it from then on.
  images = {
    for function in ["dashboard", "image-processor", "kafka-ingest", "metadata-loader", "purge-auditor", "upload-signer"] :
    function => lookup(var.images, function, "${var.region}-docker.pkg.dev/${var.project_id}/darkroom/${function}:latest")
  }
}

module "roles" {
  source = "../../modules/roles"

  project_id = var.project_id
}

module "encryption" {
  source = "../../modules/encryption"

  project_id = var.project_id
  kms_key    = var.kms_key
  users = concat(
    ["bigquery", "pubsub", "storage"],
    local.is_managed_kafka ? ["kafka"] : [],
  )
}
