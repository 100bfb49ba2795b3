"""Superset's settings: what differs from its own defaults. Superset imports this file by its name."""

import functools
import os
import secrets
from typing import Any
from urllib.parse import urlsplit

import front_door
import sign_in
import telemetry
import thumbnails
from flask import Flask
from flask_appbuilder.security.manager import AUTH_REMOTE_USER
from google.cloud import bigquery
from sqlalchemy.engine.url import URL

QUERY_SECONDS = 120
MOST_BYTES_BILLED = 100 * 2**30

# Signs what browsers keep, which nobody misses after a restart.
SECRET_KEY = secrets.token_hex(32)
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = sign_in.is_behind_proxy()

# Superset has no form to sign in by.
AUTH_TYPE = AUTH_REMOTE_USER
CUSTOM_SECURITY_MANAGER = sign_in.SecurityManager


def FLASK_APP_MUTATOR(app: Flask) -> None:  # noqa: N802
    for part in (front_door, telemetry, thumbnails):
        app.register_blueprint(part.blueprint)


@functools.cache
def warehouse() -> bigquery.Client:
    """One for all queries: each with its own would read its key anew, and ask for a token anew."""
    dataset = f"{os.environ['GOOGLE_CLOUD_PROJECT']}.{os.environ['BIGQUERY_DATASET']}"
    return bigquery.Client(
        project=os.environ["GOOGLE_CLOUD_PROJECT"],
        default_query_job_config=bigquery.QueryJobConfig(
            # Views need no prefix, in SQL Lab neither.
            default_dataset=dataset,
            job_timeout_ms=QUERY_SECONDS * 1000,
            # SQL Lab can ask more than the views: public datasets too, at the project's cost.
            maximum_bytes_billed=MOST_BYTES_BILLED,
        ),
    )


def DB_CONNECTION_MUTATOR(  # noqa: N802
    uri: URL, parameters: dict[str, Any], *_: Any
) -> tuple[URL, dict[str, Any]]:
    parameters["connect_args"] = {"client": warehouse()}
    return uri.update_query_dict({"user_supplied_client": "true"}), parameters


FEATURE_FLAGS = {
    # The datasets narrow themselves by label in their SQL.
    "ENABLE_TEMPLATE_PROCESSING": True,
}
# Nothing is shown twice from the warehouse within a minute.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 60}
# How long a page waits for an answer.
SUPERSET_WEBSERVER_TIMEOUT = QUERY_SECONDS + 10
ROW_LIMIT = 10_000
# It would turn off the logs of everything else.
ALEMBIC_SKIP_LOG_CONFIG = True

APP_NAME = "Darkroom"
LOGO_TARGET_PATH = "/"


# Nobody's pages ask it but its own.
ENABLE_CORS = False
# Pages fetch from here, and images from where signed URLs lead. The galleries' templates are compiled
# in the browser, which is `unsafe-eval`.
_STORAGE = os.environ.get("STORAGE_EMULATOR_HOST", "https://storage.googleapis.com")
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": [
            "'self'",
            "blob:",
            "data:",
            "{0.scheme}://{0.netloc}".format(urlsplit(_STORAGE)),
        ],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
        "frame-ancestors": ["'none'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": SESSION_COOKIE_SECURE,
}
# The galleries are laid out by classes, which the dashboard's own CSS describes.
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["className"], "img": ["loading"]}}
