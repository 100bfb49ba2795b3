variable "allow_destroy" {
  description = "Whether `terraform destroy` takes stored images and rows along. Apply it as true first; nothing unlocks the evidence."
  type        = bool
  default     = false
}

variable "analysts_group" {
  description = "The email of the group that asks the warehouse's views; null means nobody does."
  type        = string
  default     = null
}

variable "auditors_group" {
  description = "The email of the group that reads the evidence; null means nobody does."
  type        = string
  default     = null

  validation {
    condition     = var.auditors_group == null ? true : can(regex("^[^@:]+@[^@]+$", var.auditors_group))
    error_message = "A group's email, without group:."
  }
}

variable "bi_engine_gigabytes" {
  description = "How much memory BI Engine answers analysts' questions from, in GiB; null means none."
  type        = number
  default     = null
}

variable "bucket_cors_origins" {
  description = "The origins of pages that may upload and download by signed URLs. Any page may by default, because the URL is what permits it."
  type        = list(string)
  default     = ["*"]
}

variable "budget" {
  description = "What a month may cost, in the billing account's currency; null means that nobody is told. Whoever applies it needs roles/billing.costsManager there."
  type = object({
    billing_account = string
    currency        = string
    monthly_amount  = number
  })
  default = null
}

variable "dashboard" {
  description = "Whether there is a dashboard, for the group of analysts."
  type        = bool
  default     = false

  validation {
    condition     = !var.dashboard || var.analysts_group != null
    error_message = "Nobody could look at it: give analysts_group too."
  }
}

variable "images" {
  description = "The images that functions are created with, by function, where not the registry's :latest. Deploys change them afterwards."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for function in keys(var.images) :
      contains(["dashboard", "image-processor", "kafka-ingest", "metadata-loader", "purge-auditor", "upload-signer"], function)
    ])
    error_message = "The functions are image-processor, kafka-ingest, metadata-loader, purge-auditor and upload-signer; the dashboard is deployed like them."
  }
}

variable "jwt" {
  description = "Whose tokens the upload-signer takes: their `iss`, their `aud`, and where the issuer's keys are."
  type = object({
    audience = string
    issuer   = string
    jwks_url = string
  })

  validation {
    condition     = startswith(var.jwt.jwks_url, "https://")
    error_message = "Whoever can change what jwks_url answers can make tokens: it must begin with https://."
  }
}

variable "kafka" {
  description = "The Kafka stream: a cluster that is made here (`managed`), or the company's own (`brokers`); null means there is none."
  type = object({
    # How many instances of kafka-ingest there are: two, so that one goes on while the other is replaced.
    instances = optional(number, 2)
    managed = optional(object({
      capacity = optional(object({
        memory_gib = number
        vcpus      = number
      }), { memory_gib = 12, vcpus = 3 })
      # Service accounts that run the commands of docs/runbooks/kafka.md.
      operators = optional(set(string), [])
      # Service accounts that send images.
      producers = optional(set(string), [])
      # Where producers and operators reach the brokers from, in this region and each of another network:
      # projects/PROJECT/regions/REGION/subnetworks/NAME. The network that is made here is the functions'.
      subnetworks = optional(set(string), [])
    }))
    brokers = optional(object({
      # host:port, with commas between.
      addresses = string
      # The brokers' authority as PEM, in Secret Manager; unset means the system's authorities.
      authority_secret = optional(string)
      # The cluster's name in ids and records. Never change it.
      cluster = string
      # A certificate of our own, and its key, as PEM in Secret Manager.
      mtls = optional(object({
        certificate_secret = string
        key_secret         = string
      }))
      # A user and, in Secret Manager, its password. Without this and mtls: Google's tokens.
      scram = optional(object({
        mechanism       = string
        password_secret = string
        username        = string
      }))
      # Where private addresses are reached from, in this region: at least a /26.
      subnetwork = optional(string)
    }))
  })
  default = null

  validation {
    condition     = var.kafka == null ? true : (var.kafka.managed == null) != (var.kafka.brokers == null)
    error_message = "Give kafka.managed or kafka.brokers, and not both."
  }

  validation {
    condition     = try(var.kafka.brokers.scram, null) == null || try(var.kafka.brokers.mtls, null) == null
    error_message = "The brokers know us by scram or by mtls, not by both."
  }

  validation {
    condition     = try(var.kafka.brokers.scram, null) == null ? true : contains(["SCRAM-SHA-256", "SCRAM-SHA-512"], var.kafka.brokers.scram.mechanism)
    error_message = "kafka.brokers.scram.mechanism is SCRAM-SHA-256 or SCRAM-SHA-512."
  }

  validation {
    condition = alltrue([
      for email in setunion(try(var.kafka.managed.operators, []), try(var.kafka.managed.producers, [])) :
      can(regex("^[^@:]+@[^@]+\\.gserviceaccount\\.com$", email))
    ])
    error_message = "Operators and producers are emails of service accounts."
  }

  validation {
    condition = alltrue([
      for subnetwork in try(var.kafka.managed.subnetworks, []) :
      can(regex("^projects/[^/]+/regions/[^/]+/subnetworks/[^/]+$", subnetwork))
    ]) && length(try(var.kafka.managed.subnetworks, [])) <= 9
    error_message = "Subnetworks are at most 9 of projects/PROJECT/regions/REGION/subnetworks/NAME."
  }
}

variable "kms_key" {
  description = "The key that buckets, warehouse, Kafka and dead letters are encrypted with, in the region; null means Google's keys."
  type        = string
  default     = null
}

variable "notification_channels" {
  description = "The Monitoring notification channels (projects/…/notificationChannels/…) that alerts and the budget go to; at most five."
  type        = list(string)

  validation {
    condition     = length(var.notification_channels) >= 1 && length(var.notification_channels) <= 5
    error_message = "An alert that nobody gets is none, and a budget has at most five channels."
  }
}

variable "project_id" {
  description = "The Google Cloud project, which holds this one environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project's id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "reference_senders" {
  description = "Who puts images into the references bucket that Kafka messages refer to: members, such as serviceAccount:…."
  type        = list(string)
  default     = []
}

variable "region" {
  description = "Where everything is, such as europe-west1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is named like europe-west1."
  }
}

variable "signer_cors_origins" {
  description = "The origins of pages that may call the upload-signer from a browser, such as https://app.example.com."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.signer_cors_origins : can(regex("^https?://[^/*,]+$", origin))])
    error_message = "An origin is like https://app.example.com, without a path; * is none."
  }
}

variable "signer_invokers" {
  description = "Who may call the upload-signer at all. allUsers leaves it to the tokens that it checks itself; others send Google's token as X-Serverless-Authorization besides."
  type        = set(string)
  default     = ["allUsers"]
}
