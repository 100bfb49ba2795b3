output "brokers" {
  description = "The brokers to begin with, once topics and ACLs are there."
  value       = "bootstrap.${google_managed_kafka_cluster.this.cluster_id}.${var.location}.managedkafka.${var.project_id}.cloud.goog:9092"
  depends_on = [
    google_managed_kafka_acl.this,
    google_managed_kafka_topic.this,
  ]
}
