mock_provider "google" {}

variables {
  name              = "ingest-finalized"
  project_id        = "example"
  location          = "europe-west1"
  bucket            = "example-ingest"
  event_type        = "google.cloud.storage.object.v1.finalized"
  service           = "image-processor"
  dead_letter_topic = "projects/example/topics/undelivered-events"
  pubsub_agent      = "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com"
}

run "it_delivers_events_of_one_bucket_to_one_service" {
  command = plan

  assert {
    condition = {
      for criterion in google_eventarc_trigger.this.matching_criteria : criterion.attribute => criterion.value
    } == { bucket = "example-ingest", type = "google.cloud.storage.object.v1.finalized" }
    error_message = "It waits for something else."
  }

  assert {
    condition     = google_eventarc_trigger.this.destination[0].cloud_run_service[0].path == "/"
    error_message = "Functions take events at /."
  }

  assert {
    condition     = google_cloud_run_v2_service_iam_member.invoker.name == "image-processor" && google_cloud_run_v2_service_iam_member.invoker.member == "serviceAccount:ingest-finalized@example.iam.gserviceaccount.com"
    error_message = "Its account may call another service."
  }
}

run "an_event_is_tried_for_most_of_a_day_and_then_kept" {
  command = plan

  assert {
    condition = length(setsubtract([
      "--ack-deadline=600",
      "--dead-letter-topic=projects/example/topics/undelivered-events",
      "--max-delivery-attempts=100",
      "--message-retention-duration=86400s",
    ], terraform_data.delivery.triggers_replace.flags)) == 0
    error_message = "The subscription is left as Eventarc makes it."
  }
}

run "other_events_are_refused" {
  command = plan

  variables {
    event_type = "google.cloud.storage.object.v1.archived"
  }

  expect_failures = [var.event_type]
}

run "a_name_that_no_account_can_have_is_refused" {
  command = plan

  variables {
    name = "the-ingest-bucket-has-a-new-object"
  }

  expect_failures = [var.name]
}
