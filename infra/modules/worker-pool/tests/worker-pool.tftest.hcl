mock_provider "google" {}

variables {
  name        = "kafka-ingest"
  description = "Consumes"
  project_id  = "example"
  location    = "europe-west1"
  image       = "europe-west1-docker.pkg.dev/example/darkroom/kafka-ingest:latest"
  instances   = 2
  memory_mib  = 512
  environment = { KAFKA_GROUP = "darkroom-ingest" }
}

run "it_is_given_its_environment" {
  command = plan

  assert {
    condition = {
      for env in google_cloud_run_v2_worker_pool.this.template[0].containers[0].env : env.name => env.value
    } == { KAFKA_GROUP = "darkroom-ingest" }
    error_message = "A function is told by its environment, and by nothing else."
  }

  assert {
    condition     = google_cloud_run_v2_worker_pool.this.scaling[0].manual_instance_count == 2
    error_message = "Nothing scales a worker pool by itself."
  }
}

run "secrets_are_only_named" {
  command = plan

  variables {
    secret_environment = { KAFKA_PASSWORD = "kafka-password" }
    secret_files       = { KAFKA_KEY_FILE = "kafka-key" }
  }

  assert {
    condition = [
      for env in google_cloud_run_v2_worker_pool.this.template[0].containers[0].env :
      env.value_source[0].secret_key_ref[0].secret if env.name == "KAFKA_PASSWORD"
    ] == ["kafka-password"]
    error_message = "The password is not a reference."
  }

  assert {
    condition     = google_cloud_run_v2_worker_pool.this.template[0].volumes[0].secret[0].secret == "kafka-key"
    error_message = "The key is not mounted."
  }

  assert {
    condition     = length(google_secret_manager_secret_iam_member.this) == 2
    error_message = "It may read other secrets, or not its own."
  }
}

run "roles_on_the_project_are_refused" {
  command = plan

  variables {
    project_roles = ["roles/bigquery.jobUser"]
  }

  expect_failures = [var.project_roles]
}
