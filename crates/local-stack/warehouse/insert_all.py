"""`tabledata.insertAll` of local-bigquery, corrected where BigQuery would do otherwise.

1. A row that failed is forgotten, so that sending it again under the same insertId inserts it.
   Uncorrected, the second try reports success and the row is lost.
2. Writers take turns. Uncorrected, two at once can meet in the table of insertIds (a 500).
3. A nested field that the table does not have, one that is required and missing, and one of the
   wrong type are errors of that row. Uncorrected, the first is dropped and the others become null.
4. A value of the wrong type in a request's only row is that row's error, as it is among many rows.
   Uncorrected, the request fails.
5. An insert that meets a deletion from the same table is made again. Uncorrected, its rows are called
   invalid, which they are not.
"""

import datetime
import threading

import duckdb

from local_bigquery.catalog import tabledata, tables
from local_bigquery.errors import BigQueryError

_insert_all = tabledata.insert_all
_insert = tabledata._insert
_writer = threading.Lock()

# What DuckLake says when a transaction met another, and how often it is then tried.
_CONFLICT = "Failed to commit DuckLake transaction"
_TRIES = 100

# What reads a value of a type, or raises.
_READERS = {
    "INTEGER": int,
    "FLOAT": float,
    "TIMESTAMP": datetime.datetime.fromisoformat,
    "DATETIME": datetime.datetime.fromisoformat,
}


def apply():
    """Puts the corrections in place, for this process."""
    tabledata.insert_all = insert_all
    tabledata._insert = insert


def insert_all(project_id, dataset_id, table_id, body):
    rows = body.rows or []
    with _writer:
        before = set(tabledata._recent)
        try:
            errors = _insert_checked(project_id, dataset_id, table_id, body)
        except BaseException:
            _forget(before, {row.insertId for row in rows})
            raise
        _forget(before, {rows[error["index"]].insertId for error in errors})
    return {"insertErrors": errors} if errors else {}


def insert(table, schema, rows):
    errors = []
    for _ in range(_TRIES):
        refused = _insert_once(table, schema, rows)
        met = {error["index"] for error in refused if _CONFLICT in error["errors"][0]["message"]}
        errors += [error for error in refused if error["index"] not in met]
        rows = [(index, row) for index, row in rows if index in met]
        if not rows:
            return errors
    raise BigQueryError("dontRetry", "Others write to the table without a pause.")


def _insert_once(table, schema, rows):
    try:
        return _insert(table, schema, rows)
    except (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.TransactionException,
    ) as error:
        return [{"index": index, "errors": [_problem("", str(error))]} for index, _ in rows]


def _forget(before, insert_ids):
    for key in set(tabledata._recent) - before:
        if key[1] in insert_ids:
            del tabledata._recent[key]


def _insert_checked(project_id, dataset_id, table_id, body):
    """Leaves out the rows with nested problems, and inserts the others."""
    rows = body.rows or []
    template = tables.get(project_id, dataset_id, table_id)
    ignore_unknown = bool(body.ignoreUnknownValues)
    errors = [
        {"index": index, "errors": problems}
        for index, row in enumerate(rows)
        if (problems := _nested_problems(template, row, ignore_unknown))
    ]
    failed = {error["index"] for error in errors}
    sound = [index for index in range(len(rows)) if index not in failed]
    if errors and not body.skipInvalidRows:
        return sorted(errors + [_stopped(index) for index in sound], key=_index)
    checked = body.replace(rows=[rows[index] for index in sound])
    inserted = _insert_all(project_id, dataset_id, table_id, checked)
    for error in inserted.get("insertErrors", []):
        errors.append(error | {"index": sound[error["index"]]})
    return sorted(errors, key=_index)


def _nested_problems(table, row, ignore_unknown):
    values = row.json_.model_dump() if row.json_ else {}
    by_name = {name.casefold(): value for name, value in values.items()}
    problems = []
    for field in tables.fields(table):
        value = by_name.get(field.name.casefold())
        problems += _record_problems(field, value, field.name, ignore_unknown)
    return problems


def _record_problems(field, value, path, ignore_unknown):
    if field.type not in ("RECORD", "STRUCT") or value is None:
        return []
    if field.mode == "REPEATED" and isinstance(value, list):
        element = field.replace(mode="NULLABLE")
        return [
            problem
            for index, item in enumerate(value)
            for problem in _record_problems(element, item, f"{path}[{index}]", ignore_unknown)
        ]
    if not isinstance(value, dict):
        return [_problem(path, f"This field: {path} is not a record.")]
    return _member_problems(field, value, path, ignore_unknown)


def _member_problems(record, value, path, ignore_unknown):
    members = {member.name.casefold(): member for member in record.fields or []}
    given = {name.casefold(): item for name, item in value.items()}
    problems = []
    for name in value:
        if name.casefold() not in members and not ignore_unknown:
            problems.append(_problem(f"{path}.{name}", f"no such field: {path}.{name}."))
    for name, member in members.items():
        item, where = given.get(name), f"{path}.{member.name}"
        if item is None and member.mode == "REQUIRED":
            problems.append(_problem(where, f"Missing required field: {where}."))
        problems += _scalar_problems(member, item, where)
        problems += _record_problems(member, item, where, ignore_unknown)
    return problems


def _scalar_problems(field, value, path):
    read = _READERS.get(field.type)
    if read is None or value is None or field.mode == "REPEATED":
        return []
    try:
        read(value)
    except (TypeError, ValueError):
        message = f"Cannot convert value to {field.type.lower()} (bad value): {value}"
        return [_problem(path, message)]
    return []


def _problem(location, message):
    return {"reason": "invalid", "location": location, "debugInfo": "", "message": message}


def _stopped(index):
    return {"index": index, "errors": [{"reason": "stopped", "location": "", "message": ""}]}


def _index(error):
    return error["index"]
