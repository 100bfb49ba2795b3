#!/usr/bin/env bash
# Lets the revision serve that the serving one took over from: rollback.sh FUNCTION ENV
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/functions.sh
source scripts/deploy/common.sh
source scripts/deploy/cloud_run.sh

function=$1
check_function "$function"
load_environment "$2"
need gcloud
choose_commands "$function"

serving=$(describe "$function" | serving_revision)
previous=$(describe_revision "$serving" | replaced_revision)
[[ -n $previous ]] || fail "$function cannot go back: $serving took over from no other revision.
Traffic was not moved. Revert the change and deploy: make deploy-$function ENV=$2"
serve "$function" "$previous"
say "$function: $previous serves in the place of $serving."
