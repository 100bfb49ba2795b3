variable "concurrency" {
  description = "How many requests an instance answers at a time."
  type        = number

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000
    error_message = "Cloud Run allows 1 to 1000."
  }
}

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

variable "iap_members" {
  description = "Who gets to it with a browser, through Identity-Aware Proxy, which then alone may call it; empty where it is not behind the proxy."
  type        = set(string)
  default     = []

  validation {
    condition     = length(var.iap_members) == 0 || length(var.invokers) == 0
    error_message = "Behind Identity-Aware Proxy nobody else may call it."
  }

  validation {
    condition     = alltrue([for member in var.iap_members : can(regex("^(serviceAccount|group|user|domain):", member))])
    error_message = "A member is serviceAccount:…, group:…, user:… or domain:…."
  }
}

variable "image" {
  description = "The image that the service is created with. Deploys change it."
  type        = string
}

variable "instances" {
  description = "How many instances there are at least and at most."
  type = object({
    max = number
    min = optional(number, 0)
  })

  validation {
    condition     = var.instances.min >= 0 && var.instances.max >= max(var.instances.min, 1)
    error_message = "There can be at least one instance, and not fewer than the least."
  }
}

variable "invokers" {
  description = "Who may call it, beside triggers and schedules; allUsers makes it public."
  type        = set(string)
  default     = []

  validation {
    condition = alltrue([
      for member in var.invokers :
      member == "allUsers" || can(regex("^(serviceAccount|group|user|domain|principal|principalSet):", member))
    ])
    error_message = "A member is allUsers, or serviceAccount:…, group:…, user:…, domain:…, principal:… or principalSet:…."
  }
}

variable "location" {
  description = "The region of the service."
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
    condition = alltrue([
      for role in var.project_roles : contains(["roles/bigquery.jobUser", "roles/managedkafka.client"], role)
    ])
    error_message = "Only roles/bigquery.jobUser and roles/managedkafka.client are of use; everything else is granted where it is used."
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

variable "signs_as_itself" {
  description = "Whether it signs URLs as its own service account."
  type        = bool
  default     = false
}

variable "startup_seconds" {
  description = "How long it may take to answer after its start. A function listens within a second, once its configuration is found whole."
  type        = number
  default     = 30

  validation {
    condition     = var.startup_seconds >= 1 && var.startup_seconds <= 240
    error_message = "Cloud Run waits for 1 to 240 seconds."
  }
}

variable "subnetwork" {
  description = "The subnetwork by which it reaches private addresses; null where it needs none."
  type        = string
  default     = null
}

variable "timeout_seconds" {
  description = "How long a request may take."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 3600
    error_message = "Cloud Run allows 1 to 3600 seconds."
  }
}
