# Roles for what no predefined role says without saying more.

locals {
  roles = {
    # roles/storage.objectUser would also create and change.
    objectPurger = {
      title       = "Darkroom: read and delete objects"
      permissions = ["storage.objects.delete", "storage.objects.get", "storage.objects.list"]
    }
    # roles/storage.legacyBucketReader would also list objects.
    bucketInspector = {
      title       = "Darkroom: read a bucket's settings"
      permissions = ["storage.buckets.get"]
    }
    # roles/bigquery.dataEditor would also read rows, and change and delete tables.
    rowWriter = {
      title       = "Darkroom: insert rows"
      permissions = ["bigquery.tables.get", "bigquery.tables.updateData"]
    }
    # As rowWriter, and reading; roles/bigquery.dataEditor would also make and delete tables.
    warehouseAuditor = {
      title = "Darkroom: look at tables, read and delete rows"
      permissions = [
        "bigquery.datasets.get",
        "bigquery.tables.get",
        "bigquery.tables.getData",
        "bigquery.tables.list",
        "bigquery.tables.updateData",
      ]
    }
  }
}

resource "google_project_iam_custom_role" "this" {
  for_each = local.roles

  project     = var.project_id
  role_id     = "darkroom.${each.key}"
  title       = each.value.title
  permissions = each.value.permissions
}
