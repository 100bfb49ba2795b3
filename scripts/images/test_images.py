"""Every function's image, as `make images` leaves it: what is in it, and that it starts and stops.

It needs root, as starting containers does.
"""

import json
import os
import re
import socket
import ssl
import struct
import subprocess
import time
import urllib.error
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from container import Container
from local_cloud import DEADLINE_SECONDS, REPOSITORY, LocalCloud, ask, wait_for

FUNCTIONS = sorted(path.name for path in (REPOSITORY / "functions").iterdir())
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def archive(function: str) -> Path:
    return REPOSITORY / f"target/images/{function}.oci.tar"


def output(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr}"
    return result.stdout.strip()


def inspect(function: str, *arguments: str) -> Any:
    return json.loads(output("skopeo", "inspect", *arguments, f"oci-archive:{archive(function)}"))


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(tmp_path) as cloud:
        yield cloud


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(
    function: str,
    cloud: LocalCloud,
    folder: Path,
    port: int,
    variables: dict[str, str] | None = None,
    files: dict[str, Path] | None = None,
) -> Container:
    folder = folder / f"{function}-{os.getpid()}"
    folder.mkdir()
    environment = cloud.environment(port) | (variables or {})
    return Container(
        archive(function), folder, environment, {"/key.json": cloud.key} | (files or {})
    )


def health(port: int) -> Any:
    """What it says at its health path; nothing while it does not listen."""
    try:
        return ask("GET", f"http://127.0.0.1:{port}/health")
    except urllib.error.URLError:
        return None


def wait_until_healthy(container: Container, port: int) -> Any:
    return wait_for(lambda: health(port), container.process, container.log)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_image_says_what_it_is(function: str) -> None:
    config = inspect(function, "--config")
    commit_time = int(output("git", "log", "-1", "--format=%ct"))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(commit_time))
    labels = config["config"]["Labels"]
    prefix = "org.opencontainers.image"
    assert labels.pop(f"{prefix}.source") is not None
    assert labels == {
        f"{prefix}.created": created,
        f"{prefix}.licenses": "Apache-2.0",
        f"{prefix}.revision": output(
            "git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude", "*"
        ),
        f"{prefix}.title": function,
        f"{prefix}.version": re.sub(".*[#@]", "", output("cargo", "pkgid", "-p", function)),
    }
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == ["/function"]
    assert config["created"] == created


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_image_is_within_its_budget(function: str) -> None:
    budget = f'source scripts/functions.sh; echo "${{budgets[{function}]}}"'
    manifest = inspect(function, "--raw")
    size = sum(layer["size"] for layer in [manifest["config"], *manifest["layers"]])
    assert size <= int(output("bash", "-c", budget)) * 10**6


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_image_lists_what_is_in_it(function: str) -> None:
    sbom = json.loads((REPOSITORY / f"target/images/{function}.cdx.json").read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    names = {component["name"] for component in sbom["components"]}
    assert {"ca-certificates", "libc6-dev", "rustls", "tokio"} <= names
    assert all(component["version"] for component in sbom["components"])
    # OpenSSL is there for Kafka alone.
    assert ("libssl-dev" in names) == ("rdkafka-sys" in names)
    assert ("rdkafka-sys" in names) == (function in ("kafka-ingest", "purge-auditor"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_same_binary_gives_the_same_image(function: str) -> None:
    before = inspect(function)["Digest"]
    output("scripts/images/build.sh", function)
    assert inspect(function)["Digest"] == before


def test_an_image_over_its_budget_is_refused() -> None:
    command = ["scripts/images/size.sh", archive("upload-signer"), "1"]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert result.returncode != 0
    assert "over its budget of 1 MB" in result.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_and_stops(function: str, cloud: LocalCloud, tmp_path: Path) -> None:
    port = free_port()
    with start(function, cloud, tmp_path, port) as container:
        answer = wait_until_healthy(container, port)
        assert answer == {"status": "ok", "revision": "a-revision"}
        status = container.status()
        assert status["Uid"].split() == ["65532"] * 4
        assert status["Gid"].split() == ["65532"] * 4
        assert int(status["CapEff"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert container.stop() == 0, container.log.read_text()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_image_holds_the_function_and_certificates_alone(
    function: str, cloud: LocalCloud, tmp_path: Path
) -> None:
    with start(function, cloud, tmp_path, free_port()) as container:
        root = container.root
        files = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
        # What the runtime mounts into.
        files = {path for path in files if path.parts[0] not in ("dev", "proc", "sys", "key.json")}
        assert files == {Path("function"), Path("etc/ssl/certs/ca-certificates.crt")}
        binary = (root / "function").read_bytes()
        for folder in (REPOSITORY, Path.home(), Path(os.environ.get("CARGO_HOME", Path.home()))):
            assert f"{folder}/".encode() not in binary


class TlsServer:
    """A server on loopback whose authority only an image with its certificate trusts."""

    def __init__(self, folder: Path) -> None:
        self.authority = folder / "authority.pem"
        key = folder / "key.pem"
        output(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1"),
            # Its own authority, and not any other's: rustls takes no authority for a server.
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(key), "-out", str(self.authority)),
        )
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.authority, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(DEADLINE_SECONDS)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def shake_hands(self) -> None:
        """Fails when the client does not trust it."""
        connection, _ = self._listener.accept()
        connection.settimeout(DEADLINE_SECONDS)
        self._tls.wrap_socket(connection, server_side=True).close()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    folder = tmp_path / "tls"
    folder.mkdir()
    with closing(TlsServer(folder)) as server:
        yield server


def test_kafka_is_trusted_by_the_certificates_of_the_image(
    cloud: LocalCloud, server: TlsServer, tmp_path: Path
) -> None:
    variables = {
        "KAFKA_BROKERS": server.address,
        "KAFKA_SECURITY": "scram",
        "KAFKA_SCRAM_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_USERNAME": "somebody",
        "KAFKA_PASSWORD": "something",
    }
    authorities = {AUTHORITIES: server.authority}
    with start("kafka-ingest", cloud, tmp_path, free_port(), variables, authorities):
        server.shake_hands()


def test_others_are_trusted_by_the_certificates_of_the_image(
    cloud: LocalCloud, server: TlsServer, tmp_path: Path
) -> None:
    port = free_port()
    variables = {"JWT_JWKS_URL": f"https://{server.address}/keys"}
    authorities = {AUTHORITIES: server.authority}
    token = cloud.ask("POST", "/_local/token", {"sub": "somebody", "aud": "darkroom"})["token"]
    image = f"http://127.0.0.1:{port}/v1/images/019aaaaa-0000-7000-8000-000000000000"
    with start("upload-signer", cloud, tmp_path, port, variables, authorities) as container:
        wait_until_healthy(container, port)
        with ThreadPoolExecutor() as pool:
            # It asks for the keys that the token was signed with, and in the end gets none.
            answer = pool.submit(ask, "GET", image, headers={"authorization": f"Bearer {token}"})
            server.shake_hands()
            server.close()
            with pytest.raises(urllib.error.HTTPError):
                answer.result()


def test_an_image_goes_through_the_containers(cloud: LocalCloud, tmp_path: Path) -> None:
    """Uploaded by way of the upload-signer, made into derivatives by the image-processor."""
    signer, processor = free_port(), free_port()
    with ExitStack() as stack:
        containers = [
            stack.enter_context(start(function, cloud, tmp_path, port))
            for function, port in (("upload-signer", signer), ("image-processor", processor))
        ]
        for container, port in zip(containers, (signer, processor), strict=True):
            wait_until_healthy(container, port)
        trigger = {
            "event_type": "google.cloud.storage.object.v1.finalized",
            "bucket": "darkroom-ingest",
            "destination": f"http://127.0.0.1:{processor}/",
        }
        cloud.ask("PUT", "/_local/triggers/ingest-finalized", trigger)
        token = cloud.ask("POST", "/_local/token", {"sub": "somebody", "aud": "darkroom"})
        headers = {"authorization": f"Bearer {token['token']}"}
        image_id = upload(f"http://127.0.0.1:{signer}", headers, png(640, 480))

        def processed() -> Any:
            url = f"http://127.0.0.1:{signer}/v1/images/{image_id}"
            image = ask("GET", url, headers=headers)
            return None if image["status"] == "pending" else image

        image = wait_for(processed, containers[1].process, containers[1].log)
        assert image["status"] == "processed", image


def upload(signer: str, headers: dict[str, str], image: bytes) -> str:
    wish = {"content_type": "image/png", "size_bytes": len(image), "filename": "plain.png"}
    signed = ask("POST", f"{signer}/v1/uploads", wish, headers)
    ask(signed["method"], signed["url"], image, signed["headers"])
    return str(signed["image_id"])


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
