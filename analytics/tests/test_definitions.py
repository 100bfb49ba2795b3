"""What the files of `sql/` say is what the warehouse makes of them, and what BigQuery can."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from google.cloud import bigquery
from sqlglot import exp

from warehouse import REPOSITORY

SQL = REPOSITORY / "analytics/sql"
VIEWS = sorted(path.stem for path in SQL.glob("*.sql"))


def declared(view: str) -> dict[str, Any]:
    return json.loads((SQL / f"{view}.json").read_text())


def query(view: str) -> exp.Expr:
    """Its query, without its comments."""
    text = (SQL / f"{view}.sql").read_text().replace("${project}.${dataset}", "local.darkroom")
    return sqlglot.parse_one(text, dialect="bigquery")


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
    result = client.query(f"SELECT * FROM {view} LIMIT 0").result()
    assert list(columns(fields)) == list(columns([field.to_api_repr() for field in result.schema]))
    assert described(fields)


@pytest.mark.parametrize("view", VIEWS)
def test_descriptions_are_in_the_warehouse(client: bigquery.Client, view: str) -> None:
    table = client.get_table(f"local.darkroom.{view}")
    assert table.description == declared(view)["description"]
    assert described([field.to_api_repr() for field in table.schema])


@pytest.mark.parametrize("view", VIEWS)
def test_columns_beside_an_array_say_whose_they_are(view: str) -> None:
    """BigQuery finds an element's fields by their bare names too, and a name that is both ambiguous."""
    for select in query(view).find_all(exp.Select):
        arrays = [join.this for join in select.args.get("joins", []) if isinstance(join.this, exp.Unnest)]
        elements = {alias.name for array in arrays for alias in array.find_all(exp.TableAlias)}
        elements |= {name.name for array in arrays for name in array.find_all(exp.Identifier)}
        if not arrays:
            continue
        own = (column for column in select.find_all(exp.Column) if column.parent_select is select)
        bare = [column.sql() for column in own if not column.table and column.name not in elements]
        assert bare == [], view


# Which view reads which table, by its partitions, and how far back.
READERS = [
    ("images", "image_records", "received_at", 7),
    ("audit_findings", "audit_checks", "as_of", 30),
    ("purges", "purge_ledger", "deleted_at", 30),
]


@pytest.mark.parametrize(("view", "table", "column", "days"), READERS)
def test_a_table_is_read_by_one_view_and_by_its_partitions(
    view: str, table: str, column: str, days: int
) -> None:
    readers = [view for view in VIEWS if table in {source.name for source in query(view).find_all(exp.Table)}]
    assert readers == [view]
    resource = json.loads((REPOSITORY / f"infra/warehouse/{table}.json").read_text())
    assert resource["timePartitioning"]["field"] == column
    # A bare comparison of the partitioning column with what is constant in a query, joined by AND alone.
    (source,) = (source for source in query(view).find_all(exp.Table) if source.name == table)
    select = source.find_ancestor(exp.Select)
    assert select is not None
    conditions = [condition.sql("bigquery") for condition in select.args["where"].this.flatten()]
    recent = f"{column} > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL '{days}' DAY)"
    assert recent in conditions or select.args["where"].this.sql("bigquery") == recent


def test_a_filter_on_receipt_goes_through_the_window_of_images() -> None:
    """It does only by columns that the window is by."""
    (window,) = query("images").find_all(exp.Window)
    assert "received_at" in [column.name for column in window.args["partition_by"]]


def test_only_known_names_are_read() -> None:
    known = {*VIEWS, *(table for _, table, _, _ in READERS)}
    for view in VIEWS:
        names = re.findall(r"`\$\{project\}\.\$\{dataset\}\.(\w+)`", (SQL / f"{view}.sql").read_text())
        assert set(names) <= known
