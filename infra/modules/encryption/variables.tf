variable "kms_key" {
  description = "The key's id, projects/…/locations/…/keyRings/…/cryptoKeys/…, in the region of the data; null means Google's keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "A key's id is projects/…/locations/…/keyRings/…/cryptoKeys/…."
  }
}

variable "project_id" {
  description = "The project whose services use the key."
  type        = string
}

variable "users" {
  description = "What keeps data."
  type        = set(string)

  validation {
    condition     = alltrue([for user in var.users : contains(["bigquery", "kafka", "pubsub", "storage"], user)])
    error_message = "Data is kept by bigquery, kafka, pubsub and storage."
  }
}
