# Each alert says what it means and where the runbook goes on. All are queries in PromQL: metrics that
# are not there yet, because nothing was logged so far, can be asked for too.

locals {
  sweeps     = "logging_googleapis_com:user_darkroom_sweeps{monitored_resource=\"cloud_run_revision\""
  violations = "logging_googleapis_com:user_darkroom_violations{monitored_resource=\"cloud_run_revision\"}"
  rejected   = "logging_googleapis_com:user_darkroom_rejected_events{monitored_resource=\"cloud_run_revision\"}"
  requests   = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\""
  latencies  = "run_googleapis_com:request_latencies_bucket{monitored_resource=\"cloud_run_revision\""
  kafka_dead = "logging_googleapis_com:user_darkroom_kafka_dead_letters{monitored_resource=\"cloud_run_worker_pool\"}"
  kafka_lag  = "logging_googleapis_com:user_darkroom_kafka_lag"
  of_pool    = "{monitored_resource=\"cloud_run_worker_pool\"}"
  waiting    = "pubsub_googleapis_com:subscription_num_undelivered_messages{subscription_id=\"${var.dead_letter_subscription}\"}"
  oldest     = "pubsub_googleapis_com:subscription_oldest_unacked_message_age{subscription_id=~\"${join("|", sort(values(var.trigger_subscriptions)))}\"}"

  latency_queries = {
    for service, seconds in var.latency_p95_seconds :
    service => "histogram_quantile(0.95, sum by (le) (rate(${local.latencies}, service_name=\"${service}\"}[10m]))) > ${seconds * 1000}"
  }

  alerts = merge(
    {
      retention-violation = {
        title    = "Retention: a sweep found a violation"
        severity = "CRITICAL"
        query    = "sum by (check) (increase(${local.violations}[70m])) > 0"
        lasts    = "0s"
        text     = <<-TEXT
          A check of the hourly sweep is violated: data outlives its seven days, could, or was lost before.
          The label `check` names it. Runbook: docs/runbooks/retention.md, "Violations".
        TEXT
      }
      sweep-missing-hourly = {
        title    = "Retention: no sweep for three hours"
        severity = "CRITICAL"
        query    = "(sum(increase(${local.sweeps}}[3h])) or vector(0)) < 1"
        lasts    = "600s"
        text     = <<-TEXT
          No sweep has left a report in three hours, so nothing enforces the deadline but the lifecycle
          rules. Look at the runs of the job `sweep-hourly` and at the log of purge-auditor. On a new
          environment this ends with the first sweep, within the hour.
          Runbook: docs/runbooks/retention.md, "Who deletes what".
        TEXT
      }
      sweep-missing-daily = {
        title    = "Retention: no full sweep for 26 hours"
        severity = "ERROR"
        query    = "(sum(increase(${local.sweeps}, scope=\"Everything\"}[26h])) or vector(0)) < 1"
        lasts    = "600s"
        text     = <<-TEXT
          The daily sweep, which alone finds names outside the layout, holds and noncurrent versions, has
          left no report. Look at the runs of the job `sweep-daily` and at the log of purge-auditor. On a new
          environment this ends with the first full sweep, within the day.
          Runbook: docs/runbooks/retention.md, "Who deletes what".
        TEXT
      }
      undelivered-events = {
        title    = "Events were given up"
        severity = "ERROR"
        query    = "max(${local.waiting}) > 0"
        lasts    = "0s"
        text     = <<-TEXT
          Events were tried for 16 hours in vain and are in the subscription `${var.dead_letter_subscription}`
          for five days; the attribute CloudPubSubDeadLetterSourceSubscription names the trigger, the data
          the object. Mend the function first. An image that waits in the ingest bucket is then announced
          anew as docs/runbooks/retention.md says under `INGEST/backlog`; erasures the next sweep does by
          itself. Any event can be posted to its function by hand: the data as the body, and the headers
          ce-specversion, ce-id, ce-source and ce-type.
        TEXT
      }
      backlog-age = {
        title    = "Events wait for more than 15 minutes"
        severity = "ERROR"
        query    = "max by (subscription_id) (${local.oldest}) > 900"
        lasts    = "300s"
        text     = <<-TEXT
          A trigger's oldest event waits for more than 15 minutes: the function fails, or has too few
          instances. Look at the function's log for "event to be delivered again", and at its instances
          against their maximum. Runbook: docs/runbooks/retention.md, `INGEST/backlog`.
        TEXT
      }
      error-ratio = {
        title    = "More than 5 % of a function's answers are errors"
        severity = "ERROR"
        query    = "sum by (service_name) (rate(${local.requests}, response_code_class=\"5xx\"}[10m])) / sum by (service_name) (rate(${local.requests}}[10m])) > 0.05"
        lasts    = "600s"
        text     = <<-TEXT
          For 10 minutes more than one in twenty answers of the function `service_name` was 5xx. Events
          come again by themselves; callers of upload-signer are told to try again. Its log says why: "a
          request cannot be answered now", "event to be delivered again". If it began with a deploy:
          `make rollback-FUNCTION`.
        TEXT
      }
      rejected-events = {
        title    = "An event was rejected"
        severity = "WARNING"
        query    = "sum by (function) (increase(${local.rejected}[1h])) > 0"
        lasts    = "0s"
        text     = <<-TEXT
          The label `function` says who rejected it, its log ("event rejected") which object and why. In the
          ingest bucket somebody put what is no upload; in the records bucket there is a record that is not
          in the warehouse, with a load-error.json beside it.
          Runbook: docs/runbooks/retention.md, "Something is there that should not be".
        TEXT
      }
    },
    {
      for service, query in local.latency_queries : "latency-${service}" => {
        title    = "${service} is slow: p95 over ${var.latency_p95_seconds[service]} s"
        severity = "WARNING"
        query    = query
        lasts    = "900s"
        text     = <<-TEXT
          For 15 minutes one in twenty requests took longer than ${var.latency_p95_seconds[service]} s. Look
          at the dashboard: instances at their maximum, new kinds of images, or a Google API that is slow.
          If it began with a deploy: `make rollback-${service}`.
        TEXT
      }
    },
    var.has_kafka ? {
      kafka-dead-letters = {
        title    = "Kafka: a message became a dead letter"
        severity = "WARNING"
        query    = "sum by (reason) (increase(${local.kafka_dead}[1h])) > 0"
        lasts    = "0s"
        text     = <<-TEXT
          A message can never be taken in; the label `reason` says why, and the runbook what to do about
          each. Runbook: docs/runbooks/kafka.md, "Dead letters".
        TEXT
      }
      kafka-lag = {
        title    = "Kafka: more than ${var.kafka_lag} messages wait"
        severity = "ERROR"
        query    = "histogram_quantile(0.95, sum by (le) (rate(${local.kafka_lag}_bucket${local.of_pool}[10m]))) > ${var.kafka_lag}"
        lasts    = "900s"
        text     = <<-TEXT
          An instance of kafka-ingest has been behind by more than ${var.kafka_lag} messages for 15 minutes:
          more comes than they take, or a partition stands still. Messages are gone after six days.
          Runbook: docs/runbooks/kafka.md, "Watching" and "Sizing".
        TEXT
      }
      kafka-silent = {
        title    = "Kafka: no consumer tells of itself"
        severity = "CRITICAL"
        query    = "(sum(increase(${local.kafka_lag}_count${local.of_pool}[15m])) or vector(0)) < 1"
        lasts    = "300s"
        text     = <<-TEXT
          No instance of kafka-ingest has told its lag for 15 minutes: none runs, or none gets on. Look at
          the worker pool's log for "the function ends".
          Runbook: docs/runbooks/kafka.md, "Watching".
        TEXT
      }
    } : {},
  )
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = each.value.lasts
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  documentation {
    content   = each.value.text
    mime_type = "text/markdown"
    subject   = "Darkroom (${var.project_id}): ${each.value.title}"
  }

  user_labels = {
    alert = each.key
  }

  depends_on = [google_logging_metric.count, google_logging_metric.kafka_lag]
}
