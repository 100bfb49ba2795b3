# Shared by the parts of setup.sh.

# Outside of the checkout, so that a fresh clone finds it filled.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/darkroom"

say() { echo "setup: $*"; }

fail() {
  echo "setup: $*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    fail "need root or sudo to run: $*"
  fi
}
