locals {
  project_root = "${path.root}/../../.."

  # Made from the functions' own types (`make schema`), in the form of BigQuery's API.
  tables = {
    for file in fileset("${local.project_root}/infra/warehouse", "*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.project_root}/infra/warehouse/${file}"))
  }

  # What there is to say of a view and its columns, in the same form.
  view_resources = {
    for file in fileset("${local.project_root}/analytics/sql", "*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.project_root}/analytics/sql/${file}"))
  }
}

module "warehouse" {
  source = "../../modules/warehouse"

  project_id          = var.project_id
  location            = var.region
  dataset             = "darkroom"
  views_dataset       = "darkroom_analytics"
  allow_destroy       = var.allow_destroy
  kms_key             = module.encryption.kms_key
  analysts_group      = var.analysts_group
  auditor             = module.purge_auditor.email
  bi_engine_gigabytes = var.bi_engine_gigabytes
  dashboard           = var.dashboard ? module.dashboard[0].email : null
  loader              = module.metadata_loader.email
  roles               = module.roles.names

  tables = {
    for name, table in local.tables : name => {
      clustering  = table.clustering.fields
      description = table.description
      partition = {
        expiration_ms = tonumber(table.timePartitioning.expirationMs)
        field         = table.timePartitioning.field
        unit          = table.timePartitioning.type
      }
      schema = jsonencode(table.schema.fields)
    }
  }

  views = {
    for file in fileset("${local.project_root}/analytics/sql", "*.sql") :
    trimsuffix(file, ".sql") => {
      description = local.view_resources[trimsuffix(file, ".sql")].description
      query       = file("${local.project_root}/analytics/sql/${file}")
      schema      = jsonencode(local.view_resources[trimsuffix(file, ".sql")].schema.fields)
    }
  }
}
