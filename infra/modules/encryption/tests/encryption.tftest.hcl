mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "1" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { email_address = "service-1@gs-project-accounts.iam.gserviceaccount.com" }
  }
  mock_data "google_bigquery_default_service_account" {
    defaults = { email = "bq-1@bigquery-encryption.iam.gserviceaccount.com" }
  }
}

variables {
  project_id = "example"
  users      = ["bigquery", "pubsub", "storage"]
}

run "without_a_key_nothing_is_granted" {
  command = plan

  assert {
    condition     = length(google_kms_crypto_key_iam_member.user) == 0 && output.kms_key == null
    error_message = "Something is granted on no key."
  }
}

run "with_a_key_who_keeps_data_may_use_it" {
  command = plan

  variables {
    kms_key = "projects/example/locations/europe-west1/keyRings/darkroom/cryptoKeys/data"
  }

  assert {
    condition = toset([for grant in google_kms_crypto_key_iam_member.user : grant.member]) == toset([
      "serviceAccount:bq-1@bigquery-encryption.iam.gserviceaccount.com",
      "serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com",
      "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com",
    ])
    error_message = "Somebody else may use the key, or not all who must."
  }
}

run "what_is_no_key_is_refused" {
  command = plan

  variables {
    kms_key = "data"
  }

  expect_failures = [var.kms_key]
}
