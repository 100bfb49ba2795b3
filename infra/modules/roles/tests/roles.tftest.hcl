mock_provider "google" {}

variables {
  project_id = "example"
}

run "no_role_grants_what_nothing_uses" {
  command = plan

  assert {
    condition = {
      for key, role in google_project_iam_custom_role.this : key => role.permissions
      } == {
      bucketInspector  = toset(["storage.buckets.get"])
      objectPurger     = toset(["storage.objects.delete", "storage.objects.get", "storage.objects.list"])
      rowWriter        = toset(["bigquery.tables.get", "bigquery.tables.updateData"])
      warehouseAuditor = toset(["bigquery.datasets.get", "bigquery.tables.get", "bigquery.tables.getData", "bigquery.tables.list", "bigquery.tables.updateData"])
    }
    error_message = "A role has changed: say why where it is."
  }

  assert {
    condition     = output.names.objectPurger == "projects/example/roles/darkroom.objectPurger"
    error_message = "Grants would name no role."
  }
}
