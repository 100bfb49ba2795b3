variable "budget" {
  description = "What a month may cost, in the billing account's currency; null means that nobody is told. Nothing is switched off."
  type = object({
    billing_account = string
    currency        = string
    monthly_amount  = number
  })
  default = null

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "A billing account is named like 012345-6789AB-CDEF01."
  }

  validation {
    condition     = var.budget == null ? true : var.budget.monthly_amount >= 1 && floor(var.budget.monthly_amount) == var.budget.monthly_amount
    error_message = "The amount is a whole number of at least 1."
  }
}

variable "dead_letter_subscription" {
  description = "The subscription that holds events that were given up."
  type        = string
}

variable "has_kafka" {
  description = "Whether there is a Kafka stream to watch."
  type        = bool
}

variable "kafka_lag" {
  description = "How many messages an instance of kafka-ingest may be behind by: some ten seconds of its work."
  type        = number
  default     = 1000

  validation {
    condition     = var.kafka_lag > 0
    error_message = "Some messages always wait."
  }
}

variable "latency_p95_seconds" {
  description = "How long one in twenty requests may take at least, by service."
  type        = map(number)

  validation {
    condition     = alltrue([for seconds in values(var.latency_p95_seconds) : seconds > 0])
    error_message = "Every request takes some time."
  }
}

variable "notification_channels" {
  description = "The notification channels (projects/…/notificationChannels/…) that alerts go to."
  type        = list(string)

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", channel))])
    error_message = "A channel's name is projects/…/notificationChannels/…."
  }
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "services" {
  description = "The services that are watched."
  type        = set(string)
}

variable "trigger_subscriptions" {
  description = "The subscription behind each trigger, by the trigger's name."
  type        = map(string)
}
