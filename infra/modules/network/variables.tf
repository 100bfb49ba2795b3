variable "location" {
  description = "The region of the subnetwork."
  type        = string
}

variable "name" {
  description = "The name of the network and its subnetwork."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "range" {
  description = "The subnetwork's private addresses: at least a /26."
  type        = string
  default     = "10.64.0.0/24"

  validation {
    condition     = can(cidrhost(var.range, 0)) && tonumber(try(split("/", var.range)[1], 32)) <= 26
    error_message = "A range is like 10.64.0.0/24, and at least a /26."
  }
}
