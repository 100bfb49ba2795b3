"""The cost model and what docs/ARCHITECTURE.md says of it."""

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[3] / "docs"
sys.path.insert(0, str(DOCS / "cost"))

from cost import Month, months, table  # noqa: E402


@pytest.fixture(scope="module")
def prices() -> dict[str, Any]:
    return tomllib.loads((DOCS / "cost/prices.toml").read_text())


def test_the_table_in_the_document_is_what_make_cost_prints(prices: dict[str, Any]) -> None:
    text = (DOCS / "ARCHITECTURE.md").read_text()
    shown = text.partition("<!-- make cost -->\n")[2].partition("<!-- end of make cost -->")[0]
    assert shown == table(prices)


def test_an_image_costs_less_the_more_there_are(prices: dict[str, Any]) -> None:
    each = [sum(month.lines().values()) / month.images for month in months(prices).values()]
    assert each == sorted(each, reverse=True)


def test_a_service_without_images_costs_nothing(prices: dict[str, Any]) -> None:
    assert Month(prices, images_a_day=0).service("image-processor", 1) == 0


def test_a_busy_service_costs_what_its_processors_do(prices: dict[str, Any]) -> None:
    # 0.4 s at 60 % of two processors with 2 GiB is a third of a second of an instance.
    month = Month(prices, images_a_day=86_400_000)
    an_image = 0.4 / 1.2 * (2 * 0.000024 + 2 * 0.0000025) + 0.40 / 1e6
    assert month.service("image-processor", 1) == pytest.approx(month.images * an_image)


def test_every_price_has_its_page(prices: dict[str, Any]) -> None:
    priced = ("run", "worker_pool", "storage", "events", "bigquery", "kafka", "logging")
    assert all(prices[name]["source"].startswith("https://") for name in priced)
