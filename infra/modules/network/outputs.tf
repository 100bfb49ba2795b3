output "subnetwork" {
  description = "The subnetwork's id, once its firewall is there."
  value       = google_compute_subnetwork.this.id
  depends_on  = [google_compute_firewall.allow_brokers, google_compute_firewall.deny_egress]
}
