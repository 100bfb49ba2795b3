mock_provider "google" {}

variables {
  project_id  = "example"
  location    = "europe-west1"
  cluster_id  = "darkroom"
  capacity    = { memory_gib = 12, vcpus = 3 }
  subnetworks = ["projects/example/regions/europe-west1/subnetworks/kafka"]
  topics = {
    "darkroom.images" = {
      partitions          = 12
      replication         = 3
      min_insync_replicas = 2
      retention_hours     = 144
      segment_hours       = 1
      max_message_bytes   = 10485760
      timestamp_type      = "LogAppendTime"
    }
  }
  acls = {
    "topic/darkroom.images" = {
      "kafka-ingest@example.iam.gserviceaccount.com" = ["DESCRIBE", "READ"]
    }
  }
}

run "a_topic_is_as_the_command_would_make_it" {
  command = plan

  assert {
    condition = google_managed_kafka_topic.this["darkroom.images"].configs == tomap({
      "cleanup.policy"         = "delete"
      "max.message.bytes"      = "10485760"
      "message.timestamp.type" = "LogAppendTime"
      "min.insync.replicas"    = "2"
      "retention.ms"           = "518400000"
      "segment.ms"             = "3600000"
    })
    error_message = "`kafka-ingest topics plan` would find a difference."
  }
}

run "accounts_may_do_what_was_granted" {
  command = plan

  assert {
    condition = toset([
      for entry in google_managed_kafka_acl.this["topic/darkroom.images"].acl_entries : "${entry.principal} ${entry.operation} ${entry.permission_type}"
      ]) == toset([
      "User:kafka-ingest@example.iam.gserviceaccount.com DESCRIBE ALLOW",
      "User:kafka-ingest@example.iam.gserviceaccount.com READ ALLOW",
    ])
    error_message = "The ACL says something else."
  }
}

run "messages_that_outlive_seven_days_are_refused" {
  command = plan

  variables {
    topics = {
      "darkroom.images" = {
        partitions          = 12
        replication         = 3
        min_insync_replicas = 2
        retention_hours     = 168
        segment_hours       = 1
        max_message_bytes   = 10485760
        timestamp_type      = "LogAppendTime"
      }
    }
  }

  expect_failures = [var.topics]
}

run "producers_own_times_are_refused" {
  command = plan

  variables {
    topics = {
      "darkroom.images" = {
        partitions          = 12
        replication         = 3
        min_insync_replicas = 2
        retention_hours     = 144
        segment_hours       = 1
        max_message_bytes   = 10485760
        timestamp_type      = "CreateTime"
      }
    }
  }

  expect_failures = [var.topics]
}

run "a_cluster_that_is_too_small_is_refused" {
  command = plan

  variables {
    capacity = { memory_gib = 1, vcpus = 1 }
  }

  expect_failures = [var.capacity]
}
