#!/usr/bin/env bash
# Runs the tests that need a real Kafka broker, on the ones of KAFKA_BROKERS, or else on a tansu
# (https://tansu.io, a broker in Rust) that this builds once and keeps: about 450 crates. tansu has all
# that the tests ask of brokers but AlterConfigs: that a topic's setting is changed is not tested on it,
# which the test says.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup/common.sh

version=0.6.0
tansu="$cache/tansu-$version"
address=127.0.0.1:19092

install_tansu() {
  [[ -x $tansu/bin/tansu ]] && return
  say "building tansu $version, once"
  # Unoptimised: it is no part of what is measured, and built in a fraction of the time.
  CARGO_PROFILE_DEV_DEBUG=0 cargo install tansu --version "$version" --features dynostore --locked \
    --debug --root "$tansu" --target-dir "$tansu/target"
  rm -rf "$tansu/target"
}

start_tansu() {
  "$tansu/bin/tansu" broker --listener-url "tcp://$address" --advertised-listener-url "tcp://$address" \
    --storage-engine memory://tansu/ >"$tansu/log" 2>&1 &
  # shellcheck disable=SC2064 # This process, whatever is started later.
  trap "kill $!" EXIT
  for _ in {1..100}; do
    (exec 3<>"/dev/tcp/${address/:/\/}") 2>/dev/null && return
    sleep 0.1
  done
  fail "tansu does not listen; it said: $(tail -5 "$tansu/log")"
}

if [[ -z ${KAFKA_BROKERS:-} ]]; then
  install_tansu
  start_tansu
  export KAFKA_BROKERS=$address
fi
cargo test --locked -p kafka-ingest --test it brokers:: -- --ignored --nocapture
