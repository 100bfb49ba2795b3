locals {
  is_managed_kafka = try(var.kafka.managed, null) != null

  kafka_group             = "darkroom-ingest"
  kafka_topic             = "darkroom.images"
  kafka_dead_letter_topic = "darkroom.dead-letters"

  # infra/kafka/topics.toml, in Terraform's words: it cannot read TOML. Given brokers are made so by
  # `kafka-ingest topics apply`; the infrastructure check compares the two.
  kafka_topics = {
    (local.kafka_topic) = {
      partitions          = 12
      replication         = 3
      min_insync_replicas = 2
      retention_hours     = 144
      segment_hours       = 1
      max_message_bytes   = 10485760
      timestamp_type      = "LogAppendTime"
    }
    (local.kafka_dead_letter_topic) = {
      partitions          = 3
      replication         = 3
      min_insync_replicas = 2
      retention_hours     = 144
      segment_hours       = 1
      max_message_bytes   = 10551296
      timestamp_type      = "LogAppendTime"
    }
  }

  kafka_accounts = {
    for function in ["kafka-ingest", "purge-auditor"] : function => "${function}@${var.project_id}.iam.gserviceaccount.com"
  }
}

# What follows is how the two functions that use Kafka get in.
locals {
  kafka_given = try(var.kafka.brokers, null)
  # Who takes Google's tokens: the managed cluster, here or in another project.
  kafka_security = (
    local.kafka_given == null ? "google" :
    local.kafka_given.scram != null ? "scram" :
    local.kafka_given.mtls != null ? "mtls" : "google"
  )
  kafka_subnetwork    = local.is_managed_kafka ? one(module.network[*].subnetwork) : try(local.kafka_given.subnetwork, null)
  kafka_project_roles = local.is_managed_kafka ? ["roles/managedkafka.client"] : []

  kafka_environment = {
    for function, account in local.kafka_accounts : function => var.kafka == null ? {} : merge(
      {
        KAFKA_BROKERS           = local.is_managed_kafka ? one(module.kafka[*].brokers) : local.kafka_given.addresses
        KAFKA_CLUSTER           = local.is_managed_kafka ? "darkroom" : local.kafka_given.cluster
        KAFKA_DEAD_LETTER_TOPIC = local.kafka_dead_letter_topic
        KAFKA_SECURITY          = local.kafka_security
        KAFKA_TOPICS            = local.kafka_topic
      },
      local.kafka_security == "google" ? { KAFKA_SERVICE_ACCOUNT = account } : {},
      local.kafka_security == "scram" ? {
        KAFKA_SCRAM_MECHANISM = local.kafka_given.scram.mechanism
        KAFKA_USERNAME        = local.kafka_given.scram.username
      } : {},
    )
  }

  # Only by name: no secret is in the state.
  kafka_secret_environment = local.kafka_security == "scram" ? { KAFKA_PASSWORD = local.kafka_given.scram.password_secret } : {}
  kafka_secret_files = merge(
    local.kafka_security == "mtls" ? {
      KAFKA_CERTIFICATE_FILE = local.kafka_given.mtls.certificate_secret
      KAFKA_KEY_FILE         = local.kafka_given.mtls.key_secret
    } : {},
    try(local.kafka_given.authority_secret, null) != null ? { KAFKA_CA_FILE = local.kafka_given.authority_secret } : {},
  )
}

module "network" {
  source = "../../modules/network"
  count  = local.is_managed_kafka ? 1 : 0

  project_id = var.project_id
  location   = var.region
  name       = "darkroom-kafka"
}

module "kafka" {
  source = "../../modules/kafka"
  count  = local.is_managed_kafka ? 1 : 0

  project_id = var.project_id
  location   = var.region
  cluster_id = "darkroom"
  capacity   = var.kafka.managed.capacity
  kms_key    = module.encryption.kms_key
  topics     = local.kafka_topics
  # The functions' own, and those of the senders.
  subnetworks = concat(module.network[*].subnetwork, tolist(var.kafka.managed.subnetworks))
  clients = toset([
    for email in setunion(var.kafka.managed.producers, var.kafka.managed.operators) :
    "serviceAccount:${email}"
  ])

  acls = {
    # Nobody else makes topics.
    cluster = merge(
      { for email in var.kafka.managed.operators : email => ["ALL"] },
      { (local.kafka_accounts.kafka-ingest) = ["DESCRIBE"] },
    )
    "topic/${local.kafka_topic}" = merge(
      { for email in var.kafka.managed.operators : email => ["ALL"] },
      { for email in var.kafka.managed.producers : email => ["DESCRIBE", "WRITE"] },
      {
        (local.kafka_accounts.kafka-ingest)  = ["DESCRIBE", "READ"]
        (local.kafka_accounts.purge-auditor) = ["DESCRIBE", "DESCRIBE_CONFIGS"]
      },
    )
    "topic/${local.kafka_dead_letter_topic}" = merge(
      { for email in var.kafka.managed.operators : email => ["ALL"] },
      {
        (local.kafka_accounts.kafka-ingest)  = ["DESCRIBE", "WRITE"]
        (local.kafka_accounts.purge-auditor) = ["DESCRIBE", "DESCRIBE_CONFIGS"]
      },
    )
    # The group itself, and that of `kafka-ingest dead-letters requeue` beside it.
    "consumerGroupPrefixed/${local.kafka_group}" = merge(
      { for email in var.kafka.managed.operators : email => ["ALL"] },
      { (local.kafka_accounts.kafka-ingest) = ["DESCRIBE", "READ"] },
    )
  }
}
