output "dashboard" {
  description = "The name of Monitoring's dashboard."
  value       = module.monitoring.dashboard
}

output "dashboard_uri" {
  description = "The address of the analysts' dashboard; null where there is none."
  value       = var.dashboard ? module.dashboard[0].uri : null
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
