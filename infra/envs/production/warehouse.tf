module "warehouse" {
  source = "../../modules/warehouse"

  project_id     = var.project_id
  location       = var.region
  dataset        = "darkroom"
  views_dataset  = "darkroom_analytics"
  allow_destroy  = var.allow_destroy
  kms_key        = module.encryption.kms_key
  analysts_group = var.analysts_group
  auditor        = module.purge_auditor.email
  loader         = module.metadata_loader.email
  roles          = module.roles.names
}
