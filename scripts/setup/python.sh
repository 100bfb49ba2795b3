# The Python environment of the local warehouse and of the tests with Google's Python clients.
# .local/python leads to it.

python_version=3.13
uv_version=0.13.9
requirements=crates/local-stack/warehouse/requirements.txt

ensure_python() {
  local environment
  environment="$cache/python-$(sha256sum "$requirements" | cut -c1-12)"
  [[ -e $environment/ready ]] || make_environment "$environment"
  mkdir -p .local
  [[ $(readlink .local/python) == "$environment" ]] || ln -sfn "$environment" .local/python
}

# `ready` is written last, so that an interrupted installation is begun again.
make_environment() {
  local environment=$1 uv
  uv=$(find_uv)
  say "installing the local warehouse's Python environment (about 650 MB) in $environment"
  rm -rf "$environment"
  "$uv" venv --quiet --no-project --python "$(find_python)" "$environment"
  "$uv" pip install --quiet --python "$environment/bin/python" \
    --compile-bytecode --require-hashes -r "$requirements"
  "$environment/bin/python" crates/local-stack/warehouse/extensions.py
  touch "$environment/ready"
}

# Prints the path of uv; installs it into the cache when there is none.
find_uv() {
  local home="$cache/uv-$uv_version"
  if has uv; then
    command -v uv
    return
  fi
  if [[ ! -x $home/bin/uv ]]; then
    say "installing uv $uv_version" >&2
    rm -rf "$home"
    python3 -m venv "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
  fi
  echo "$home/bin/uv"
}

# Prints an interpreter of the right version, or else the version, which uv then downloads.
find_python() {
  local candidate
  for candidate in python$python_version python3 "$HOME/.pyenv/versions/$python_version".*/bin/python; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$python_version')" 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo "$python_version"
}
