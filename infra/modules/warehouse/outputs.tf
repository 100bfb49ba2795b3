output "dataset" {
  description = "The dataset of the tables, once the functions may use them."
  value       = google_bigquery_dataset.tables.dataset_id
  depends_on  = [google_bigquery_table.this, google_bigquery_table_iam_member.loader]
}

output "views_dataset" {
  description = "The dataset of the views."
  value       = google_bigquery_dataset.views.dataset_id
}
