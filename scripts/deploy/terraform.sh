#!/usr/bin/env bash
# Plans, applies or destroys an environment: terraform.sh plan|apply|destroy ENV
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/deploy/common.sh

action=$1
load_environment "$2"
# Where setup puts it, on a machine that has no other.
PATH=$PATH:$PWD/.local/bin
need terraform

refuse() {
  fail "not destroyed: $1. What is kept is within its seven days.
Stop what sends images and come back when the sweeps have deleted the last one.
To lose it now: make destroy ENV=${environment##*/} FORCE=1"
}

# Refuses where images, or rows about them, are still kept; and where that cannot be told.
check_nothing_is_kept() {
  local role bucket object images
  need bq gcloud
  for role in ingest archive records references; do
    bucket=gs://$project-$role
    object=$(ask '' gcloud storage objects list "$bucket/**" --limit=1 --format='value(name)') ||
      refuse "it cannot be told whether $bucket is empty"
    [[ -z $object ]] || refuse "$bucket is not empty"
  done
  images=$(ask '[{ "images": "0" }]' bq --project_id="$project" --format=json query \
    --use_legacy_sql=false 'SELECT COUNT(*) AS images FROM darkroom.image_records' |
    jq --raw-output '.[0].images') ||
    refuse "it cannot be told whether darkroom.image_records has rows"
  [[ $images == 0 ]] || refuse "darkroom.image_records has $images rows"
}

# `apply` and `destroy` show what they would do and ask.
run terraform -chdir="$environment" init -input=false -backend-config="bucket=$project-tfstate"
if [[ $action == destroy ]]; then
  [[ ${FORCE:-} == 1 ]] || check_nothing_is_kept
  # Tables and buckets are guarded until this is applied.
  run terraform -chdir="$environment" apply -var=allow_destroy=true
  run terraform -chdir="$environment" destroy -var=allow_destroy=true
else
  run terraform -chdir="$environment" "$action"
fi
