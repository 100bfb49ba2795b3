output "dashboard" {
  description = "The dashboard's name."
  value       = module.monitoring.dashboard
}

output "dead_letter_subscription" {
  description = "The subscription that holds events that were given up."
  value       = module.events.dead_letter_subscription
}

output "signer_uri" {
  description = "The upload API's address."
  value       = module.upload_signer.uri
}

output "trigger_subscriptions" {
  description = "The subscription behind each trigger."
  value       = { for name, trigger in module.trigger : name => trigger.subscription }
}

output "views_dataset" {
  description = "The dataset that analysts ask."
  value       = module.warehouse.views_dataset
}
