"""Keeps Superset's pages from telling its makers who looks at them.

An image at a server of theirs is compiled into Superset's scripts, and no setting leaves it out
(https://superset.apache.org/docs/faq#does-superset-collect-any-telemetry-data). The scripts are sent with
an empty image in its place.
"""

import functools
from pathlib import Path

from flask import Blueprint, Response, current_app, request

PIXEL = b"https://apachesuperset.gateway.scarf.sh/pixel/"
EMPTY = b"data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=#"

blueprint = Blueprint("telemetry", __name__)


@blueprint.before_app_request
def without_pixel() -> Response | None:
    script = scripts(current_app.static_folder or "").get(request.path)
    if script is None:
        return None
    response = Response(script, mimetype="text/javascript")
    # A script's name changes with its content.
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@functools.cache
def scripts(folder: str) -> dict[str, bytes]:
    """Those of Superset's scripts that have the image, without it, by their path in URLs."""
    files = {f"/static/assets/{file.name}": file for file in Path(folder, "assets").glob("*.js")}
    contents = {path: file.read_bytes() for path, file in files.items()}
    return {path: script.replace(PIXEL, EMPTY) for path, script in contents.items() if PIXEL in script}
