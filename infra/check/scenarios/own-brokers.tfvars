# The company's own brokers, and everything that is optional.
project_id            = "example-project"
region                = "europe-west1"
notification_channels = ["projects/example-project/notificationChannels/1234567890"]

jwt = {
  issuer   = "https://login.example.com/"
  audience = "darkroom"
  jwks_url = "https://login.example.com/.well-known/jwks.json"
}

kafka = {
  brokers = {
    addresses        = "broker-1.example.com:9093,broker-2.example.com:9093"
    authority_secret = "kafka-authority"
    cluster          = "company"
    scram = {
      mechanism       = "SCRAM-SHA-512"
      username        = "darkroom"
      password_secret = "kafka-password"
    }
  }
}

analysts_group      = "analysts@example.com"
auditors_group      = "auditors@example.com"
bi_engine_gigabytes = 1
dashboard           = true
kms_key             = "projects/example-project/locations/europe-west1/keyRings/darkroom/cryptoKeys/data"
budget              = { billing_account = "012345-6789AB-CDEF01", currency = "EUR", monthly_amount = 500 }
reference_senders   = ["serviceAccount:sender@example-project.iam.gserviceaccount.com"]
signer_cors_origins = ["https://app.example.com"]
