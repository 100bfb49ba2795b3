# What has to be there before an environment: the APIs, the bucket of its state, and the registry that
# images are pushed to. Its own state stays on the machine of whoever applies it: everything here can
# be imported again, and nothing here changes from month to month.

provider "google" {
  project = var.project_id
  region  = var.region
}

locals {
  # Each is named for what calls it.
  apis = toset([
    "artifactregistry.googleapis.com",     # images
    "bigquery.googleapis.com",             # the warehouse
    "bigqueryreservation.googleapis.com",  # BI Engine
    "billingbudgets.googleapis.com",       # the budget
    "cloudkms.googleapis.com",             # a key of one's own
    "cloudresourcemanager.googleapis.com", # Terraform: the project's IAM
    "cloudscheduler.googleapis.com",       # sweeps
    "compute.googleapis.com",              # the network to Kafka
    "dns.googleapis.com",                  # the brokers' names in that network
    "eventarc.googleapis.com",             # triggers
    "iam.googleapis.com",                  # service accounts, custom roles
    "iamcredentials.googleapis.com",       # the upload-signer, the dashboard: signBlob
    "iap.googleapis.com",                  # who gets to the dashboard
    "logging.googleapis.com",              # log-based metrics
    "managedkafka.googleapis.com",         # the Kafka cluster
    "monitoring.googleapis.com",           # alerts, their dashboard
    "pubsub.googleapis.com",               # what Eventarc delivers by
    "run.googleapis.com",                  # the functions
    "secretmanager.googleapis.com",        # how kafka-ingest knows a password
    "serviceusage.googleapis.com",         # Terraform: these APIs
    "storage.googleapis.com",              # the buckets
  ])
}

resource "google_project_service" "api" {
  for_each = local.apis

  project = var.project_id
  service = each.key
  # Others may use them too.
  disable_on_destroy = false
}

resource "google_storage_bucket" "state" {
  name     = "${var.project_id}-tfstate"
  project  = var.project_id
  location = var.region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # State is configuration, not images: an earlier one must be there when the newest is broken.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = 50
      with_state         = "ARCHIVED"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.api]
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = "darkroom"
  description   = "The functions' images."
  format        = "DOCKER"

  # A revision that is rolled back to needs its image: the newest stay whatever their age.
  cleanup_policies {
    id     = "keep-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = var.images_kept
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.api]
}
