"""Whom Identity-Aware Proxy lets in, by assertions as it signs them."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import iap
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.auth import jwt
from google.auth.crypt import EsSigner

AUDIENCE = "/projects/1/locations/europe-west1/services/dashboard"
EMAIL = "somebody@example.com"


class Key:
    """A key of the proxy's, or of somebody who would like to be it."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = serialization.Encoding.PEM
        self.public = key.public_key().public_bytes(pem, form).decode()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.signer = EsSigner.from_string(private, key_id="a-key")

    def assertion(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": iap.ISSUER, "aud": AUDIENCE, "email": EMAIL, "iat": now, "exp": now + 600}
        return jwt.encode(self.signer, claims | changes).decode()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[Key]:
    """The proxy's key, which is where its keys are looked for."""
    key = Key()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"a-key": key.public}).encode())

        def log_message(self, *_: object) -> None: ...

    iap.keys.cache_clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("IAP_KEYS_URL", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("IAP_AUDIENCE", AUDIENCE)
        yield key
        server.shutdown()


def test_whom_the_proxy_names_is_let_in(key: Key) -> None:
    assert iap.email(key.assertion()) == EMAIL


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "/projects/1/locations/europe-west1/services/another"},
        {"iss": "https://example.com"},
        {"exp": 1},
        {"email": None},
    ],
)
def test_what_the_proxy_says_to_others_lets_nobody_in(key: Key, changes: dict[str, Any]) -> None:
    assert iap.email(key.assertion(**changes)) is None


def test_another_key_lets_nobody_in(key: Key) -> None:
    assert iap.email(Key().assertion()) is None


@pytest.mark.parametrize("assertion", [None, "", "a.b.c", "not even that", "\u2603"])
def test_what_is_no_assertion_lets_nobody_in(key: Key, assertion: str | None) -> None:
    assert iap.email(assertion) is None


def test_an_assertion_that_is_not_signed_lets_nobody_in(key: Key) -> None:
    _, claims, _ = key.assertion().split(".")
    header = "eyJhbGciOiJub25lIiwia2lkIjoiYS1rZXkifQ"
    assert iap.email(f"{header}.{claims}.") is None
