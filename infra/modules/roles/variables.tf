variable "project_id" {
  description = "The project that the roles are of."
  type        = string
}
