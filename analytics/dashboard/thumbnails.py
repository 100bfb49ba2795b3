"""Shows thumbnails: /thumbnail/OBJECT leads to a signed URL of that derivative in the archive."""

import functools
import os
import re
from datetime import timedelta

import google.auth
from flask import Blueprint, Response, abort, redirect
from flask_login import current_user
from google.auth import credentials, impersonated_credentials
from google.cloud import storage  # type: ignore[attr-defined]

VALID_FOR = timedelta(minutes=5)
# Keys are SHARD/HOUR/IMAGE/PART; an original is none of what analysts see.
DERIVATIVE = re.compile(r"[0-9a-f]{2}/[0-9T-]{13}/[0-9a-f-]{36}/(thumbnail\.jpg|preview\.webp)")

blueprint = Blueprint("thumbnails", __name__)


@blueprint.get("/thumbnail/<path:name>")
def thumbnail(name: str) -> Response:
    if not current_user.is_authenticated:
        abort(401)
    if not DERIVATIVE.fullmatch(name):
        abort(404)
    url = archive().blob(name).generate_signed_url(version="v4", expiration=VALID_FOR, credentials=signer())
    response = redirect(url)
    # Half of the time that the URL is valid for.
    response.headers["Cache-Control"] = f"private, max-age={VALID_FOR.seconds // 2}"
    return response


@functools.cache
def archive() -> storage.Bucket:
    client = storage.Client(project=os.environ["GOOGLE_CLOUD_PROJECT"], credentials=signer())
    return client.bucket(os.environ["ARCHIVE_BUCKET"])


@functools.cache
def signer() -> credentials.Signing:
    """Signs by the key of GOOGLE_APPLICATION_CREDENTIALS; without a key IAM signs as SIGNING_ACCOUNT."""
    own, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    if isinstance(own, credentials.Signing):
        return own
    return impersonated_credentials.Credentials(
        source_credentials=own,
        target_principal=os.environ["SIGNING_ACCOUNT"],
        target_scopes=["https://www.googleapis.com/auth/devstorage.read_only"],
    )
