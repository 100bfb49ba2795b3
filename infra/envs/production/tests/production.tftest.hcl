mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "1" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { email_address = "service-1@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

variables {
  project_id            = "example"
  region                = "europe-west1"
  notification_channels = ["projects/example/notificationChannels/1"]
  jwt = {
    issuer   = "https://login.example.com/"
    audience = "darkroom"
    jwks_url = "https://login.example.com/keys"
  }
  kafka = { managed = { producers = ["camera@example.iam.gserviceaccount.com"] } }
}

run "the_whole_is_planned" {
  command = plan

  assert {
    condition     = toset(keys(module.trigger)) == toset(["archive-deleted", "erasures-finalized", "ingest-finalized", "records-deleted", "records-finalized"])
    error_message = "A trigger is missing."
  }

  assert {
    condition = [
      module.archive.name, module.erasures.name, module.evidence.name, module.ingest.name, module.records.name,
      module.references.name,
    ] == [for role in ["archive", "erasures", "evidence", "ingest", "records", "references"] : "example-${role}"]
    error_message = "Buckets are named for the project and their role."
  }

  assert {
    condition     = local.images.upload-signer == "europe-west1-docker.pkg.dev/example/darkroom/upload-signer:latest"
    error_message = "Images come from the registry of bootstrap."
  }
}

run "tables_and_views_are_those_of_the_project" {
  command = plan

  assert {
    condition     = toset(keys(local.tables)) == toset(["audit_checks", "image_records", "purge_ledger"])
    error_message = "infra/warehouse is not read."
  }

  assert {
    condition     = local.tables.image_records.timePartitioning.expirationMs == "601200000"
    error_message = "An hour's partition lives for 167 hours, so that no row is older than seven days."
  }
}

run "the_managed_cluster_is_entered_by_googles_tokens" {
  command = plan

  assert {
    condition = local.kafka_environment["kafka-ingest"] == tomap({
      KAFKA_BROKERS           = "bootstrap.darkroom.europe-west1.managedkafka.example.cloud.goog:9092"
      KAFKA_CLUSTER           = "darkroom"
      KAFKA_DEAD_LETTER_TOPIC = "darkroom.dead-letters"
      KAFKA_SECURITY          = "google"
      KAFKA_SERVICE_ACCOUNT   = "kafka-ingest@example.iam.gserviceaccount.com"
      KAFKA_TOPICS            = "darkroom.images"
    })
    error_message = "kafka-ingest cannot get in."
  }

  assert {
    condition     = local.kafka_environment["purge-auditor"].KAFKA_SERVICE_ACCOUNT == "purge-auditor@example.iam.gserviceaccount.com"
    error_message = "The auditor would say that it is somebody else."
  }

  assert {
    condition     = contains(local.kafka_project_roles, "roles/managedkafka.client") && length(module.network) == 1
    error_message = "The brokers cannot be reached."
  }
}

run "given_brokers_are_entered_by_a_password_that_is_only_named" {
  command = plan

  variables {
    kafka = {
      brokers = {
        addresses = "broker-1.example.com:9093"
        cluster   = "company"
        scram     = { mechanism = "SCRAM-SHA-512", username = "darkroom", password_secret = "kafka-password" }
      }
    }
  }

  assert {
    condition = local.kafka_environment["kafka-ingest"] == tomap({
      KAFKA_BROKERS           = "broker-1.example.com:9093"
      KAFKA_CLUSTER           = "company"
      KAFKA_DEAD_LETTER_TOPIC = "darkroom.dead-letters"
      KAFKA_SCRAM_MECHANISM   = "SCRAM-SHA-512"
      KAFKA_SECURITY          = "scram"
      KAFKA_TOPICS            = "darkroom.images"
      KAFKA_USERNAME          = "darkroom"
    })
    error_message = "kafka-ingest cannot get in."
  }

  assert {
    condition     = local.kafka_secret_environment == tomap({ KAFKA_PASSWORD = "kafka-password" })
    error_message = "The password is not that secret."
  }

  assert {
    condition     = length(module.kafka) + length(module.network) + length(local.kafka_project_roles) == 0
    error_message = "A cluster is made beside the company's own."
  }
}

run "given_brokers_are_entered_by_a_certificate" {
  command = plan

  variables {
    kafka = {
      brokers = {
        addresses        = "10.1.2.3:9093"
        authority_secret = "kafka-authority"
        cluster          = "company"
        mtls             = { certificate_secret = "kafka-certificate", key_secret = "kafka-key" }
        subnetwork       = "projects/example/regions/europe-west1/subnetworks/company"
      }
    }
  }

  assert {
    condition = local.kafka_secret_files == tomap({
      KAFKA_CA_FILE          = "kafka-authority"
      KAFKA_CERTIFICATE_FILE = "kafka-certificate"
      KAFKA_KEY_FILE         = "kafka-key"
    })
    error_message = "The certificate is not mounted."
  }

  assert {
    condition     = local.kafka_subnetwork == "projects/example/regions/europe-west1/subnetworks/company"
    error_message = "Private brokers cannot be reached."
  }
}

run "without_kafka_the_rest_stands" {
  command = plan

  variables {
    kafka = null
  }

  assert {
    condition     = length(module.kafka_ingest) + length(module.kafka) + length(module.network) == 0
    error_message = "Something is there for a stream that is not."
  }

  assert {
    condition     = length(local.kafka_environment["purge-auditor"]) == 0
    error_message = "The auditor would look for topics."
  }
}

run "without_a_dashboard_nobody_signs_and_nobody_is_let_in" {
  command = plan

  variables {
    analysts_group = "analysts@example.com"
  }

  assert {
    condition     = length(module.dashboard) + length(google_service_account_iam_member.analysts_sign_as_the_dashboard) == 0
    error_message = "A dashboard is made that nobody asked for."
  }
}

run "the_dashboard_is_for_the_analysts" {
  command = plan

  variables {
    analysts_group = "analysts@example.com"
    dashboard      = true
  }

  assert {
    condition     = module.dashboard[0].email == "dashboard@example.iam.gserviceaccount.com"
    error_message = "The dashboard would sign as somebody else."
  }

  assert {
    condition     = google_service_account_iam_member.analysts_sign_as_the_dashboard[0].service_account_id == "projects/example/serviceAccounts/dashboard@example.iam.gserviceaccount.com"
    error_message = "Analysts act as another account."
  }
}

run "a_dashboard_for_nobody_is_refused" {
  command = plan

  variables {
    dashboard = true
  }

  expect_failures = [var.dashboard]
}

run "a_cluster_beside_given_brokers_is_refused" {
  command = plan

  variables {
    kafka = {
      managed = {}
      brokers = { addresses = "broker-1.example.com:9093", cluster = "company" }
    }
  }

  expect_failures = [var.kafka]
}

run "neither_is_refused" {
  command = plan

  variables {
    kafka = {}
  }

  expect_failures = [var.kafka]
}

run "keys_that_cross_the_network_unprotected_are_refused" {
  command = plan

  variables {
    jwt = { issuer = "https://login.example.com/", audience = "darkroom", jwks_url = "http://login.example.com/keys" }
  }

  expect_failures = [var.jwt]
}

run "alerts_that_nobody_gets_are_refused" {
  command = plan

  variables {
    notification_channels = []
  }

  expect_failures = [var.notification_channels]
}

run "an_image_of_no_function_is_refused" {
  command = plan

  variables {
    images = { image-procesor = "europe-west1-docker.pkg.dev/example/darkroom/image-processor:1" }
  }

  expect_failures = [var.images]
}

run "any_page_is_no_origin_of_the_api" {
  command = plan

  variables {
    signer_cors_origins = ["*"]
  }

  expect_failures = [var.signer_cors_origins]
}
