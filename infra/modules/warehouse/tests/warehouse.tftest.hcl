mock_provider "google" {}

variables {
  project_id     = "example"
  location       = "europe-west1"
  dataset        = "darkroom"
  views_dataset  = "darkroom_analytics"
  analysts_group = "analysts@example.com"
  auditor        = "purge-auditor@example.iam.gserviceaccount.com"
  loader         = "metadata-loader@example.iam.gserviceaccount.com"
  roles = {
    rowWriter        = "projects/example/roles/darkroom.rowWriter"
    warehouseAuditor = "projects/example/roles/darkroom.warehouseAuditor"
  }
}

run "rows_about_images_are_gone_within_seven_days" {
  command = plan

  assert {
    condition     = google_bigquery_dataset.tables.max_time_travel_hours == "48"
    error_message = "What is deleted can be read for longer than need be."
  }

  assert {
    condition = [
      google_bigquery_table.this["image_records"].time_partitioning[0].type,
      google_bigquery_table.this["image_records"].time_partitioning[0].field,
      google_bigquery_table.this["image_records"].time_partitioning[0].expiration_ms,
    ] == ["HOUR", "received_at", 601200000]
    error_message = "An hour's partition lives for 167 hours."
  }
}

run "tables_are_those_that_the_functions_write" {
  command = plan

  assert {
    condition     = toset(keys(google_bigquery_table.this)) == toset(["image_records", "purge_ledger"])
    error_message = "Tables are missing."
  }

  assert {
    condition     = jsondecode(google_bigquery_table.this["purge_ledger"].schema)[0].name == "bucket"
    error_message = "The schema is not that of infra/warehouse."
  }

  assert {
    condition     = alltrue([for table in google_bigquery_table.this : table.deletion_protection])
    error_message = "A change could drop a table."
  }
}

run "analysts_read_views_and_no_table" {
  command = apply

  assert {
    condition     = [for access in google_bigquery_dataset.views.access : access.role if access.group_by_email == "analysts@example.com"] == ["READER"]
    error_message = "Analysts cannot read the views."
  }

  assert {
    condition     = !contains([for access in google_bigquery_dataset.tables.access : access.group_by_email], "analysts@example.com")
    error_message = "Analysts read the tables."
  }

  assert {
    condition     = [for access in google_bigquery_dataset.tables.access : access.dataset[0].dataset[0].dataset_id if length(access.dataset) > 0] == ["darkroom_analytics"]
    error_message = "The views cannot read the tables."
  }

  assert {
    condition     = google_bigquery_table_iam_member.loader.table_id == "image_records"
    error_message = "The loader writes elsewhere."
  }
}

run "views_read_the_tables_of_this_project" {
  command = plan

  assert {
    condition     = strcontains(google_bigquery_table.view_of_tables["images"].view[0].query, "`example.darkroom.image_records`")
    error_message = "The placeholders of the view are not filled."
  }
}

run "without_analysts_nobody_asks" {
  command = plan

  variables {
    analysts_group = null
  }

  assert {
    condition     = length(google_bigquery_dataset.views.access) == 1 && length(google_project_iam_member.analysts_ask) == 0
    error_message = "Somebody besides the owners reads the views."
  }
}

run "views_among_the_tables_are_refused" {
  command = plan

  variables {
    views_dataset = "darkroom"
  }

  expect_failures = [var.views_dataset]
}
