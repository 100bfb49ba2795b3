# No Kafka, and an upload API behind IAM.
project_id            = "example-project"
region                = "europe-west1"
notification_channels = ["projects/example-project/notificationChannels/1234567890"]

jwt = {
  issuer   = "https://login.example.com/"
  audience = "darkroom"
  jwks_url = "https://login.example.com/.well-known/jwks.json"
}

signer_invokers = ["group:clients@example.com"]
