mock_provider "google" {}

variables {
  project_id = "example"
  location   = "europe-west1"
  name       = "darkroom-kafka"
}

run "it_leads_to_the_brokers_and_nowhere_else" {
  command = plan

  assert {
    condition     = google_compute_firewall.deny_egress.deny[*].protocol == tolist(["all"]) && google_compute_firewall.deny_egress.destination_ranges == toset(["0.0.0.0/0"])
    error_message = "It leads elsewhere."
  }

  assert {
    condition     = google_compute_firewall.allow_brokers.priority < google_compute_firewall.deny_egress.priority && google_compute_firewall.allow_brokers.destination_ranges == toset(["10.64.0.0/24"])
    error_message = "It does not lead to the brokers."
  }
}

run "a_range_without_room_is_refused" {
  command = plan

  variables {
    range = "10.64.0.0/28"
  }

  expect_failures = [var.range]
}
