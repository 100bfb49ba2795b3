terraform {
  # A file for each environment, which `make bootstrap` names: -backend-config=path=….
  backend "local" {}
}
