#!/usr/bin/env bash
# Builds an image without a Docker daemon, as target/images/FUNCTION.oci.tar: build.sh FUNCTION
#
# Beside a function's image is the list of what is in it. The commit decides all of that, its time
# included: the same commit on a machine with the same tools gives the same digest.
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

time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

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

# build_archive ARGUMENT… CONTEXT
build_archive() {
  rm -f "$archive"
  # A store of its own: no image of this machine is seen, and none is left.
  buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs build --quiet \
    --isolation chroot --layers=false --disable-compression=false --identity-label=false \
    --build-arg "CREATED=$(date --utc --date "@$time" +%FT%TZ)" \
    --build-arg "REVISION=$(git describe --always --dirty --abbrev=40 --exclude '*')" \
    --build-arg "SOURCE=$(source_url)" \
    --tag "oci-archive:$archive:$function" "$@" >"$work/log" 2>&1 || fail "buildah: $(cat "$work/log")"
}

build_function() {
  ensure_auditable
  scripts/images/cargo.sh auditable build --package "$function" --bin "$function"
  scripts/images/root.sh "$binary" "$work/build/image"
  build_archive --timestamp "$time" --build-context "build=$work/build" \
    --build-arg "FUNCTION=$function" --build-arg "VERSION=$(package_version)" .
  scripts/images/sbom.sh "$binary" >"$sbom"
  echo "$sbom: $(jq '.components | length' "$sbom") components"
}

# Its files have the time of the build: with another, Python would compile everything anew at each start.
build_dashboard() { build_archive --file analytics/dashboard/Dockerfile analytics; }

ensure_image_tools
mkdir -p target/images
if [[ $function == dashboard ]]; then build_dashboard; else build_function; fi
scripts/images/size.sh "$archive" "${budgets[$function]}"
