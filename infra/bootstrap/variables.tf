variable "images_kept" {
  description = "How many images of each function stay, however old."
  type        = number
  default     = 20

  validation {
    condition     = var.images_kept >= 2
    error_message = "Keep at least 2 images: the one that runs and the one to roll back to."
  }
}

variable "project_id" {
  description = "The Google Cloud project. It must exist and have billing."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project's id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Where everything is, such as europe-west1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is named like europe-west1."
  }
}
