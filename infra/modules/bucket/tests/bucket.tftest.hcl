mock_provider "google" {}

variables {
  name              = "example-ingest"
  project_id        = "example"
  location          = "europe-west1"
  delete_after_days = 7
  grants = {
    "roles/storage.objectCreator" = ["serviceAccount:b@example.iam.gserviceaccount.com", "serviceAccount:a@example.iam.gserviceaccount.com"]
    "roles/storage.objectViewer"  = []
  }
}

run "deleted_is_gone" {
  command = plan

  assert {
    condition     = google_storage_bucket.this.soft_delete_policy[0].retention_duration_seconds == 0
    error_message = "What is deleted can be restored."
  }

  assert {
    condition     = google_storage_bucket.this.versioning[0].enabled == false
    error_message = "What is deleted or replaced stays as a version."
  }

  assert {
    condition     = length(google_storage_bucket.this.retention_policy) == 0
    error_message = "Objects cannot be deleted."
  }

  assert {
    condition = [
      for rule in google_storage_bucket.this.lifecycle_rule : [one(rule.action).type, one(rule.condition).age]
    ] == [["Delete", 7]]
    error_message = "The one rule deletes at an age of 7 days."
  }
}

run "copies_go_by_their_custom_time" {
  command = apply

  variables {
    delete_after_days             = 8
    delete_days_after_custom_time = 7
  }

  assert {
    condition = toset([
      for rule in google_storage_bucket.this.lifecycle_rule :
      "${coalesce(one(rule.condition).age, 0)} ${coalesce(one(rule.condition).days_since_custom_time, 0)}"
    ]) == toset(["8 0", "0 7"])
    error_message = "There is one rule for each, because conditions of one rule are all to be met."
  }
}

run "uploads_that_are_given_up_go" {
  command = plan

  variables {
    takes_uploads = true
  }

  assert {
    condition = contains([
      for rule in google_storage_bucket.this.lifecycle_rule : "${one(rule.action).type} ${one(rule.condition).age}"
    ], "AbortIncompleteMultipartUpload 1")
    error_message = "Parts of unfinished uploads stay for ever."
  }
}

run "evidence_is_locked" {
  command = plan

  variables {
    delete_after_days = 400
    locked_days       = 400
  }

  assert {
    condition     = google_storage_bucket.this.retention_policy[0].is_locked
    error_message = "Evidence can be deleted."
  }

  assert {
    condition     = google_storage_bucket.this.retention_policy[0].retention_period == 34560000
    error_message = "Evidence is not kept for 400 days."
  }
}

run "the_policy_is_what_was_granted_and_the_owners" {
  command = plan

  assert {
    condition = jsondecode(google_storage_bucket_iam_policy.this.policy_data) == {
      bindings = [
        { role = "roles/storage.legacyBucketOwner", members = ["projectOwner:example"] },
        {
          role    = "roles/storage.objectCreator"
          members = ["serviceAccount:a@example.iam.gserviceaccount.com", "serviceAccount:b@example.iam.gserviceaccount.com"]
        },
      ]
    }
    error_message = "Somebody has access who was not granted it, or the other way round."
  }

  assert {
    condition     = google_storage_bucket.this.uniform_bucket_level_access && google_storage_bucket.this.public_access_prevention == "enforced"
    error_message = "Access can be granted beside the policy."
  }
}

run "a_condition_narrows_a_grant" {
  command = plan

  variables {
    conditional_grants = [{
      condition = "resource.name.endsWith('/thumbnail.jpg')"
      members   = ["serviceAccount:c@example.iam.gserviceaccount.com"]
      role      = "roles/storage.objectViewer"
      title     = "thumbnails"
    }]
  }

  assert {
    condition = [
      for binding in jsondecode(google_storage_bucket_iam_policy.this.policy_data).bindings :
      binding if binding.role == "roles/storage.objectViewer"
      ] == [{
        condition = { expression = "resource.name.endsWith('/thumbnail.jpg')", title = "thumbnails" }
        members   = ["serviceAccount:c@example.iam.gserviceaccount.com"]
        role      = "roles/storage.objectViewer"
    }]
    error_message = "Some of the objects are all of them."
  }
}

run "the_public_is_refused_under_a_condition_too" {
  command = plan

  variables {
    conditional_grants = [{
      condition = "resource.name.endsWith('/thumbnail.jpg')"
      members   = ["allUsers"]
      role      = "roles/storage.objectViewer"
      title     = "thumbnails"
    }]
  }

  expect_failures = [var.grants]
}

run "the_public_is_refused" {
  command = plan

  variables {
    grants = { "roles/storage.objectViewer" = ["allUsers"] }
  }

  expect_failures = [var.grants]
}

run "administrators_of_objects_are_refused" {
  command = plan

  variables {
    grants = { "roles/storage.objectAdmin" = ["serviceAccount:a@example.iam.gserviceaccount.com"] }
  }

  expect_failures = [var.grants]
}

run "a_lock_that_outlives_its_objects_is_refused" {
  command = plan

  variables {
    locked_days = 8
  }

  expect_failures = [var.locked_days]
}

run "an_age_that_comes_before_the_custom_time_is_refused" {
  command = plan

  variables {
    delete_days_after_custom_time = 7
  }

  expect_failures = [var.delete_days_after_custom_time]
}
