locals {
  delete_rules = {
    age                    = var.delete_after_days
    days_since_custom_time = var.delete_days_after_custom_time
  }
}

resource "google_storage_bucket" "this" {
  name     = var.name
  project  = var.project_id
  location = var.location

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.allow_destroy

  # Deleted is gone. On by default for seven days, in which nobody can delete for good: it has to be off
  # from the beginning, because turning it off later leaves what is soft-deleted by then.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  versioning {
    enabled = false
  }

  # The backstop behind the sweeps.
  dynamic "lifecycle_rule" {
    for_each = { for condition, days in local.delete_rules : condition => days if days != null }
    content {
      action {
        type = "Delete"
      }
      condition {
        age                    = lifecycle_rule.key == "age" ? lifecycle_rule.value : null
        days_since_custom_time = lifecycle_rule.key == "days_since_custom_time" ? lifecycle_rule.value : null
      }
    }
  }

  # The parts of an upload that was given up are no objects: no other rule reaches them.
  dynamic "lifecycle_rule" {
    for_each = var.takes_uploads ? [1] : []
    content {
      action {
        type = "AbortIncompleteMultipartUpload"
      }
      condition {
        age = 1
      }
    }
  }

  dynamic "cors" {
    for_each = var.cors == null ? [] : [var.cors]
    content {
      origin          = cors.value.origins
      method          = [cors.value.method]
      response_header = cors.value.headers
      max_age_seconds = 3600
    }
  }

  # Locked: it can be made longer, never shorter or taken off.
  dynamic "retention_policy" {
    for_each = var.locked_days == null ? [] : [var.locked_days]
    content {
      retention_period = retention_policy.value * 24 * 60 * 60
      is_locked        = true
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }
}

# The whole policy, so that nobody has access whom this file does not name. A new bucket lets every
# viewer of the project read its objects; here the project's owners administer it, which allows them to
# delete objects, and not to read one. The provider says of every policy that it has version 3, which is
# what conditions need.
resource "google_storage_bucket_iam_policy" "this" {
  bucket = google_storage_bucket.this.name
  policy_data = jsonencode({
    bindings = concat(
      [
        for role, members in merge(
          { "roles/storage.legacyBucketOwner" = ["projectOwner:${var.project_id}"] },
          var.grants,
        ) : { role = role, members = sort(members) }
        if length(members) > 0
      ],
      [
        for grant in var.conditional_grants : {
          role      = grant.role
          members   = sort(grant.members)
          condition = { title = grant.title, expression = grant.condition }
        }
      ],
    )
  })
}
