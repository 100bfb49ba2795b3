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
  local what="Nothing was moved: ${serving:-what served before} serves, and there is nothing to undo."
  if [[ $step == "$last_step" ]]; then
    what="$revision may serve all the same: see make status, and to undo it make rollback-$function."
  fi
  cat >&2 <<END
$function is not deployed. It stopped at: $step.
$what
The function's log: gcloud logging read '$(log_filter "$function")' --project=$project --limit=50
Mend it, commit, and deploy again.
END
}

# A token of whoever is signed in. A service account's says for whom it is meant; a person's cannot.
identity_token() {
  local account
  account=$(ask '<account>' gcloud config get account)
  if [[ $account == *.gserviceaccount.com ]]; then
    ask '<token>' gcloud auth print-identity-token "--audiences=$1"
  else
    ask '<token>' gcloud auth print-identity-token
  fi
}

# A service's new revision answers at an address of its own: that it is well, and that it is itself.
smoke_test_service() {
  local url=$1 audience=$2 token answer
  token=$(identity_token "$audience")
  answer=$(ask "{ \"revision\": \"$revision\" }" curl --silent --show-error --fail --max-time 30 \
    --retry 5 --retry-all-errors --header @- "$url/health" <<<"Authorization: Bearer $token")
  [[ $(jq --raw-output .revision <<<"$answer") == "$revision" ]] ||
    fail "$url/health was not answered by $revision, but: $answer"
}

# A worker pool has no address: whether its revision works shows only once it runs. It tells its lag
# every minute; where it does not in five, what served before serves again.
watch_worker_pool() {
  local filter try told
  filter="$(log_filter "$function") resource.labels.revision_name=$revision jsonPayload.message=lag"
  for try in {1..20}; do
    told=$(ask '<time>' gcloud logging read "$filter" "--project=$project" --freshness=10m --limit=1 \
      '--format=value(timestamp)')
    [[ -n $told ]] && return
    ((try == 20)) || run sleep 15
  done
  serve "$function" "$serving"
  fail "$revision ran for five minutes and took nothing in: its log does not tell its lag"
}

step="" serving="" revision=""
last_step="Let it serve"
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
if is_worker_pool "$function" || is_behind_proxy "$function"; then
  describe_revision "$revision" | is_ready || fail "$revision is not ready"
else
  tag_candidate "$function" "$revision"
  url=$(describe "$function" | candidate_url)
  smoke_test_service "$url" "$(service_url <<<"$description")"
fi
begin "$last_step"
serve "$function" "$revision"
if is_worker_pool "$function"; then watch_worker_pool; fi
say "$function: $revision serves in the place of $serving. Undo: make rollback-$function ENV=$2"
