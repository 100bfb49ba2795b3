"""The local warehouse and storage with a world of images in them, and what leads Google's clients there."""

import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage  # type: ignore[attr-defined]
from local_cloud import LocalCloud
from PIL import Image, ImageDraw

import browser
import proxy
import warehouse
import world

Rows = list[dict[str, Any]]
Ask = Callable[[str], Rows]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The warehouse with production's tables and views, and the world's rows."""
    with warehouse.running(tmp_path_factory.mktemp("local")) as endpoint:
        for table, rows in world.TABLES.items():
            failed = warehouse.client(endpoint).insert_rows_json(f"local.darkroom.{table}", rows)
            assert failed == []
        yield endpoint


@pytest.fixture(scope="session")
def client(endpoint: str) -> bigquery.Client:
    return warehouse.client(endpoint)


@pytest.fixture(scope="session")
def ask(client: bigquery.Client) -> Ask:
    """Rows of a query over the world of images."""

    def rows(sql: str) -> Rows:
        return [dict(row) for row in client.query_and_wait(sql)]

    return rows


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Storage with the world's thumbnails."""
    with LocalCloud(tmp_path_factory.mktemp("cloud")) as cloud:
        client = storage.Client(
            project="local",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": cloud.url},
        )
        archive = client.bucket("darkroom-archive")
        for image in world.IMAGES:
            if not image.rejected:
                blob = archive.blob(image.key("thumbnail.jpg"))
                blob.upload_from_string(thumbnail(image.name), content_type="image/jpeg")
        yield cloud


def thumbnail(text: str) -> bytes:
    picture = Image.new("RGB", (320, 240), "#446688")
    ImageDraw.Draw(picture).text((20, 20), text, font_size=80)
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def proxys_key() -> Iterator[proxy.Key]:
    with proxy.published() as key:
        yield key


@pytest.fixture(scope="session")
def environment(endpoint: str, cloud: LocalCloud) -> dict[str, str]:
    """What local.env sets, for a process."""
    return os.environ | browser.environment(endpoint, cloud)
