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
  "$uv" venv --quiet --no-project --python "$(find_python $python_version)" "$environment"
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

# Prints an interpreter of a version, or else the version, which uv then downloads.
find_python() {
  local version=$1 candidate
  for candidate in python$version python3 "$HOME/.pyenv/versions/$version".*/bin/python; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo "$version"
}

# .local/NAME is an environment of a version of Python with what the requirement files list:
# ensure_environment NAME VERSION FILE…. None asks for what a package depends on: the files list that too.
ensure_environment() {
  local name=$1 version=$2 environment uv file
  shift 2
  environment="$cache/$name-$(cat "$@" | sha256sum | cut -c1-12)"
  if [[ ! -e $environment/ready ]]; then
    uv=$(find_uv)
    say "installing the Python environment $environment"
    rm -rf "$environment"
    "$uv" venv --quiet --no-project --python "$(find_python "$version")" "$environment"
    for file in "$@"; do
      "$uv" pip install --quiet --no-deps --python "$environment/bin/python" --require-hashes -r "$file"
    done
    touch "$environment/ready"
  fi
  link "$environment" ".local/$name"
}

link() {
  [[ $(readlink "$2") == "$1" ]] || ln -sfn "$1" "$2"
}
