locals {
  sql = {
    for name, view in var.views :
    name => replace(replace(view.query, "$${project}", var.project_id), "$${dataset}", var.dataset)
  }

  # A view that reads a view finds it in the views' own dataset. The files do not tell the two apart,
  # because on a laptop there is one dataset.
  of_view = "/`${var.project_id}\\.${var.dataset}\\.(${join("|", keys(local.sql))})`/"
  queries = {
    for name, text in local.sql :
    name => replace(text, local.of_view, "`${var.project_id}.${var.views_dataset}.$1`")
  }

  # Which views a view reads.
  reads = {
    for name, text in local.queries : name => [
      for other in keys(local.queries) : other
      if strcontains(text, "`${var.project_id}.${var.views_dataset}.${other}`")
    ]
  }
  of_tables = { for name, text in local.queries : name => text if length(local.reads[name]) == 0 }
  of_views  = { for name, text in local.queries : name => text if length(local.reads[name]) > 0 }
}

resource "google_bigquery_dataset" "views" {
  project     = var.project_id
  dataset_id  = var.views_dataset
  location    = var.location
  description = "The views that analysts ask. They hold no rows."

  max_time_travel_hours      = "48"
  delete_contents_on_destroy = var.allow_destroy

  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  # READER is what the API calls roles/bigquery.dataViewer here.
  dynamic "access" {
    for_each = var.analysts_group == null ? [] : [var.analysts_group]
    content {
      role           = "READER"
      group_by_email = access.value
    }
  }

  dynamic "access" {
    for_each = var.dashboard == null ? [] : [var.dashboard]
    content {
      role          = "READER"
      user_by_email = access.value
    }
  }

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

resource "google_bigquery_table" "view_of_tables" {
  for_each = local.of_tables

  project             = var.project_id
  dataset_id          = google_bigquery_dataset.views.dataset_id
  table_id            = each.key
  description         = var.views[each.key].description
  schema              = var.views[each.key].schema
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }

  # BigQuery checks a query when a view is made: what it reads must be there, and let itself be read.
  depends_on = [google_bigquery_dataset.tables, google_bigquery_table.this]
}

resource "google_bigquery_table" "view_of_views" {
  for_each = local.of_views

  project             = var.project_id
  dataset_id          = google_bigquery_dataset.views.dataset_id
  table_id            = each.key
  description         = var.views[each.key].description
  schema              = var.views[each.key].schema
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }

  lifecycle {
    precondition {
      condition     = alltrue([for view in local.reads[each.key] : contains(keys(local.of_tables), view)])
      error_message = "${each.key} reads a view that reads a view: they cannot be made in order. Let it read one that reads tables alone."
    }
  }

  depends_on = [google_bigquery_table.view_of_tables]
}

# To ask anything at all.
resource "google_project_iam_member" "analysts_ask" {
  count = var.analysts_group == null ? 0 : 1

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = "group:${var.analysts_group}"
}

# There is one for each project and region. It holds in memory what is asked for most.
resource "google_bigquery_bi_reservation" "this" {
  count = var.bi_engine_gigabytes == null ? 0 : 1

  project  = var.project_id
  location = var.location
  size     = var.bi_engine_gigabytes * 1024 * 1024 * 1024
}
