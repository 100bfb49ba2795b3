variable "dead_letters" {
  description = "The name of the dead letters' topic and of its subscription."
  type        = string
}

variable "kms_key" {
  description = "The key that dead letters are encrypted with; null means Google's."
  type        = string
  default     = null
}

variable "project_id" {
  description = "The project."
  type        = string
}
