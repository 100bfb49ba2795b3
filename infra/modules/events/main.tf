# What all triggers share: Cloud Storage may announce events, and those that cannot be delivered end up
# in one place.

data "google_project" "this" {
  project_id = var.project_id
}

data "google_storage_project_service_account" "this" {
  project = var.project_id
}

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

# Cloud Storage publishes what happens in a bucket to a topic that Eventarc makes and names, so that the
# grant can only be the project's.
resource "google_project_iam_member" "storage_publishes" {
  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${data.google_storage_project_service_account.this.email_address}"
}

# Events that were tried for most of a day in vain. They name an object, and its metadata names its
# owner: they must be gone with the image, so they are kept for five days after at most one of trying.
resource "google_pubsub_topic" "dead_letters" {
  project      = var.project_id
  name         = var.dead_letters
  kms_key_name = var.kms_key
}

resource "google_pubsub_subscription" "dead_letters" {
  project = var.project_id
  name    = var.dead_letters
  topic   = google_pubsub_topic.dead_letters.id

  message_retention_duration = "432000s"
  ack_deadline_seconds       = 60

  # It may be quiet for months.
  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves an event there.
resource "google_pubsub_topic_iam_member" "forwarder" {
  project = var.project_id
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}
