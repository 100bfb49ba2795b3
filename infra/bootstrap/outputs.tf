output "registry" {
  description = "Where images are pushed: append /FUNCTION."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "state_bucket" {
  description = "The bucket for `terraform init -backend-config=bucket=…` of an environment."
  value       = google_storage_bucket.state.name
}
