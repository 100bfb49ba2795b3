terraform {
  # Which bucket is said at init, because it is named for the project: -backend-config=bucket=….
  backend "gcs" {
    prefix = "production"
  }
}
