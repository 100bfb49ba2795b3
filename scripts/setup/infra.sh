# What the checks of the infrastructure need: Terraform, shellcheck, and two Python environments.
# .local/bin/terraform, .local/infra and .local/checkov lead to them.

terraform_version=1.11.4
# Of the release's zip files, as HashiCorp publishes them in terraform_1.11.4_SHA256SUMS.
terraform_sha256_amd64=1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc
terraform_sha256_arm64=a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633

infra_requirements=(infra/check/requirements.txt infra/check/provider.txt)
checkov_requirements=(infra/check/checkov.txt)

ensure_infra() {
  mkdir -p .local/bin
  has shellcheck || install_packages shellcheck
  ensure_terraform
  ensure_environment infra $python_version "${infra_requirements[@]}"
  ensure_environment checkov $python_version "${checkov_requirements[@]}"
}

# The machine's own Terraform when it is of the right version, or else one in the cache.
ensure_terraform() {
  local terraform="$cache/terraform-$terraform_version/terraform"
  if has terraform && [[ $(terraform_version_of terraform) == "$terraform_version" ]]; then
    terraform=$(command -v terraform)
  elif [[ ! -x $terraform ]]; then
    install_terraform "$(dirname "$terraform")"
  fi
  link "$terraform" .local/bin/terraform
}

terraform_version_of() {
  CHECKPOINT_DISABLE=1 "$1" version 2>/dev/null | sed -n 's/^Terraform v//p'
}

install_terraform() {
  local folder=$1 architecture sha256 name
  case $(uname -sm) in
    'Linux x86_64') architecture=amd64 sha256=$terraform_sha256_amd64 ;;
    'Linux aarch64') architecture=arm64 sha256=$terraform_sha256_arm64 ;;
    *) fail "please install Terraform $terraform_version, and put it on the PATH" ;;
  esac
  name="terraform_${terraform_version}_linux_$architecture.zip"
  say "installing Terraform $terraform_version in $folder"
  mkdir -p "$folder"
  curl --proto '=https' --tlsv1.2 --retry 3 -sSfL -o "$folder/$name" \
    "https://releases.hashicorp.com/terraform/$terraform_version/$name"
  echo "$sha256  $folder/$name" | sha256sum --check --quiet ||
    fail "$name is not the release that is pinned in scripts/setup/infra.sh"
  python3 -m zipfile -e "$folder/$name" "$folder"
  rm "$folder/$name"
  chmod +x "$folder/terraform"
}
