# What draws the architecture diagram: draw.io's own viewer, in a headless Chromium, with letters of the
# widths of Helvetica, which the drawing names. .local/drawio leads to the viewer.

diagram_requirements=docs/diagram/requirements.txt

ensure_diagram_tools() {
  local missing=() viewer
  has chromium || missing+=(chromium)
  has_helvetica || missing+=(fonts-liberation)
  install_packages "${missing[@]}"
  viewer="$cache/drawio-$(sha256sum "$diagram_requirements" | cut -c1-12)"
  [[ -e $viewer/ready ]] || install_viewer "$viewer"
  mkdir -p .local
  [[ $(readlink .local/drawio) == "$viewer" ]] || ln -sfn "$viewer" .local/drawio
}

has_helvetica() {
  has fc-list && [[ $(fc-list : family) =~ Helvetica|Arial|Liberation\ Sans|Nimbus\ Sans ]]
}

# `ready` is written last, so that an interrupted installation is begun again.
install_viewer() {
  local viewer=$1 script
  say "installing draw.io's viewer (27 MB) in $viewer"
  rm -rf "$viewer"
  "$(find_uv)" pip install --quiet --python .local/python/bin/python --target "$viewer/package" \
    --no-deps --require-hashes -r "$diagram_requirements"
  for script in viewer-static.min.js stencils.min.js; do
    find "$viewer/package" -name "$script" -exec mv {} "$viewer/" \;
  done
  rm -rf "$viewer/package"
  touch "$viewer/ready"
}
