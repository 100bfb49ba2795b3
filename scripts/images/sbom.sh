#!/usr/bin/env bash
# Prints what is in a function's image as CycloneDX: the crates, as they are recorded in the binary,
# and what comes from Debian's packages, as they are installed here: sbom.sh BINARY
set -euo pipefail

binary=$1

# The packages that an image of these crates has something of.
debian_packages() {
  echo ca-certificates
  echo libc6-dev
  jq --raw-output '.components[] | select(.name == "openssl-sys") | "libssl-dev"' <<<"$1"
}

debian_component() {
  local package=$1 version
  # shellcheck disable=SC2016 # dpkg-query's own variables.
  version=$(dpkg-query --show --showformat '${Version}' "$package")
  jq --null-input --arg name "$package" --arg version "$version" --arg distro "$distro" '{
    type: "library", name: $name, version: $version,
    purl: "pkg:deb/\($distro | split("-")[0])/\($name)@\($version | @uri)?distro=\($distro)"
  } | . + { "bom-ref": .purl }'
}

# shellcheck source=/dev/null
distro=$(source /etc/os-release && echo "$ID-$VERSION_ID")
crates=$(auditable2cdx "$binary")
debian_packages "$crates" |
  while read -r package; do debian_component "$package"; done |
  jq --slurp --argjson sbom "$crates" '. as $debian | $sbom | .components += $debian
    # A qualifier without the question mark it needs, for crates that come from no registry.
    | (.. | .purl? | strings) |= sub("&download_url=redacted$"; "")'
