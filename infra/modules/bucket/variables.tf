variable "allow_destroy" {
  description = "Whether destroying the bucket takes the objects in it along."
  type        = bool
  default     = false
}

variable "conditional_grants" {
  description = "Who may do what with some of the objects: the members of a role, and the condition on `resource` that says with which. Its title names these objects."
  type = list(object({
    condition = string
    members   = list(string)
    role      = string
    title     = string
  }))
  default = []
}

variable "cors" {
  description = "What pages of which origins may do with a signed URL."
  type = object({
    headers = list(string)
    method  = string
    origins = list(string)
  })
  default = null
}

variable "delete_after_days" {
  description = "The age, in days, at which an object is deleted."
  type        = number

  validation {
    condition     = var.delete_after_days >= 1
    error_message = "An object lives for at least a day."
  }
}

variable "delete_days_after_custom_time" {
  description = "How many days after its custom time an object is deleted; null where objects have none."
  type        = number
  default     = null

  validation {
    condition     = var.delete_days_after_custom_time == null ? true : var.delete_days_after_custom_time < var.delete_after_days
    error_message = "The age is the rule for objects without a custom time, and must come later."
  }
}

variable "grants" {
  description = "Who may do what with the objects: members by role."
  type        = map(list(string))

  validation {
    condition = alltrue([
      for member in flatten([values(var.grants), var.conditional_grants[*].members]) :
      can(regex("^(serviceAccount|group|user|principal|principalSet):", member))
    ])
    error_message = "A member is serviceAccount:…, group:…, user:…, principal:… or principalSet:…, never the public."
  }

  validation {
    condition = alltrue([
      for role in concat(keys(var.grants), var.conditional_grants[*].role) :
      !contains(["roles/owner", "roles/editor", "roles/viewer", "roles/storage.admin", "roles/storage.objectAdmin"], role)
    ])
    error_message = "Grant what is used: no primitive roles, and no administrator of objects."
  }
}

variable "kms_key" {
  description = "The key that objects are encrypted with; null means Google's."
  type        = string
  default     = null
}

variable "location" {
  description = "The region of the bucket."
  type        = string
}

variable "locked_days" {
  description = "For how many days nobody can delete an object, for good; null where objects must go."
  type        = number
  default     = null

  validation {
    condition     = var.locked_days == null ? true : var.locked_days <= var.delete_after_days
    error_message = "What is locked for longer than it lives is not deleted in time."
  }
}

variable "name" {
  description = "The bucket's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "takes_uploads" {
  description = "Whether people upload to it, who may give an upload up half-way."
  type        = bool
  default     = false
}
