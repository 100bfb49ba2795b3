"""Identity-Aware Proxy, as far as the dashboard knows it: its key, and where that is published."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import iap
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.auth import jwt
from google.auth.crypt import EsSigner

AUDIENCE = "/projects/1/locations/europe-west1/services/dashboard"
EMAIL = "somebody@example.com"


class Key:
    """The proxy's, or of somebody who would like to be it."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = serialization.Encoding.PEM
        self.public = key.public_key().public_bytes(pem, form).decode()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.signer = EsSigner.from_string(private, key_id="a-key")
        # What the dashboard finds it by, once it is published.
        self.environment: dict[str, str] = {}

    def assertion(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": iap.ISSUER, "aud": AUDIENCE, "email": EMAIL, "iat": now, "exp": now + 600}
        return jwt.encode(self.signer, claims | changes).decode()


@contextmanager
def published() -> Iterator[Key]:
    """A key that is at an address, as the proxy's are."""
    key = Key()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"a-key": key.public}).encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        key.environment = {
            "IAP_AUDIENCE": AUDIENCE,
            "IAP_KEYS_URL": f"http://127.0.0.1:{server.server_port}/",
        }
        yield key
        server.shutdown()
