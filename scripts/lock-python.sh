#!/usr/bin/env bash
# Pins every package of the Python environment, with hashes, from requirements.in. Versions that
# still fit are kept.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup/common.sh
source scripts/setup/python.sh

cd "$(dirname "$requirements")"
"$(find_uv)" pip compile --quiet --no-config --universal --python-version "$python_version" \
  --generate-hashes --no-annotate --custom-compile-command "make python-lock" \
  requirements.in --output-file requirements.txt
