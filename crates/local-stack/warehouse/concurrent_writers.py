"""Shows that writers at once lose no row and meet no error, while what has expired is deleted. The argument
is an empty folder.

The insertIds are made to expire at once, and a pause lies between finding the expired ones and
deleting them: that is where writers meet when nothing keeps them apart.
"""

import concurrent.futures
import pathlib
import sys
import threading
import time

import duckdb
import insert_all

from local_bigquery.catalog import datasets, tabledata, tables
from local_bigquery.engine import database
from local_bigquery.models import Dataset, Table, TableDataInsertAllRequest
from local_bigquery.settings import settings

WRITERS = 4
INSERTS = 10
TABLE = ("local", "writers", "rows")


class Pausing(dict):
    """The table of insertIds, with a pause after it was read."""

    def items(self):
        found = list(super().items())
        time.sleep(0.02)
        return found


def insert(number):
    rows = [{"insertId": f"{number}-{i}", "json": {"number": number}} for i in range(50)]
    request = TableDataInsertAllRequest.model_validate({"rows": rows})
    return tabledata.insert_all(*TABLE, request)


def delete_until(done):
    """Deletes now and then what is marked as expired, and marks something; how often that was done."""
    deletions = 0
    while not done.is_set():
        try:
            database.execute("INSERT INTO local.writers.rows (number) VALUES (-1)")
            database.execute("DELETE FROM local.writers.rows WHERE number < 0")
            deletions += 1
        except duckdb.TransactionException:
            pass  # The next one deletes it.
    database.execute("DELETE FROM local.writers.rows WHERE number < 0")
    return deletions


def main():
    settings.data_dir = pathlib.Path(sys.argv[1])
    tabledata.DEDUP_SECONDS = 0
    tabledata._recent = Pausing()
    insert_all.apply()
    datasets.create("local", Dataset(datasetReference={"datasetId": "writers"}))
    schema = {"fields": [{"name": "number", "type": "INTEGER"}]}
    table = Table.model_validate({"tableReference": {"tableId": "rows"}, "schema": schema})
    tables.create("local", "writers", table, translate=None)
    with concurrent.futures.ThreadPoolExecutor(WRITERS + 1) as threads:
        done = threading.Event()
        deletions = threads.submit(delete_until, done)
        try:
            answers = list(threads.map(insert, range(INSERTS)))
        finally:
            done.set()
    assert deletions.result() > 0
    assert not any(answers), answers
    found = database.fetch("SELECT count(*), count(DISTINCT number) FROM local.writers.rows")
    assert found == [(INSERTS * 50, INSERTS)], found


if __name__ == "__main__":
    main()
