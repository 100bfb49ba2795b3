# BigQuery: one dataset of tables, one of the views that analysts are given
# (docs/adr/0007-analysts-get-a-dataset-of-views.md).

resource "google_bigquery_dataset" "tables" {
  project     = var.project_id
  dataset_id  = var.dataset
  location    = var.location
  description = "What is known of each image for seven days, and the ledger of purges."

  # What is deleted or expires can be read for this long: the least there is.
  max_time_travel_hours      = "48"
  delete_contents_on_destroy = var.allow_destroy

  # Nobody besides: a new dataset would let every viewer of the project read its rows.
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  # The auditor looks at every table's settings, deletes due rows and keeps the ledger.
  access {
    role          = var.roles.warehouseAuditor
    user_by_email = var.auditor
  }

  # The views read these tables, whoever asks them.
  access {
    dataset {
      target_types = ["VIEWS"]
      dataset {
        project_id = var.project_id
        dataset_id = google_bigquery_dataset.views.dataset_id
      }
    }
  }

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

resource "google_bigquery_table" "this" {
  for_each = var.tables

  project     = var.project_id
  dataset_id  = google_bigquery_dataset.tables.dataset_id
  table_id    = each.key
  description = each.value.description
  schema      = each.value.schema
  clustering  = each.value.clustering

  # A change of its partitioning would make a table anew, empty.
  deletion_protection = !var.allow_destroy

  time_partitioning {
    type          = each.value.partition.unit
    field         = each.value.partition.field
    expiration_ms = each.value.partition.expiration_ms
  }
}

# The loader inserts into this one table. It cannot read a row back.
resource "google_bigquery_table_iam_member" "loader" {
  project    = var.project_id
  dataset_id = google_bigquery_dataset.tables.dataset_id
  table_id   = google_bigquery_table.this["image_records"].table_id
  role       = var.roles.rowWriter
  member     = "serviceAccount:${var.loader}"
}
