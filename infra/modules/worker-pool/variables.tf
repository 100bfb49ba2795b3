variable "cpu" {
  description = "How many processors an instance has."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2, 4, 8], var.cpu)
    error_message = "Cloud Run has instances of 1, 2, 4 or 8 processors."
  }
}

variable "description" {
  description = "What it does."
  type        = string
}

variable "environment" {
  description = "Its environment variables."
  type        = map(string)
}

variable "image" {
  description = "The image that the pool is created with. Deploys change it."
  type        = string
}

variable "instances" {
  description = "How many instances there are."
  type        = number

  validation {
    condition     = var.instances >= 0 && floor(var.instances) == var.instances
    error_message = "A number of instances is 0 or more."
  }
}

variable "location" {
  description = "The region of the pool."
  type        = string
}

variable "memory_mib" {
  description = "The memory of an instance, in MiB."
  type        = number

  validation {
    condition     = var.memory_mib >= 512 && var.memory_mib <= 32768
    error_message = "An instance has 512 to 32768 MiB."
  }
}

variable "name" {
  description = "The function's name, which is also its service account's."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_roles" {
  description = "Roles on the project, for what no resource of its own grants."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for role in var.project_roles : contains(["roles/managedkafka.client"], role)])
    error_message = "Only roles/managedkafka.client is of use; everything else is granted where it is used."
  }
}

variable "secret_environment" {
  description = "Secrets by the environment variable that holds their newest version."
  type        = map(string)
  default     = {}
}

variable "secret_files" {
  description = "Secrets by the environment variable that says which file holds their newest version."
  type        = map(string)
  default     = {}
}

variable "subnetwork" {
  description = "The subnetwork by which it reaches private addresses; null where it needs none."
  type        = string
  default     = null
}
