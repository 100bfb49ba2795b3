locals {
  charts = concat(
    [
      { title = "Images a minute, by what became of them", query = "sum by (status) (rate(logging_googleapis_com:user_darkroom_images{monitored_resource=\"cloud_run_revision\"}[5m])) * 60" },
      { title = "Oldest event that waits, in seconds", query = "max by (subscription_id) (${local.oldest})" },
      { title = "p95 of answers, in ms", query = "histogram_quantile(0.95, sum by (service_name, le) (rate(${local.latencies}}[5m])))" },
      { title = "Share of answers that are errors", query = "sum by (service_name) (rate(${local.requests}, response_code_class=\"5xx\"}[5m])) / sum by (service_name) (rate(${local.requests}}[5m]))" },
      { title = "Instances", query = "sum by (service_name) (run_googleapis_com:container_instance_count{monitored_resource=\"cloud_run_revision\", state=\"active\"})" },
      { title = "Bytes stored, by bucket", query = "sum by (bucket_name) (storage_googleapis_com:storage_v2_total_bytes{monitored_resource=\"gcs_bucket\"})" },
      { title = "Sweeps an hour, by scope", query = "sum by (scope) (increase(${local.sweeps}}[1h]))" },
      { title = "Violations an hour, by check", query = "sum by (check) (increase(${local.violations}[1h]))" },
      { title = "Events that were given up", query = "max(${local.waiting})" },
      { title = "Events that were rejected, an hour", query = "sum by (function) (increase(${local.rejected}[1h]))" },
    ],
    var.has_kafka ? [
      { title = "Kafka: messages that wait", query = "histogram_quantile(0.95, sum by (le) (rate(${local.kafka_lag}_bucket${local.of_pool}[5m])))" },
      { title = "Kafka: dead letters an hour, by reason", query = "sum by (reason) (increase(${local.kafka_dead}[1h]))" },
    ] : [],
  )
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "Darkroom"
    gridLayout = {
      columns = "2"
      widgets = [
        for chart in local.charts : {
          title = chart.title
          xyChart = {
            dataSets = [{
              plotType        = "LINE"
              timeSeriesQuery = { prometheusQuery = chart.query }
            }]
          }
        }
      ]
    }
  })
}
