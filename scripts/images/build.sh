#!/usr/bin/env bash
# Builds a function's image without a Docker daemon, as target/images/FUNCTION.oci.tar, with the list
# of what is in it beside it: build.sh FUNCTION
#
# The commit decides everything that is in it, its time included: the same commit on a machine with the
# same tools gives the same digest.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/functions.sh
source scripts/setup/common.sh
source scripts/setup/system.sh
source scripts/setup/images.sh

function=$1
check_function "$function"
archive=target/images/$function.oci.tar
sbom=target/images/$function.cdx.json
binary=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/release/$function

work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

# The repository's address where it has a public form, without a user or password in it.
source_url() {
  { git config --get remote.origin.url || true; } |
    sed -nE 's#^(https?|ssh|git)://([^@/]*@)?#\1://#p'
}

package_version() {
  local id
  id=$(cargo pkgid --locked --package "$function")
  echo "${id##*[#@]}"
}

build_archive() {
  local time=$1 root=$work/build/image
  scripts/images/root.sh "$binary" "$root"
  rm -f "$archive"
  # A store of its own: no image of this machine is seen, and none is left.
  buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs build --quiet \
    --isolation chroot --layers=false --disable-compression=false --identity-label=false \
    --timestamp "$time" \
    --build-context "build=$work/build" \
    --build-arg "FUNCTION=$function" \
    --build-arg "CREATED=$(date --utc --date "@$time" +%FT%TZ)" \
    --build-arg "REVISION=$(git describe --always --dirty --abbrev=40 --exclude '*')" \
    --build-arg "SOURCE=$(source_url)" \
    --build-arg "VERSION=$(package_version)" \
    --tag "oci-archive:$archive:$function" . >"$work/log" 2>&1 || fail "buildah: $(cat "$work/log")"
}

ensure_image_tools
mkdir -p target/images
scripts/images/cargo.sh auditable build --package "$function" --bin "$function"
build_archive "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
scripts/images/sbom.sh "$binary" >"$sbom"
echo "$sbom: $(jq '.components | length' "$sbom") components"
scripts/images/size.sh "$archive" "${budgets[$function]}"
