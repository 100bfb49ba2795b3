#!/usr/bin/env bash
# Deploys one function: builds and pushes its image, makes a revision of it that serves nothing, asks
# that one whether it is well, and only then lets it serve: deploy.sh FUNCTION ENV
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/functions.sh
source scripts/deploy/common.sh
source scripts/deploy/cloud_run.sh

function=$1
check_function "$function"
load_environment "$2"
choose_commands "$function"
source scripts/deploy/registry.sh
need curl gcloud skopeo

begin() {
  step=$1
  say "# $step"
}

leave() {
  rm -rf "$work"
  (($1 == 0)) && return
  cat >&2 <<END
$function is not deployed. It stopped at: $step.
Nothing was moved: ${serving:-what served before} serves, and there is nothing to undo.
The function's log: gcloud logging read '$(log_filter "$function")' --project=$project --limit=50
Mend it, commit, and deploy again.
END
}

# A service's new revision answers at an address of its own: that it is well, and that it is itself.
smoke_test_service() {
  local url=$1 revision=$2 token answer
  token=$(ask '<token>' gcloud auth print-identity-token)
  answer=$(ask "{ \"revision\": \"$revision\" }" curl --silent --show-error --fail --max-time 30 \
    --retry 5 --retry-all-errors --header @- "$url/health" <<<"Authorization: Bearer $token")
  [[ $(jq --raw-output .revision <<<"$answer") == "$revision" ]] ||
    fail "$url/health was not answered by $revision, but: $answer"
}

# A worker pool has no address. Cloud Run tells whether its new revision is ready.
smoke_test_worker_pool() {
  describe_revision "$1" | is_ready || fail "$1 is not ready"
}

smoke_test() {
  local description=$1 revision=$2
  if is_worker_pool "$function"; then
    smoke_test_worker_pool "$revision"
  else
    smoke_test_service "$(candidate_url <<<"$description")" "$revision"
  fi
}

step="" serving=""
trap 'leave $?' EXIT

begin "See what serves"
serving=$(describe "$function" | serving_revision)
begin "Build and push the image"
image=$(push_image)
begin "Make a revision of it that serves nothing"
create_revision "$function" "$image" "$serving"
description=$(describe "$function")
revision=$(latest_revision <<<"$description")
begin "Smoke-test the revision"
smoke_test "$description" "$revision"
begin "Let it serve"
serve "$function" "$revision"
say "$function: $revision serves in the place of $serving. Undo: make rollback-$function ENV=$2"
