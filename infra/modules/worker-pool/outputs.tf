output "email" {
  description = "The service account's email."
  value       = local.email
}

output "member" {
  description = "The service account as grants name it."
  value       = local.member
}

output "name" {
  description = "The pool's name."
  value       = google_cloud_run_v2_worker_pool.this.name
}
