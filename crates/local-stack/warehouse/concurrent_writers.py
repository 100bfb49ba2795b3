"""Shows that writers at once lose no row and meet no error. The argument is an empty folder.

The insertIds are made to expire at once, and a pause lies between finding the expired ones and
deleting them: that is where writers meet when nothing keeps them apart.
"""

import concurrent.futures
import pathlib
import sys
import time

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


def main():
    settings.data_dir = pathlib.Path(sys.argv[1])
    tabledata.DEDUP_SECONDS = 0
    tabledata._recent = Pausing()
    insert_all.apply()
    datasets.create("local", Dataset(datasetReference={"datasetId": "writers"}))
    schema = {"fields": [{"name": "number", "type": "INTEGER"}]}
    table = Table.model_validate({"tableReference": {"tableId": "rows"}, "schema": schema})
    tables.create("local", "writers", table, translate=None)
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as writers:
        answers = list(writers.map(insert, range(INSERTS)))
    assert not any(answers), answers
    found = database.fetch("SELECT count(*), count(DISTINCT number) FROM local.writers.rows")
    assert found == [(INSERTS * 50, INSERTS)], found


if __name__ == "__main__":
    main()
