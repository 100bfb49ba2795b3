mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "1" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { email_address = "service-1@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

variables {
  project_id   = "example"
  dead_letters = "undelivered-events"
}

run "dead_letters_are_gone_with_their_images" {
  command = plan

  assert {
    condition     = tonumber(trimsuffix(google_pubsub_subscription.dead_letters.message_retention_duration, "s")) + 86400 <= 7 * 86400
    error_message = "An event that was tried for a day outlives seven days here."
  }

  assert {
    condition     = google_pubsub_subscription.dead_letters.expiration_policy[0].ttl == ""
    error_message = "The subscription goes when it was quiet for a month."
  }
}

run "only_googles_own_accounts_publish" {
  command = plan

  assert {
    condition     = google_project_iam_member.storage_publishes.member == "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com"
    error_message = "Somebody else may publish."
  }

  assert {
    condition     = google_pubsub_topic_iam_member.forwarder.member == "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Somebody else may put dead letters there."
  }
}
