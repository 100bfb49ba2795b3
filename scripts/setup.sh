#!/usr/bin/env bash
# Installs what building and running Darkroom needs and this machine lacks: a C compiler, the Rust
# toolchain of rust-toolchain.toml, and a Python 3.13 environment for the local warehouse; with
# `infra` or `analytics` what the checks of the one or the other need besides, with `dashboard` or
# `notebook` what these do. Says what it installs; says nothing when nothing is missing. Safe to run
# any number of times.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup/common.sh
source scripts/setup/system.sh
source scripts/setup/rust.sh
source scripts/setup/python.sh
source scripts/setup/infra.sh
source scripts/setup/analytics.sh

# One at a time: two checkouts share the cache that this fills.
mkdir -p "$cache"
ensure_system_packages
exec 9>"$cache/setup.lock"
flock 9
ensure_rust
ensure_python
case ${1:-} in
  infra) ensure_infra ;;
  analytics)
    ensure_analytics
    ensure_dashboard
    ensure_browser
    ;;
  dashboard) ensure_dashboard ;;
  notebook) ensure_analytics ;;
esac
