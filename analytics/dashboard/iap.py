"""Whose a request is, as Identity-Aware Proxy says: https://cloud.google.com/iap/docs/signed-headers-howto"""

import os

import cachetools.func
import requests
from google.auth import exceptions, jwt

KEYS = "https://www.gstatic.com/iap/verify/public_key"
ISSUER = "https://cloud.google.com/iap"
HEADER = "X-Goog-IAP-JWT-Assertion"
# Google's pages allow this much.
CLOCK_SKEW_SECONDS = 30


def email(assertion: str | None) -> str | None:
    """None where it is not said, or not by the proxy, or of another service."""
    if not assertion:
        return None
    try:
        audience = os.environ["IAP_AUDIENCE"]
        claims = jwt.decode(assertion, keys(), audience=audience, clock_skew_in_seconds=CLOCK_SKEW_SECONDS)
    except (exceptions.GoogleAuthError, ValueError):
        return None
    return claims.get("email") if claims.get("iss") == ISSUER else None


@cachetools.func.ttl_cache(maxsize=1, ttl=3600)
def keys() -> dict[str, str]:
    """The proxy's public keys, by id."""
    answer = requests.get(os.environ.get("IAP_KEYS_URL", KEYS), timeout=10)
    answer.raise_for_status()
    return dict(answer.json())
