mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "1" }
  }
}

variables {
  project_id               = "example"
  dead_letter_subscription = "undelivered-events"
  has_kafka                = true
  latency_p95_seconds      = { upload-signer = 2 }
  notification_channels    = ["projects/example/notificationChannels/1"]
  services                 = ["purge-auditor", "upload-signer"]
  trigger_subscriptions    = { ingest-finalized = "eventarc-ingest", records-finalized = "eventarc-records" }
}

run "everything_that_must_not_go_unseen_is_watched" {
  command = plan

  assert {
    condition = toset(keys(google_monitoring_alert_policy.this)) == toset([
      "backlog-age", "error-ratio", "kafka-dead-letters", "kafka-lag", "kafka-silent", "latency-upload-signer",
      "rejected-events", "retention-violation", "sweep-missing-daily", "sweep-missing-hourly", "undelivered-events",
    ])
    error_message = "An alert is missing, or has no test."
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.this : policy.notification_channels == tolist(["projects/example/notificationChannels/1"])])
    error_message = "An alert goes to nobody."
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.this : can(regex("docs/runbooks/|make rollback-", policy.documentation[0].content))])
    error_message = "An alert does not say how to go on."
  }
}

run "every_metric_that_is_asked_for_is_counted" {
  command = plan

  assert {
    condition = toset(flatten([
      for policy in google_monitoring_alert_policy.this :
      regexall("user_(darkroom_[a-z_]*[a-z])[{]", replace(policy.conditions[0].condition_prometheus_query_language[0].query, "/_(bucket|count)[{]/", "{"))
      ])) == setsubtract(
      setunion(keys(google_logging_metric.count), [google_logging_metric.kafka_lag[0].name]),
      ["darkroom_images"],
    )
    error_message = "An alert asks for a metric that nothing counts, or a metric alerts nobody."
  }
}

run "all_triggers_are_watched" {
  command = plan

  assert {
    condition     = strcontains(google_monitoring_alert_policy.this["backlog-age"].conditions[0].condition_prometheus_query_language[0].query, "subscription_id=~\"eventarc-ingest|eventarc-records\"")
    error_message = "A trigger's backlog is not seen."
  }
}

run "without_kafka_nothing_waits_for_it" {
  command = plan

  variables {
    has_kafka = false
  }

  assert {
    condition     = length([for key in keys(google_monitoring_alert_policy.this) : key if startswith(key, "kafka")]) == 0
    error_message = "A stream that is not there would alert."
  }
}

run "a_budget_is_told_before_it_is_spent" {
  command = plan

  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", currency = "EUR", monthly_amount = 500 }
  }

  assert {
    condition     = contains([for rule in google_billing_budget.this[0].threshold_rules : coalesce(rule.spend_basis, "CURRENT_SPEND")], "FORECASTED_SPEND")
    error_message = "It is told when it is too late."
  }
}

run "no_budget_of_nothing" {
  command = plan

  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", currency = "EUR", monthly_amount = 0 }
  }

  expect_failures = [var.budget]
}

run "what_is_no_channel_is_refused" {
  command = plan

  variables {
    notification_channels = ["ops@example.com"]
  }

  expect_failures = [var.notification_channels]
}
