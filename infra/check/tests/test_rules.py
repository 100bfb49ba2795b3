"""The rules for single values, at their limits."""

import pytest

import rules


@pytest.mark.parametrize("value", ["0 * * * *", "30 3 * * *", "*/5 0-6 1,15 * 1-5"])
def test_a_schedule(value: str) -> None:
    assert rules.cron(value) is None


@pytest.mark.parametrize("value", ["* * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "@hourly"])
def test_no_schedule(value: str) -> None:
    assert rules.cron(value)


@pytest.mark.parametrize(
    "value",
    ["allUsers", "serviceAccount:a@b.c", "group:a@b.c", "principalSet://iam.googleapis.com/x"],
)
def test_a_member(value: str) -> None:
    assert rules.MEMBER(value) is None


@pytest.mark.parametrize("value", ["a@b.c", "serviceaccount:a@b.c", "group:", "everybody"])
def test_no_member(value: str) -> None:
    assert rules.MEMBER(value)


def test_columns() -> None:
    nested = '{"name": "b", "type": "RECORD", "fields": [{"name": "c", "type": "JSON"}]}'
    assert rules.bigquery_schema(f'[{{"name": "a", "type": "STRING"}}, {nested}]') is None


@pytest.mark.parametrize(
    "column",
    [
        '{"name": "a", "type": "TEXT"}',
        '{"name": "a", "type": "STRING", "mode": "OPTIONAL"}',
        '{"name": "a-b", "type": "STRING"}',
        '{"name": "a", "type": "RECORD"}',
        '{"name": "a", "type": "STRING", "nullable": true}',
        '{"name": "a", "type": "RECORD", "fields": [{"name": "b", "type": "INT"}]}',
    ],
)
def test_no_columns(column: str) -> None:
    assert rules.bigquery_schema(f"[{column}]")


def test_what_is_not_known_yet_passes() -> None:
    unknown = rules.ExtType(0, b"\0")
    assert list(rules.value_problems({"member": unknown}, "member", rules.MEMBER)) == []
