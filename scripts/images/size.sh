#!/usr/bin/env bash
# Prints an image's digest and its size as a registry stores it, and fails where that is more than
# these MB (10^6 bytes): size.sh ARCHIVE MEGABYTES
set -euo pipefail

archive=$1 budget=$2

bytes=$(skopeo inspect --raw "oci-archive:$archive" | jq '[.config.size, .layers[].size] | add')
digest=$(skopeo inspect --format '{{.Digest}}' "oci-archive:$archive")
printf '%s: %d.%02d MB of %d MB, %s\n' \
  "$archive" $((bytes / 1000000)) $((bytes % 1000000 / 10000)) "$budget" "$digest"
if ((bytes > budget * 1000000)); then
  echo "$archive is over its budget of $budget MB" >&2
  exit 1
fi
