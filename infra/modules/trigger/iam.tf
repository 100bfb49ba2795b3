# An account of its own, so that each trigger can call the one service it is for.
resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = var.name
  display_name = "The trigger ${var.name}"
}

locals {
  # Spelled out, so that a plan shows who is granted what.
  email  = "${google_service_account.this.account_id}@${var.project_id}.iam.gserviceaccount.com"
  member = "serviceAccount:${local.email}"
}

# Without it Eventarc delivers nothing as this account.
resource "google_project_iam_member" "event_receiver" {
  project = var.project_id
  role    = "roles/eventarc.eventReceiver"
  member  = local.member
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  project  = var.project_id
  location = var.location
  name     = var.service
  role     = "roles/run.invoker"
  member   = local.member
}

# Pub/Sub takes an event off the subscription when it moves it to the dead letters.
resource "google_pubsub_subscription_iam_member" "forwarder" {
  project      = var.project_id
  subscription = local.subscription
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}
