# The Rust toolchain that rust-toolchain.toml names.

ensure_rust() {
  local version
  version=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  has_rust "$version" && return
  has rustup || install_rustup
  say "installing Rust $version"
  rustup toolchain install "$version" --no-self-update --profile minimal -c clippy -c rustfmt
  has_rust "$version" || fail "Rust $version does not run; see the messages above"
}

has_rust() {
  [[ $(RUSTUP_AUTO_INSTALL=0 cargo --version 2>/dev/null) == "cargo $1 "* ]] &&
    cargo clippy --version >/dev/null 2>&1 &&
    cargo fmt --version >/dev/null 2>&1
}

install_rustup() {
  say "installing rustup"
  curl --proto '=https' --tlsv1.2 --retry 3 -sSf https://sh.rustup.rs |
    sh -s -- -q -y --no-modify-path --profile minimal --default-toolchain none
}
