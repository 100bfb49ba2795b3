resource "google_cloud_run_v2_service" "this" {
  name        = var.name
  project     = var.project_id
  location    = var.location
  description = var.description

  # Who may call is decided by IAM. Internal ingress would also refuse the test of a new revision at its
  # tag, before it gets traffic.
  ingress = "INGRESS_TRAFFIC_ALL"
  # It keeps nothing.
  deletion_protection = false

  template {
    service_account                  = local.email
    timeout                          = "${var.timeout_seconds}s"
    max_instance_request_concurrency = var.concurrency

    scaling {
      min_instance_count = var.instances.min
      max_instance_count = var.instances.max
    }

    containers {
      image = var.image

      resources {
        limits = {
          cpu    = tostring(var.cpu)
          memory = "${var.memory_mib}Mi"
        }
        # Nothing goes on between requests.
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(var.environment, local.iap_environment)
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secret_paths
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.secret_environment
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      dynamic "volume_mounts" {
        for_each = local.volumes
        content {
          name       = volume_mounts.value
          mount_path = "/secrets/${volume_mounts.value}"
        }
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = var.startup_seconds
        http_get {
          path = "/health"
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/health"
        }
      }
    }

    dynamic "volumes" {
      for_each = local.volumes
      content {
        name = volumes.value
        secret {
          secret = var.secret_files[volumes.key]
          items {
            path    = "value"
            version = "latest"
          }
        }
      }
    }

    dynamic "vpc_access" {
      for_each = var.subnetwork == null ? [] : [var.subnetwork]
      content {
        # Only the brokers are there; Google's APIs are reached as by any other service.
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          subnetwork = vpc_access.value
        }
      }
    }
  }

  # Deploys put a new image in, and shift traffic to it when it is found well. What gcloud and Cloud Run
  # write down about themselves is none of Terraform's.
  lifecycle {
    ignore_changes = [
      client,
      client_version,
      scaling,
      template[0].annotations,
      template[0].containers[0].image,
      template[0].labels,
      traffic,
    ]
  }

  depends_on = [
    google_project_iam_member.this,
    google_secret_manager_secret_iam_member.this,
  ]
}

locals {
  # Names of volumes by the variable that says where each is.
  volumes      = { for variable in keys(var.secret_files) : variable => lower(replace(variable, "_", "-")) }
  secret_paths = { for variable, volume in local.volumes : variable => "/secrets/${volume}/value" }
}
