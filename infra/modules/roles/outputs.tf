output "names" {
  description = "The roles as grants name them, by their short name."
  # Spelled out, so that a plan shows what is granted.
  value = {
    for key, role in google_project_iam_custom_role.this : key => "projects/${var.project_id}/roles/${role.role_id}"
  }
}
