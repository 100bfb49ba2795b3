mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "1" }
  }
}

variables {
  name            = "upload-signer"
  description     = "Signs"
  project_id      = "example"
  location        = "europe-west1"
  image           = "europe-west1-docker.pkg.dev/example/darkroom/upload-signer:latest"
  concurrency     = 200
  memory_mib      = 512
  instances       = { max = 20 }
  timeout_seconds = 60
  environment     = { INGEST_BUCKET = "example-ingest" }
}

run "it_runs_as_its_own_account_which_may_do_nothing" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].service_account == "upload-signer@example.iam.gserviceaccount.com"
    error_message = "It does not run as its own service account."
  }

  assert {
    condition     = length(google_project_iam_member.this) + length(google_service_account_iam_member.signs_as_itself) + length(google_secret_manager_secret_iam_member.this) == 0
    error_message = "It was granted what it was not given."
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "Somebody may call it who was not named."
  }
}

run "it_is_given_traffic_when_it_is_well" {
  command = plan

  assert {
    condition = [
      google_cloud_run_v2_service.this.template[0].containers[0].startup_probe[0].http_get[0].path,
      google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe[0].http_get[0].path,
    ] == ["/health", "/health"]
    error_message = "Its health is not asked for."
  }
}

run "it_signs_as_itself_alone" {
  command = plan

  variables {
    signs_as_itself = true
  }

  assert {
    condition     = google_service_account_iam_member.signs_as_itself[0].member == "serviceAccount:upload-signer@example.iam.gserviceaccount.com"
    error_message = "Somebody else may sign in its name."
  }

  assert {
    condition     = length(google_project_iam_member.this) == 0
    error_message = "It may sign in the name of others."
  }
}

run "behind_the_proxy_nobody_else_calls_it" {
  command = plan

  variables {
    iap_members = ["group:analysts@example.com"]
  }

  assert {
    condition     = [for grant in google_cloud_run_v2_service_iam_member.iap : grant.member] == ["serviceAccount:service-1@gcp-sa-iap.iam.gserviceaccount.com"]
    error_message = "The proxy cannot call it."
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.invoker) == 0
    error_message = "Somebody gets past the proxy."
  }

  assert {
    condition     = [for grant in google_iap_web_cloud_run_service_iam_member.this : "${grant.role} ${grant.member}"] == ["roles/iap.httpsResourceAccessor group:analysts@example.com"]
    error_message = "The proxy lets others in, or not those."
  }

  assert {
    condition = contains([
      for env in google_cloud_run_v2_service.this.template[0].containers[0].env : "${env.name} ${env.value}"
    ], "IAP_AUDIENCE /projects/1/locations/europe-west1/services/upload-signer")
    error_message = "It takes the proxy's word for another service."
  }
}

run "callers_beside_the_proxy_are_refused" {
  command = plan

  variables {
    iap_members = ["group:analysts@example.com"]
    invokers    = ["group:developers@example.com"]
  }

  expect_failures = [var.iap_members]
}

run "a_start_that_cloud_run_does_not_wait_for_is_refused" {
  command = plan

  variables {
    startup_seconds = 241
  }

  expect_failures = [var.startup_seconds]
}

run "secrets_are_only_named" {
  command = plan

  variables {
    secret_environment = { KAFKA_PASSWORD = "kafka-password" }
    secret_files       = { KAFKA_CA_FILE = "kafka-authority" }
  }

  assert {
    condition = {
      for env in google_cloud_run_v2_service.this.template[0].containers[0].env :
      env.name => try(env.value_source[0].secret_key_ref[0].secret, env.value)
      } == {
      INGEST_BUCKET  = "example-ingest"
      KAFKA_CA_FILE  = "/secrets/kafka-ca-file/value"
      KAFKA_PASSWORD = "kafka-password"
    }
    error_message = "The environment is not what was given."
  }

  assert {
    condition     = toset([for grant in google_secret_manager_secret_iam_member.this : grant.secret_id]) == toset(["kafka-authority", "kafka-password"])
    error_message = "It may read other secrets, or not its own."
  }
}

run "the_subnetwork_carries_private_addresses_only" {
  command = plan

  variables {
    subnetwork = "projects/example/regions/europe-west1/subnetworks/kafka"
  }

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].vpc_access[0].egress == "PRIVATE_RANGES_ONLY"
    error_message = "Google's APIs would be asked by a network that leads nowhere else."
  }
}

run "roles_on_the_project_are_refused" {
  command = plan

  variables {
    project_roles = ["roles/storage.admin"]
  }

  expect_failures = [var.project_roles]
}

run "everybody_who_is_signed_in_is_refused" {
  command = plan

  variables {
    invokers = ["allAuthenticatedUsers"]
  }

  expect_failures = [var.invokers]
}

run "more_requests_than_cloud_run_allows_are_refused" {
  command = plan

  variables {
    concurrency = 1001
  }

  expect_failures = [var.concurrency]
}
