#!/usr/bin/env bash
# Pins every package of the Python environments, with hashes, from their .in files. Versions that
# still fit are kept.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup/common.sh
source scripts/setup/python.sh
source scripts/setup/analytics.sh

uv=$(find_uv)

# Writes NAME.txt beside NAME.in.
lock() {
  local source=$1
  shift
  (
    cd "$(dirname "$source")"
    "$uv" pip compile --quiet --no-config --universal --python-version "$python_version" \
      --generate-hashes --no-annotate --custom-compile-command "make python-lock" "$@" \
      "$(basename "$source")" --output-file "$(basename "$source" .in).txt"
  )
}

lock "${requirements%.txt}.in"
lock infra/check/requirements.in
lock infra/check/provider.in --no-deps
lock infra/check/checkov.in
lock analytics/requirements.in
python_version=$dashboard_python_version lock analytics/dashboard/requirements.in
