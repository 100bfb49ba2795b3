# The network that the Kafka brokers of Managed Service for Apache Kafka are reached by. Nothing else is
# in it, and nothing comes in.

resource "google_compute_network" "this" {
  project                 = var.project_id
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "this" {
  project = var.project_id
  name    = var.name
  region  = var.location
  network = google_compute_network.this.id

  # Cloud Run takes two addresses for an instance while revisions change, the brokers one each.
  ip_cidr_range            = var.range
  private_ip_google_access = true

  # Who talked to the brokers; a tenth of it is enough to see a stranger.
  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

# Ingress is refused by itself; egress is not.
resource "google_compute_firewall" "deny_egress" {
  project            = var.project_id
  name               = "${var.name}-deny-egress"
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 65534
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "allow_brokers" {
  project            = var.project_id
  name               = "${var.name}-allow-brokers"
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = [google_compute_subnetwork.this.ip_cidr_range]

  allow {
    protocol = "tcp"
    ports    = ["9092"]
  }
}
