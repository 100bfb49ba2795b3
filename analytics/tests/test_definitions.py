"""What the files of `sql/` say is what the warehouse makes of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

SQL = Path(__file__).parents[1] / "sql"
VIEWS = sorted(path.stem for path in SQL.glob("*.sql"))
RECENT = "WHERE received_at > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)"


def declared(view: str) -> dict[str, Any]:
    return json.loads((SQL / f"{view}.json").read_text())


def columns(fields: list[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for field in fields:
        name = f"{prefix}{field['name']}"
        yield name, field["type"], field.get("mode", "NULLABLE")
        yield from columns(field.get("fields", []), f"{name}.")


def described(fields: list[dict[str, Any]]) -> bool:
    return all(field.get("description") and described(field.get("fields", [])) for field in fields)


@pytest.mark.parametrize("view", VIEWS)
def test_columns_are_those_of_the_query_and_are_described(client: bigquery.Client, view: str) -> None:
    fields = declared(view)["schema"]["fields"]
    query = client.query(f"SELECT * FROM {view} LIMIT 0").result()
    of_query = columns([field.to_api_repr() for field in query.schema])
    nullable = [(name, kind, mode) for name, kind, mode in of_query]
    assert list(columns(fields)) == nullable
    assert described(fields)


@pytest.mark.parametrize("view", VIEWS)
def test_descriptions_are_in_the_warehouse(client: bigquery.Client, view: str) -> None:
    table = client.get_table(view_name(view))
    assert table.description == declared(view)["description"]
    assert described([field.to_api_repr() for field in table.schema])


def view_name(view: str) -> str:
    return f"local.darkroom.{view}"


def test_records_are_read_in_one_place_and_by_their_partitions() -> None:
    readers = [view for view in VIEWS if "image_records`" in (SQL / f"{view}.sql").read_text()]
    assert readers == ["images"]
    query = (SQL / "images.sql").read_text()
    # A bare comparison of the partitioning column with what is constant in a query.
    assert RECENT in query
    # A filter of whoever asks goes through the window only by columns that the window is by.
    (window,) = re.findall(r"PARTITION BY ([\w, ]+) ORDER BY", query)
    assert "received_at" in window.split(", ")


def test_checks_are_read_by_their_partitions() -> None:
    query = (SQL / "audit_findings.sql").read_text()
    assert "WHERE as_of > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)" in query
