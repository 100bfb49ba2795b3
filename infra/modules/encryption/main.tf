# Lets the services that keep data use the key. Each asks for it by its own account.

data "google_project" "this" {
  project_id = var.project_id
}

data "google_storage_project_service_account" "this" {
  project = var.project_id
}

data "google_bigquery_default_service_account" "this" {
  project = var.project_id
}

locals {
  users = {
    storage  = data.google_storage_project_service_account.this.email_address
    bigquery = data.google_bigquery_default_service_account.this.email
    pubsub   = "service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    kafka    = "service-${data.google_project.this.number}@gcp-sa-managedkafka.iam.gserviceaccount.com"
  }
}

resource "google_kms_crypto_key_iam_member" "user" {
  for_each = var.kms_key == null ? [] : var.users

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${local.users[each.key]}"
}
