resource "google_cloud_run_v2_worker_pool" "this" {
  name        = var.name
  project     = var.project_id
  location    = var.location
  description = var.description

  # It keeps nothing: offsets are the brokers'.
  deletion_protection = false

  # Nobody calls a worker pool, so nothing scales it by itself.
  scaling {
    manual_instance_count = var.instances
  }

  template {
    service_account = local.email

    containers {
      image = var.image

      resources {
        limits = {
          cpu    = tostring(var.cpu)
          memory = "${var.memory_mib}Mi"
        }
      }

      dynamic "env" {
        for_each = merge(var.environment, local.secret_paths)
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

  # Deploys put a new image in, and shift instances to it when it is ready. What gcloud writes down about
  # itself is none of Terraform's.
  lifecycle {
    ignore_changes = [
      client,
      client_version,
      instance_splits,
      template[0].annotations,
      template[0].containers[0].image,
      template[0].labels,
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
