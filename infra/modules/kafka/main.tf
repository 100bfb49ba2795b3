resource "google_managed_kafka_cluster" "this" {
  project    = var.project_id
  location   = var.location
  cluster_id = var.cluster_id

  capacity_config {
    vcpu_count   = tostring(var.capacity.vcpus)
    memory_bytes = tostring(var.capacity.memory_gib * 1024 * 1024 * 1024)
  }

  gcp_config {
    kms_key = var.kms_key
    access_config {
      dynamic "network_configs" {
        for_each = var.subnetworks
        content {
          subnet = network_configs.value
        }
      }
    }
  }

  rebalance_config {
    mode = "AUTO_REBALANCE_ON_SCALE_UP"
  }
}

# The same settings that `kafka-ingest topics apply` gives a topic.
resource "google_managed_kafka_topic" "this" {
  for_each = var.topics

  project            = var.project_id
  location           = var.location
  cluster            = google_managed_kafka_cluster.this.cluster_id
  topic_id           = each.key
  partition_count    = each.value.partitions
  replication_factor = each.value.replication

  configs = {
    "cleanup.policy"         = "delete"
    "max.message.bytes"      = tostring(each.value.max_message_bytes)
    "message.timestamp.type" = each.value.timestamp_type
    "min.insync.replicas"    = tostring(each.value.min_insync_replicas)
    "retention.ms"           = tostring(each.value.retention_hours * 60 * 60 * 1000)
    "segment.ms"             = tostring(each.value.segment_hours * 60 * 60 * 1000)
  }
}

# Whoever may connect may do anything with what has no ACL, so each of these has one.
resource "google_managed_kafka_acl" "this" {
  for_each = var.acls

  project  = var.project_id
  location = var.location
  cluster  = google_managed_kafka_cluster.this.cluster_id
  acl_id   = each.key

  dynamic "acl_entries" {
    for_each = merge([
      for email, operations in each.value : {
        for operation in operations : "${email} ${operation}" => { email = email, operation = operation }
      }
    ]...)
    content {
      principal       = "User:${acl_entries.value.email}"
      operation       = acl_entries.value.operation
      permission_type = "ALLOW"
      host            = "*"
    }
  }
}

# To connect at all.
resource "google_project_iam_member" "client" {
  for_each = var.clients

  project = var.project_id
  role    = "roles/managedkafka.client"
  member  = each.key
}
