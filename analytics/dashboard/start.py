"""Serves the dashboard: Superset, with what this folder describes imported.

On a laptop it reads what `make run` runs; on Cloud Run what its service account may. What people save of
their own is in the folder SUPERSET_HOME, which on Cloud Run lasts as long as the instance.
"""

import argparse
import contextlib
import os
import signal
import sys
import time

import waitress
from flask import Flask, g

# Most of them wait for the warehouse. More than Cloud Run sends requests at a time, so that one is left to
# say that the instance lives.
THREADS = 80


def main() -> None:
    options = arguments()
    # The first process of a container has no handler of its own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # Time filters are worked out in Python, and the warehouse is in UTC.
    os.environ["TZ"] = "UTC"
    time.tzset()
    if "K_SERVICE" in os.environ and "IAP_AUDIENCE" not in os.environ:
        sys.exit("On Cloud Run IAP_AUDIENCE has to be set: without it nobody is asked who they are.")
    print("Preparing Superset, which takes half a minute.", flush=True)
    # Superset's migrations print what they do.
    with contextlib.redirect_stdout(sys.stderr):
        app = application()
    server = waitress.create_server(app, host=options.host, port=options.port, threads=THREADS)
    print(f"The dashboard is at http://{options.host}:{server.effective_port}/", flush=True)
    server.run()


def arguments() -> argparse.Namespace:
    on_cloud_run = "K_SERVICE" in os.environ
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="0.0.0.0" if on_cloud_run else "127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8088")), help="0 takes any")
    return parser.parse_args()


def application() -> Flask:
    """Superset with its database up to date, its roles, and the dashboard."""
    # Superset reads its configuration when it is imported.
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        prepare()
    return app


def prepare() -> None:
    import board
    import roles
    from flask_migrate import upgrade
    from superset import appbuilder, security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    upgrade()
    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    roles.make_analyst(security_manager)
    g.user = roles.importer(security_manager)
    files = board.assets(os.environ["GOOGLE_CLOUD_PROJECT"], os.environ["BIGQUERY_DATASET"])
    ImportAssetsCommand(files).run()


if __name__ == "__main__":
    main()
