#!/usr/bin/env bash
# Tells what serves: status.sh ENV
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/functions.sh
source scripts/deploy/common.sh
source scripts/deploy/cloud_run.sh

load_environment "$1"
need gcloud

row() { printf '%-16s %-30s %7s  %-71s %s\n' "$@"; }

age() {
  local seconds=$(($(date +%s) - $(date --date "$1" +%s)))
  echo "$((seconds / 86400)) d $((seconds % 86400 / 3600)) h"
}

# One row for each revision that serves, and one for a newer one that does not.
rows() {
  local function=$1 description latest serving about target
  choose_commands "$function"
  if ! description=$(describe "$function"); then
    # There need not be a dashboard.
    is_behind_proxy "$function" || row "$function" "cannot be described" "" "" ""
    return
  fi
  mapfile -t serving < <(serving_revisions <<<"$description")
  for target in "${serving[@]}"; do
    about=$(describe_revision "${target% *}")
    row "$function" "${target% *}" "${target#* } %" "$(image_digest <<<"$about")" \
      "$(age "$(creation_time <<<"$about")")"
  done
  latest=$(latest_revision <<<"$description")
  [[ " ${serving[*]} " == *" $latest "* ]] ||
    row "$function" "$latest" "0 %" "newer than what serves" ""
}

table=$(
  row FUNCTION REVISION TRAFFIC IMAGE AGE
  for function in "${functions[@]}"; do rows "$function"; done
)
is_dry || say "$table"
