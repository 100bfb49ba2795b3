variable "jobs" {
  description = "The requests that are made by the clock (UTC), by name."
  type = map(object({
    cron        = string
    description = string
    path        = string
    retries     = number
  }))

  validation {
    condition     = alltrue([for job in values(var.jobs) : length(split(" ", job.cron)) == 5])
    error_message = "A cron expression has five fields."
  }

  validation {
    condition     = alltrue([for job in values(var.jobs) : startswith(job.path, "/")])
    error_message = "A path begins with /."
  }

  validation {
    condition     = alltrue([for job in values(var.jobs) : job.retries >= 0 && job.retries <= 5])
    error_message = "Cloud Scheduler tries again 0 to 5 times."
  }
}

variable "location" {
  description = "The region of the jobs."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "service" {
  description = "The service that is called."
  type        = string
}

variable "uri" {
  description = "The service's address."
  type        = string
}
