output "email" {
  description = "The service account's email."
  value       = local.email
}

output "member" {
  description = "The service account as grants name it."
  value       = local.member
}

output "name" {
  description = "The service's name."
  value       = google_cloud_run_v2_service.this.name
}

output "uri" {
  description = "The service's address."
  value       = google_cloud_run_v2_service.this.uri
}
