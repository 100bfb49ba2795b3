"""Where `/` leads: to the dashboard, and on a phone to the one that is laid out for it."""

from board import PHONES_SLUG, SLUG
from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

DASHBOARD = f"/superset/dashboard/{SLUG}/"
# Without Superset's menu, and with the filters folded away.
PHONES = f"/superset/dashboard/{PHONES_SLUG}/?standalone=1&expand_filters=0&"

blueprint = Blueprint("front_door", __name__)


@blueprint.before_app_request
def lead() -> Response | None:
    if request.path not in ("/", DASHBOARD):
        return None
    # https://developer.mozilla.org/docs/Web/HTTP/Guides/Browser_detection_using_the_user_agent
    if "Mobi" in request.headers.get("User-Agent", ""):
        return redirect(PHONES + request.query_string.decode())
    return redirect(DASHBOARD) if request.path == "/" else None
