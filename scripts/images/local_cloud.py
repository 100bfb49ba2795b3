"""local-cloud as a process, and an environment in which functions use it."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[2]
TARGET = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")
BUCKETS = ("ingest", "archive", "records", "references", "evidence", "erasures")
ACCOUNT = "darkroom@local.iam.gserviceaccount.com"
DEADLINE_SECONDS = 60


class LocalCloud:
    """Google Cloud on this machine, with Darkroom's buckets."""

    def __init__(self, folder: Path) -> None:
        log = folder / "local-cloud.log"
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [TARGET / "debug/local-cloud", "--address", "127.0.0.1:0"],
                env={"RUST_LOG": "info"},
                stdout=file,
                stderr=file,
            )
        self.url = wait_for(lambda: _address(log.read_text()), self._process, log)
        for role in BUCKETS:
            self.ask("POST", "/storage/v1/b?project=local", {"name": f"darkroom-{role}"})
        self.key = folder / "key.json"
        self.key.write_text(json.dumps(self.ask("POST", f"/_local/service-accounts/{ACCOUNT}/key")))
        # For the container's user.
        self.key.chmod(0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Asks local-cloud for something."""
        return ask(method, f"{self.url}{path}", body)

    def environment(self, port: int) -> dict[str, str]:
        """What any function may want to know. Nothing listens where Kafka and BigQuery would."""
        buckets = {f"{role.upper()}_BUCKET": f"darkroom-{role}" for role in BUCKETS}
        return {
            **buckets,
            "BIGQUERY_DATASET": "darkroom",
            "BIGQUERY_ENDPOINT": "http://127.0.0.1:1",
            "CLOCK_ENDPOINT": self.url,
            "GOOGLE_APPLICATION_CREDENTIALS": "/key.json",
            "GOOGLE_CLOUD_PROJECT": "local",
            "HOST": "127.0.0.1",
            "JWT_AUDIENCE": "darkroom",
            "JWT_ISSUER": self.url,
            "JWT_JWKS_URL": f"{self.url}/.well-known/jwks.json",
            "KAFKA_BROKERS": "127.0.0.1:1",
            "KAFKA_CLUSTER": "local",
            "KAFKA_DEAD_LETTER_TOPIC": "darkroom.dead-letters",
            "KAFKA_GROUP": "darkroom-ingest",
            "KAFKA_SECURITY": "plaintext",
            "KAFKA_TOPICS": "darkroom.images",
            "K_REVISION": "a-revision",
            "PORT": str(port),
            "STORAGE_ENDPOINT": self.url,
        }


def ask(method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    """A request with JSON both ways; bytes are sent as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
    given = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data or None, given, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read()
    return json.loads(text) if text else None


def wait_for(
    look: Callable[[], T | None],
    process: subprocess.Popen[Any],
    log: Path,
    seconds: float = DEADLINE_SECONDS,
) -> T:
    """Looks until there is something to see, the process has ended, or it takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if (seen := look()) is not None:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"nothing came of it; it said:\n{log.read_text()}")


def _address(log: str) -> str | None:
    found = re.search(r"listening at (http://\S+)", log)
    return found and found[1]
