#!/usr/bin/env bash
# Runs a cargo command as images need it: a release build, linked statically, that names no folder of
# the machine it is built on, so that any machine with the same tools builds the same.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folders=(
  "$PWD=/darkroom"
  "$(realpath -m "${CARGO_TARGET_DIR:-target}")=/target"
  "${CARGO_HOME:-$HOME/.cargo}=/cargo"
)

# The target has to be given: without it, cargo builds macros with these flags too, and they cannot be
# static.
export CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu
export RUSTFLAGS="-C target-feature=+crt-static ${folders[*]/#/--remap-path-prefix=}"
# C libraries put the names of their files in the binary too.
export CFLAGS="${folders[*]/#/-ffile-prefix-map=}"
export CXXFLAGS=$CFLAGS
export OPENSSL_STATIC=1 LIBZ_SYS_STATIC=1

exec cargo "$@" --release --locked
