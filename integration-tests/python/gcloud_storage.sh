#!/usr/bin/env bash
# Works a storage server with `gcloud storage`, and ends with 1 when something is amiss.
#
#   gcloud_storage.sh ENDPOINT
#
# The bucket it works in is made and deleted. The user's own configuration and credentials are not
# touched.
set -euo pipefail

endpoint=$1
bucket=gs://gcloud-storage

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CLOUDSDK_CONFIG="$work/config"
export CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE="$endpoint/"
export CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true
export CLOUDSDK_CORE_PROJECT=local
export CLOUDSDK_CORE_DISABLE_PROMPTS=true
export CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true
export CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=true
# Above this size an upload is resumable.
export CLOUDSDK_STORAGE_RESUMABLE_THRESHOLD=1Mi

storage() { gcloud storage --verbosity=error "$@"; }

same() {
  if [[ $1 != "$2" ]]; then
    echo "expected: $1" >&2
    echo "found:    $2" >&2
    exit 1
  fi
}

printf 'hello, storage' >"$work/small.txt"
head -c 3000000 /dev/urandom >"$work/large"

storage buckets create "$bucket"
storage cp "$work/small.txt" "$bucket/in/small.txt"
storage cp "$work/large" "$bucket/in/large"
same "$bucket/in/large $bucket/in/small.txt" "$(storage ls "$bucket/in/" | sort | xargs)"
same 'hello, storage' "$(storage cat "$bucket/in/small.txt")"
same 14 "$(storage objects describe "$bucket/in/small.txt" --format='value(size)')"
storage cp "$bucket/in/large" "$work/copy"
cmp "$work/large" "$work/copy"
storage cp "$bucket/in/small.txt" "$bucket/out/small.txt"
same "$bucket/out/small.txt" "$(storage ls "$bucket/out/")"
storage rm "$bucket/in/**"
same "$bucket/out/small.txt" "$(storage ls "$bucket/**")"
storage rm "$bucket/**"
storage buckets delete "$bucket"
if storage ls "$bucket" 2>/dev/null; then
  echo "$bucket is still there" >&2
  exit 1
fi
