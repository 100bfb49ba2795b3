# The functions. Each is told by its environment what its src/config.rs reads; what is not set here has
# the value that the code has for it.
#
# All of them scale to nothing: a function is one small binary that listens within a second, which
# callers do not notice and events do not mind.

module "upload_signer" {
  source = "../../modules/service"

  name        = "upload-signer"
  description = "Hands out signed upload URLs, tells owners about their images, takes requests to erase them"
  project_id  = var.project_id
  location    = var.region
  image       = local.images.upload-signer

  # A request waits for IAM and Cloud Storage and computes next to nothing.
  concurrency = 200
  memory_mib  = 512
  # 4,000 requests at a time: more comes from nobody who means well.
  instances = { max = 20 }
  # Cloud Storage is waited for 20 s; some requests ask it three times.
  timeout_seconds = 60

  invokers        = var.signer_invokers
  signs_as_itself = true

  environment = merge(
    {
      GOOGLE_CLOUD_PROJECT = var.project_id
      INGEST_BUCKET        = module.ingest.name
      ARCHIVE_BUCKET       = module.archive.name
      RECORDS_BUCKET       = module.records.name
      ERASURES_BUCKET      = module.erasures.name
      JWT_ISSUER           = var.jwt.issuer
      JWT_AUDIENCE         = var.jwt.audience
      JWT_JWKS_URL         = var.jwt.jwks_url
    },
    length(var.signer_cors_origins) == 0 ? {} : { CORS_ALLOWED_ORIGINS = join(",", var.signer_cors_origins) },
  )
}

module "image_processor" {
  source = "../../modules/service"

  name        = "image-processor"
  description = "Makes derivatives and the record of each image"
  project_id  = var.project_id
  location    = var.region
  image       = local.images.image-processor

  # Two images are worked on at a time, one for each processor, while others are read and written. What
  # they take together MEMORY_BUDGET_MIB limits (1,536, for an instance of 2 GiB), not this number.
  concurrency = 8
  cpu         = 2
  memory_mib  = 2048
  # A large photograph takes a processor some 0.3 s: 50 instances are some 300 images a second.
  instances = { max = 50 }
  # For longer Pub/Sub does not wait.
  timeout_seconds = 600

  environment = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    INGEST_BUCKET        = module.ingest.name
    ARCHIVE_BUCKET       = module.archive.name
    RECORDS_BUCKET       = module.records.name
    ERASURES_BUCKET      = module.erasures.name
  }
}

module "metadata_loader" {
  source = "../../modules/service"

  name        = "metadata-loader"
  description = "Loads records into the warehouse, many events to one insert"
  project_id  = var.project_id
  location    = var.region
  image       = local.images.metadata-loader

  # Events that come together go in one insert, of 500 rows at most: the more at a time, the fewer
  # inserts. A record has at most 1 MiB and is held as bytes, value and request: 1 GiB is enough for 250
  # of the largest, which typically have 3 kB.
  concurrency = 250
  memory_mib  = 1024
  # Each has one insert under way.
  instances = { max = 10 }
  # A record is read in 60 s at most; then it waits for the insert before its own, and its own: 30 s each.
  timeout_seconds = 180

  environment = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    RECORDS_BUCKET       = module.records.name
    ERASURES_BUCKET      = module.erasures.name
    BIGQUERY_DATASET     = module.warehouse.dataset
  }
}

module "purge_auditor" {
  source = "../../modules/service"

  name        = "purge-auditor"
  description = "Deletes what is past its retention, erases on request, keeps evidence"
  project_id  = var.project_id
  location    = var.region
  image       = local.images.purge-auditor

  # Each deletion is an event, and a sweep makes thousands; all of them together go in a few inserts.
  concurrency = 80
  # A full sweep of a million objects took 90 MiB.
  memory_mib = 512
  # Two sweeps and the events of their deletions.
  instances = { max = 5 }
  # A sweep stops listing after SWEEP_SECONDS (1,500); then it checks and writes its report. Cloud
  # Scheduler waits for 1,800 s at most.
  timeout_seconds = 1800

  project_roles = toset(concat(
    # Deletes due rows, and reads the ledger, by queries.
    ["roles/bigquery.jobUser"],
    # Reads the topics' settings.
    local.kafka_project_roles,
  ))

  environment = merge(
    {
      GOOGLE_CLOUD_PROJECT = var.project_id
      INGEST_BUCKET        = module.ingest.name
      ARCHIVE_BUCKET       = module.archive.name
      RECORDS_BUCKET       = module.records.name
      EVIDENCE_BUCKET      = module.evidence.name
      ERASURES_BUCKET      = module.erasures.name
      REFERENCE_BUCKETS    = module.references.name
      BIGQUERY_DATASET     = module.warehouse.dataset
    },
    local.kafka_environment["purge-auditor"],
  )
  secret_environment = local.kafka_secret_environment
  secret_files       = local.kafka_secret_files
  subnetwork         = local.kafka_subnetwork
}

module "kafka_ingest" {
  source = "../../modules/worker-pool"
  count  = var.kafka == null ? 0 : 1

  name        = "kafka-ingest"
  description = "Stores every message of the Kafka stream as an image"
  project_id  = var.project_id
  location    = var.region
  image       = local.images.kafka-ingest

  instances = var.kafka.instances
  # Messages take at most MEMORY_BUDGET_MIB (256), for an instance of 512 MiB.
  memory_mib = 512

  project_roles = toset(local.kafka_project_roles)

  environment = merge(
    {
      GOOGLE_CLOUD_PROJECT = var.project_id
      INGEST_BUCKET        = module.ingest.name
      REFERENCE_BUCKETS    = module.references.name
      KAFKA_GROUP          = local.kafka_group
    },
    local.kafka_environment["kafka-ingest"],
  )
  secret_environment = local.kafka_secret_environment
  secret_files       = local.kafka_secret_files
  subnetwork         = local.kafka_subnetwork
}
