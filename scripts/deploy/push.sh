#!/usr/bin/env bash
# Builds one function's image and pushes it, as an environment needs it before the function is there:
# push.sh FUNCTION ENV
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/functions.sh
source scripts/deploy/common.sh

function=$1
check_function "$function"
load_environment "$2"
source scripts/deploy/registry.sh
need gcloud skopeo

say "$function: $(push_image)"
