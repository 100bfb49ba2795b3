# Events of a bucket, delivered to a service: docs/adr/0006-gcloud-sets-eventarcs-subscriptions.md.

resource "google_eventarc_trigger" "this" {
  project         = var.project_id
  name            = var.name
  location        = var.location
  service_account = local.email

  matching_criteria {
    attribute = "type"
    value     = var.event_type
  }

  matching_criteria {
    attribute = "bucket"
    value     = var.bucket
  }

  destination {
    cloud_run_service {
      service = var.service
      region  = var.location
      path    = "/"
    }
  }

  # Eventarc asks whether its account may call before it makes anything.
  depends_on = [
    google_cloud_run_v2_service_iam_member.invoker,
    google_project_iam_member.event_receiver,
  ]
}

locals {
  # Eventarc makes the subscription and names it. It is known once the trigger is there.
  subscription = try(
    basename(google_eventarc_trigger.this.transport[0].pubsub[0].subscription),
    "the-subscription-of-${var.name}",
  )

  delivery = [
    # For push this is how long a request may take, and 10 s where nobody says. 600 is the most there is.
    "--ack-deadline=600",
    "--min-retry-delay=10s",
    "--max-retry-delay=600s",
    "--message-retention-duration=86400s",
    # A bucket can be quiet for longer than the 31 days after which Pub/Sub would drop its subscription.
    "--expiration-period=never",
    "--dead-letter-topic=${var.dead_letter_topic}",
    # With these delays the hundredth try, the most there is, is some 16 hours after the first.
    "--max-delivery-attempts=100",
  ]
}

# google_eventarc_trigger has no fields for these.
resource "terraform_data" "delivery" {
  triggers_replace = {
    flags        = local.delivery
    subscription = local.subscription
  }

  provisioner "local-exec" {
    command = join(" ", concat(
      ["gcloud pubsub subscriptions update", local.subscription, "--project=${var.project_id}", "--quiet"],
      local.delivery,
    ))
  }
}
