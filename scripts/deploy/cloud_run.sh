# A function on Cloud Run: its revisions, and which of them serves. Sourced.
#
# A revision says in a label which one it took over from, so that a rollback knows, however many
# deploys failed in between.

# What a dry run takes for gcloud's description of a function, or of a revision.
stand_in='{
  "metadata": { "creationTimestamp": "1970-01-01", "labels": { "replaces": "<previous>" } },
  "status": {
    "conditions": [{ "type": "Ready", "status": "True" }],
    "latestCreatedRevisionName": "<revision>",
    "traffic": [
      { "revisionName": "<serving>", "percent": 100 },
      { "revisionName": "<revision>", "tag": "candidate", "url": "<candidate-url>" }
    ],
    "url": "<service-url>"
  }
}'

# Sets gcloud's commands for a function and its revisions.
choose_commands() {
  group=(run services)
  revisions=(run revisions)
  if is_worker_pool "$1"; then
    group=(beta run worker-pools)
    revisions=(beta run worker-pools revisions)
  fi
  where=("--project=$project" "--region=$region")
}

describe() { ask "$stand_in" gcloud "${group[@]}" describe "$1" "${where[@]}" --format=json; }

describe_revision() {
  ask "$stand_in" gcloud "${revisions[@]}" describe "$1" "${where[@]}" --format=json
}

# Of a function's description: each revision that has traffic, or instances, and its per cent.
serving_revisions() {
  jq --raw-output '.status | .traffic // .instanceSplits // [] | .[] | select(.percent > 0)
    | "\(.revisionName) \(.percent)"'
}

# The one that has most.
serving_revision() { serving_revisions | sort --key=2 --numeric --reverse | sed -n '1s/ .*//p'; }

latest_revision() { jq --raw-output '.status.latestCreatedRevisionName'; }

service_url() { jq --raw-output '.status.url'; }

candidate_url() { jq --raw-output '.status.traffic[] | select(.tag == "candidate").url'; }

# Of a revision's description.
replaced_revision() { jq --raw-output '.metadata.labels.replaces // ""'; }

is_ready() {
  jq --exit-status '.status.conditions | any(.type == "Ready" and .status == "True")' >/dev/null
}

image_digest() { jq --raw-output '.status.imageDigest // "" | sub(".*@"; "")'; }

creation_time() { jq --raw-output '.metadata.creationTimestamp'; }

# Makes a revision that serves nothing yet: create_revision FUNCTION IMAGE SERVING
create_revision() {
  local change=("--image=$2" "--update-labels=replaces=$3")
  if is_worker_pool "$1"; then
    run gcloud "${group[@]}" update "$1" "${where[@]}" "${change[@]}" --no-promote
  else
    run gcloud "${group[@]}" update "$1" "${where[@]}" "${change[@]}" --no-traffic
  fi
}

# Gives a service's revision an address of its own: tag_candidate SERVICE REVISION. Tagged while it is
# made, gcloud would name it in the service's template, where Terraform names none.
tag_candidate() {
  run gcloud "${group[@]}" update-traffic "$1" "${where[@]}" "--update-tags=candidate=$2"
}

# The filter of a function's log.
log_filter() {
  if is_worker_pool "$1"; then
    echo "resource.type=cloud_run_worker_pool resource.labels.worker_pool_name=$1"
  else
    echo "resource.type=cloud_run_revision resource.labels.service_name=$1"
  fi
}

# Lets one revision serve everything: serve FUNCTION REVISION
serve() {
  if is_worker_pool "$1"; then
    run gcloud "${group[@]}" update-instance-split "$1" "${where[@]}" "--to-revisions=$2=100"
  else
    run gcloud "${group[@]}" update-traffic "$1" "${where[@]}" "--to-revisions=$2=100"
  fi
}
