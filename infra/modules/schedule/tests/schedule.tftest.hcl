mock_provider "google" {}

variables {
  project_id = "example"
  location   = "europe-west1"
  service    = "purge-auditor"
  uri        = "https://purge-auditor-1.europe-west1.run.app"
  jobs = {
    sweep-hourly = { cron = "0 * * * *", description = "Deletes", path = "/sweep", retries = 1 }
  }
}

run "it_calls_one_service_as_its_own_account" {
  command = plan

  assert {
    condition     = google_cloud_scheduler_job.this["sweep-hourly"].http_target[0].uri == "https://purge-auditor-1.europe-west1.run.app/sweep"
    error_message = "It calls something else."
  }

  assert {
    condition     = google_cloud_scheduler_job.this["sweep-hourly"].http_target[0].oidc_token[0].service_account_email == "scheduler@example.iam.gserviceaccount.com"
    error_message = "It calls in another name."
  }

  assert {
    condition     = google_cloud_run_v2_service_iam_member.invoker.name == "purge-auditor"
    error_message = "Its account may call another service."
  }

  assert {
    condition     = google_cloud_scheduler_job.this["sweep-hourly"].time_zone == "Etc/UTC"
    error_message = "Hours are skipped and repeated twice a year."
  }
}

run "half_a_cron_expression_is_refused" {
  command = plan

  variables {
    jobs = { sweep = { cron = "0 *", description = "Deletes", path = "/sweep", retries = 1 } }
  }

  expect_failures = [var.jobs]
}

run "a_whole_address_is_refused" {
  command = plan

  variables {
    jobs = { sweep = { cron = "0 * * * *", description = "Deletes", path = "https://example.com/sweep", retries = 1 } }
  }

  expect_failures = [var.jobs]
}
