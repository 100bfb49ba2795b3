# System packages (Debian and Ubuntu).

# Adds to the array `missing` the packages that the machine lacks. The tests are of what the
# packages bring, so a machine that has it from elsewhere is left alone.
find_missing_packages() {
  missing=()
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || missing+=(ca-certificates)
  has curl || missing+=(curl)
  can_compile_c || missing+=(gcc libc6-dev)
  # librdkafka is built from source, with the system's OpenSSL.
  has g++ || missing+=(g++)
  has make || missing+=(make)
  has pkg-config || missing+=(pkg-config)
  has_openssl || missing+=(libssl-dev)
  has flock || missing+=(util-linux)
  # Deploys, and so their tests, read gcloud's answers with it.
  has jq || missing+=(jq)
  # Only to install uv, which then brings the Python that is used.
  has uv || can_make_venv || missing+=(python3-venv)
}

can_compile_c() {
  has cc && echo '#include <stdlib.h>
int main(void) { return EXIT_SUCCESS; }' | cc -x c -o /dev/null - 2>/dev/null
}

has_openssl() {
  has cc && echo '#include <openssl/ssl.h>' | cc -E -x c -o /dev/null - 2>/dev/null
}

can_make_venv() {
  has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null
}

ensure_system_packages() {
  local missing
  find_missing_packages
  install_packages "${missing[@]}"
}

install_packages() {
  [[ $# -eq 0 ]] && return
  has apt-get || fail "please install: $* (named as Debian does)"
  say "installing $*"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}
