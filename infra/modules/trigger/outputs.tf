output "subscription" {
  description = "The name of the Pub/Sub subscription behind the trigger."
  value       = local.subscription
}
