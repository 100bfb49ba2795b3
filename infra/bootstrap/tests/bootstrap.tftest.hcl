mock_provider "google" {}

variables {
  project_id = "example"
  region     = "europe-west1"
}

run "an_earlier_state_can_be_had_back" {
  command = plan

  assert {
    condition     = google_storage_bucket.state.versioning[0].enabled
    error_message = "A broken state would be the only one."
  }

  assert {
    condition     = google_storage_bucket.state.public_access_prevention == "enforced"
    error_message = "The state can be opened to the public."
  }
}

run "an_image_to_roll_back_to_is_kept" {
  command = plan

  assert {
    condition = [
      for policy in google_artifact_registry_repository.images.cleanup_policies :
      policy.most_recent_versions[0].keep_count if policy.action == "KEEP"
    ] == [20]
    error_message = "The newest images go with the old ones."
  }
}

run "nothing_to_roll_back_to_is_refused" {
  command = plan

  variables {
    images_kept = 1
  }

  expect_failures = [var.images_kept]
}

run "what_is_no_project_is_refused" {
  command = plan

  variables {
    project_id = "Example Project"
  }

  expect_failures = [var.project_id]
}
