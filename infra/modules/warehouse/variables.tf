variable "allow_destroy" {
  description = "Whether destroying the warehouse takes its rows along."
  type        = bool
  default     = false
}

variable "analysts_group" {
  description = "The email of the group that asks the views; null means nobody does."
  type        = string
  default     = null

  validation {
    condition     = var.analysts_group == null ? true : can(regex("^[^@:]+@[^@]+$", var.analysts_group))
    error_message = "A group's email, without group:."
  }
}

variable "auditor" {
  description = "The email of the purge-auditor's service account."
  type        = string
}

variable "bi_engine_gigabytes" {
  description = "How much memory BI Engine answers from, in GiB; null means none."
  type        = number
  default     = null

  validation {
    condition     = var.bi_engine_gigabytes == null ? true : var.bi_engine_gigabytes >= 1
    error_message = "BI Engine has at least 1 GiB."
  }
}

variable "dashboard" {
  description = "The email of the dashboard's service account, which asks the views; null where there is none."
  type        = string
  default     = null
}

variable "dataset" {
  description = "The dataset of the tables."
  type        = string
}

variable "kms_key" {
  description = "The key that rows are encrypted with; null means Google's."
  type        = string
  default     = null
}

variable "loader" {
  description = "The email of the metadata-loader's service account."
  type        = string
}

variable "location" {
  description = "The region of the datasets."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "roles" {
  description = "The custom roles rowWriter and warehouseAuditor, as grants name them."
  type        = map(string)
}

variable "tables" {
  description = "The tables, by name; `schema` is the fields as JSON."
  type = map(object({
    clustering  = list(string)
    description = string
    partition = object({
      expiration_ms = number
      field         = string
      unit          = string
    })
    schema = string
  }))

  validation {
    condition     = alltrue([for table in values(var.tables) : table.partition.expiration_ms > 0])
    error_message = "Every row has an end."
  }

  validation {
    condition     = contains(keys(var.tables), "image_records")
    error_message = "The loader writes to image_records."
  }
}

variable "views" {
  description = "The views by name. Their queries name tables and each other by `$${project}.$${dataset}.NAME`, in backticks; the schema is their columns as JSON, which describes them."
  type = map(object({
    description = string
    query       = string
    schema      = string
  }))
}

variable "views_dataset" {
  description = "The dataset of the views."
  type        = string

  validation {
    condition     = var.views_dataset != var.dataset
    error_message = "Analysts are given a whole dataset: the tables must be in another."
  }
}
