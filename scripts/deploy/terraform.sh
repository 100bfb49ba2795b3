#!/usr/bin/env bash
# Makes what an environment needs before it, or plans, applies or destroys the environment itself:
# terraform.sh bootstrap|plan|apply|destroy ENV
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
  for role in ingest archive records references erasures; do
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

# Terraform would take a bucket's grants away before it deletes the bucket, and then nobody could delete
# it. So it forgets the grants, and all of the evidence: that stays, with whom it can be read by.
forget_what_stays() {
  local state addresses
  state=$(ask 'module.evidence.<resource>' "${terraform[@]}" state list) ||
    fail "not destroyed: it cannot be told what there is"
  mapfile -t addresses < <(grep -E '^module\.evidence\.|\.google_storage_bucket_iam_policy\.' <<<"$state")
  # None are left where an earlier try ended after this.
  ((${#addresses[@]} == 0)) || run "${terraform[@]}" state rm "${addresses[@]}"
}

terraform=(terraform "-chdir=$environment")
if [[ $action == bootstrap ]]; then
  terraform=(terraform -chdir=infra/bootstrap)
  # A state of its own for each environment.
  run "${terraform[@]}" init -input=false -reconfigure "-backend-config=path=$2.tfstate"
  run "${terraform[@]}" apply "-var=project_id=$project" "-var=region=$region"
  exit
fi

# `apply` and `destroy` show what they would do and ask.
run "${terraform[@]}" init -input=false "-backend-config=bucket=$project-tfstate"
if [[ $action == destroy ]]; then
  [[ ${FORCE:-} == 1 ]] || check_nothing_is_kept
  # Tables and buckets are guarded until this is applied.
  run "${terraform[@]}" apply -var=allow_destroy=true
  forget_what_stays
  run "${terraform[@]}" destroy -var=allow_destroy=true
else
  run "${terraform[@]}" "$action"
fi
