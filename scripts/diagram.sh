#!/usr/bin/env bash
# Draws docs/architecture.drawio, .svg and .png from docs/diagram/architecture.toml, after installing what
# that needs and this machine lacks.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup/common.sh
source scripts/setup/system.sh
source scripts/setup/python.sh
source scripts/setup/diagram.sh

ensure_diagram_tools
.local/python/bin/python docs/diagram .local/drawio
