# A Kafka cluster that Terraform makes, and analysts with a dashboard; everything else as it is by default.
project_id            = "example-project"
region                = "europe-west1"
notification_channels = ["projects/example-project/notificationChannels/1234567890"]

jwt = {
  issuer   = "https://login.example.com/"
  audience = "darkroom"
  jwks_url = "https://login.example.com/.well-known/jwks.json"
}

kafka = {
  managed = {
    producers   = ["sender@example-project.iam.gserviceaccount.com"]
    operators   = ["operator@example-project.iam.gserviceaccount.com"]
    subnetworks = ["projects/example-project/regions/europe-west1/subnetworks/senders"]
  }
}

analysts_group      = "analysts@example.com"
bi_engine_gigabytes = 1
dashboard           = true
