variable "acls" {
  description = "Who may do what: operations by account's email, by ACL id (topic/NAME, consumerGroup/NAME, consumerGroupPrefixed/NAME, cluster)."
  type        = map(map(list(string)))

  validation {
    condition = alltrue(flatten([
      for entries in values(var.acls) : [
        for operations in values(entries) : [
          for operation in operations :
          contains(["ALL", "ALTER", "ALTER_CONFIGS", "CREATE", "DELETE", "DESCRIBE", "DESCRIBE_CONFIGS", "READ", "WRITE"], operation)
        ]
      ]
    ]))
    error_message = "Kafka's operations are ALL, ALTER, ALTER_CONFIGS, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, READ and WRITE."
  }
}

variable "capacity" {
  description = "The cluster's processors and memory."
  type = object({
    memory_gib = number
    vcpus      = number
  })

  validation {
    condition     = var.capacity.vcpus >= 3
    error_message = "A cluster has at least 3 processors."
  }

  validation {
    condition     = var.capacity.memory_gib >= var.capacity.vcpus && var.capacity.memory_gib <= 8 * var.capacity.vcpus
    error_message = "A cluster has 1 to 8 GiB for each processor."
  }
}

variable "clients" {
  description = "Who may connect besides the functions, such as the second application that sends images."
  type        = set(string)
  default     = []
}

variable "cluster_id" {
  description = "The cluster's name."
  type        = string
}

variable "kms_key" {
  description = "The key that messages are encrypted with; null means Google's."
  type        = string
  default     = null
}

variable "location" {
  description = "The region of the cluster."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "subnetworks" {
  description = "Where the brokers are reached from, at most one of each network: projects/PROJECT/regions/REGION/subnetworks/NAME."
  type        = list(string)
}

variable "topics" {
  description = "The topics, as infra/kafka/topics.toml has them."
  type = map(object({
    max_message_bytes   = number
    min_insync_replicas = number
    partitions          = number
    replication         = number
    retention_hours     = number
    segment_hours       = number
    timestamp_type      = string
  }))

  validation {
    condition     = alltrue([for topic in values(var.topics) : topic.retention_hours + topic.segment_hours <= 7 * 24])
    error_message = "Kafka keeps a message for the retention and the segment together: at most 7 days."
  }

  validation {
    condition     = alltrue([for topic in values(var.topics) : topic.timestamp_type == "LogAppendTime"])
    error_message = "By producers' own times retention would not hold: LogAppendTime."
  }

  validation {
    condition     = alltrue([for topic in values(var.topics) : topic.min_insync_replicas < topic.replication])
    error_message = "One broker may fail: min_insync_replicas is less than replication."
  }
}
