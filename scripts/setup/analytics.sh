# What analysts' tools need. .local/analytics leads to a Python environment with Google's clients, the
# notebook and the tests, .local/dashboard to Superset's.

# The newest that Superset's packages are built for.
dashboard_python_version=3.12

ensure_analytics() { ensure_environment analytics $python_version analytics/requirements.txt; }

ensure_dashboard() {
  ensure_environment dashboard $dashboard_python_version analytics/dashboard/requirements.txt
}

# The dashboard is tested in it. Ubuntu has no package of it that is not a snap.
ensure_browser() {
  has chromium || has_playwrights_chromium && return
  as_root apt-get -qq update
  if apt-cache show chromium >/dev/null 2>&1; then
    install_packages chromium fonts-liberation
  else
    say "installing Chromium in ~/.cache/ms-playwright"
    as_root "$PWD/.local/analytics/bin/playwright" install-deps chromium >/dev/null
    .local/analytics/bin/playwright install chromium >/dev/null
  fi
}

has_playwrights_chromium() { compgen -G "$HOME/.cache/ms-playwright/chromium-*/INSTALLATION_COMPLETE" >/dev/null; }
