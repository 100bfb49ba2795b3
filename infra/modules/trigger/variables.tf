variable "bucket" {
  description = "The bucket that is watched."
  type        = string
}

variable "dead_letter_topic" {
  description = "The id of the topic for events that cannot be delivered."
  type        = string
}

variable "event_type" {
  description = "The CloudEvents type that is waited for."
  type        = string

  validation {
    condition = contains([
      "google.cloud.storage.object.v1.deleted",
      "google.cloud.storage.object.v1.finalized",
    ], var.event_type)
    error_message = "The functions handle google.cloud.storage.object.v1.finalized and .deleted."
  }
}

variable "location" {
  description = "The region of the trigger: the bucket's and the service's own."
  type        = string
}

variable "name" {
  description = "The trigger's name, which is also its service account's."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.name))
    error_message = "A service account's id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "pubsub_agent" {
  description = "Pub/Sub's own account, as grants name it."
  type        = string
}

variable "service" {
  description = "The service that is called, at `/`."
  type        = string
}
