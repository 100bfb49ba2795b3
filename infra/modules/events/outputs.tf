output "dead_letter_subscription" {
  description = "The subscription to read dead letters by."
  value       = google_pubsub_subscription.dead_letters.name
}

output "dead_letter_topic" {
  description = "The id of the dead letters' topic, once events can be announced and moved there."
  value       = "projects/${var.project_id}/topics/${google_pubsub_topic.dead_letters.name}"
  depends_on = [
    google_project_iam_member.storage_publishes,
    google_pubsub_topic_iam_member.forwarder,
  ]
}

output "pubsub_agent" {
  description = "Pub/Sub's own account, as grants name it."
  value       = local.pubsub_agent
}
