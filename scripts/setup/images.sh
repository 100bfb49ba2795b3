# What images are built, inspected and started with. Only their targets need it.

auditable_version=0.7.7
auditable2cdx_version=0.1.0

ensure_image_tools() {
  local program missing=()
  for program in buildah runc skopeo umoci; do
    has "$program" || missing+=("$program")
  done
  install_packages "${missing[@]}"
}

# cargo-auditable puts the list of its crates into a binary, auditable2cdx prints it as CycloneDX.
ensure_auditable() {
  local root="$cache/auditable-$auditable_version-$auditable2cdx_version"
  export PATH="$root/bin:$PATH"
  [[ -x $root/bin/cargo-auditable && -x $root/bin/auditable2cdx ]] && return
  say "building cargo-auditable $auditable_version, once"
  cargo install --quiet --locked --root "$root" --target-dir "$root/target" \
    "cargo-auditable@$auditable_version" "auditable2cdx@$auditable2cdx_version"
  rm -rf "$root/target"
}
