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
  tables = {
    image_records = {
      clustering  = ["image_id"]
      description = "Records"
      partition   = { expiration_ms = 601200000, field = "received_at", unit = "HOUR" }
      schema      = "[{\"name\":\"image_id\",\"type\":\"STRING\"},{\"name\":\"received_at\",\"type\":\"TIMESTAMP\"}]"
    }
  }
  views = {
    images = { description = "Images", query = "SELECT * FROM `$${project}.$${dataset}.image_records`", schema = "[]" }
    daily  = { description = "Daily", query = "SELECT 1 FROM `$${project}.$${dataset}.images` JOIN `$${project}.$${dataset}.image_records` USING (image_id)", schema = "[]" }
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

run "a_change_cannot_drop_a_table_with_its_rows" {
  command = plan

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

run "the_dashboard_reads_views_and_no_table" {
  command = apply

  variables {
    dashboard = "dashboard@example.iam.gserviceaccount.com"
  }

  assert {
    condition     = [for access in google_bigquery_dataset.views.access : access.role if access.user_by_email == "dashboard@example.iam.gserviceaccount.com"] == ["READER"]
    error_message = "The dashboard cannot read the views."
  }

  assert {
    condition     = !contains([for access in google_bigquery_dataset.tables.access : access.user_by_email], "dashboard@example.iam.gserviceaccount.com")
    error_message = "The dashboard reads the tables."
  }
}

run "bi_engine_has_the_memory_that_is_paid_for" {
  command = plan

  variables {
    bi_engine_gigabytes = 2
  }

  assert {
    condition     = google_bigquery_bi_reservation.this[0].size == 2147483648
    error_message = "A GiB has 1,073,741,824 bytes."
  }
}

run "bi_engine_is_not_there_unless_it_is_wanted" {
  command = plan

  assert {
    condition     = length(google_bigquery_bi_reservation.this) == 0
    error_message = "It is paid for by the hour."
  }
}

run "a_view_reads_tables_and_views_where_they_are" {
  command = plan

  assert {
    condition     = google_bigquery_table.view_of_tables["images"].view[0].query == "SELECT * FROM `example.darkroom.image_records`"
    error_message = "A view does not find its table."
  }

  assert {
    condition     = google_bigquery_table.view_of_views["daily"].view[0].query == "SELECT 1 FROM `example.darkroom_analytics.images` JOIN `example.darkroom.image_records` USING (image_id)"
    error_message = "A view does not find the view it reads."
  }

  assert {
    condition     = toset(keys(google_bigquery_table.view_of_tables)) == toset(["images"])
    error_message = "A view is made before the view it reads."
  }
}

run "views_that_cannot_be_made_in_order_are_refused" {
  command = plan

  variables {
    views = {
      images = { description = "Images", query = "SELECT * FROM `$${project}.$${dataset}.image_records`", schema = "[]" }
      daily  = { description = "Daily", query = "SELECT * FROM `$${project}.$${dataset}.images`", schema = "[]" }
      weekly = { description = "Weekly", query = "SELECT * FROM `$${project}.$${dataset}.daily`", schema = "[]" }
    }
  }

  expect_failures = [google_bigquery_table.view_of_views]
}

run "rows_without_an_end_are_refused" {
  command = plan

  variables {
    tables = {
      image_records = {
        clustering  = ["image_id"]
        description = "Records"
        partition   = { expiration_ms = 0, field = "received_at", unit = "HOUR" }
        schema      = "[]"
      }
    }
  }

  expect_failures = [var.tables]
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
