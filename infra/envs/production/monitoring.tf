module "monitoring" {
  source = "../../modules/monitoring"

  project_id               = var.project_id
  budget                   = var.budget
  dead_letter_subscription = module.events.dead_letter_subscription
  has_kafka                = var.kafka != null
  notification_channels    = var.notification_channels
  trigger_subscriptions    = { for name, trigger in module.trigger : name => trigger.subscription }

  services = [
    module.image_processor.name,
    module.metadata_loader.name,
    module.purge_auditor.name,
    module.upload_signer.name,
  ]

  # purge-auditor has none: a sweep takes as long as what is stored makes it.
  latency_p95_seconds = {
    # A few calls of Google's APIs of some 50 ms each, or the start of an instance.
    upload-signer = 2
    # A large photograph takes a second or two; eight at a time share two processors.
    image-processor = 20
    # An insert takes well under a second, and an event waits for two of them.
    metadata-loader = 10
  }
}
