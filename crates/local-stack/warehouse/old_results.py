"""Drops the results of old queries. BigQuery keeps each as a table for a day, local-bigquery for good,
and it looks through all tables several times in a request: after 2,000 queries one took seconds.
"""

import logging
import threading

import duckdb

from local_bigquery.catalog import tables
from local_bigquery.engine import database

# A client that reads a result page by page may be this many queries behind.
KEPT = 100
PAUSE_SECONDS = 10

OLD = """
    SELECT table_name FROM duckdb_tables()
    WHERE database_name = 'emulator' AND schema_name = ?
    ORDER BY table_oid DESC
    OFFSET ?
"""


def drop_for_good():
    """Drops them from now on, beside what the process does."""
    threading.Thread(target=_drop_again_and_again, daemon=True).start()


def _drop_again_and_again():
    pause = threading.Event()
    while not pause.wait(PAUSE_SECONDS):
        try:
            _drop()
        except duckdb.Error:
            logging.exception("old results could not be dropped")


def _drop():
    for (name,) in database.fetch(OLD, [tables.RESULTS, KEPT]):
        project, table = name.split(":", maxsplit=1)
        tables.delete(project, tables.RESULTS, table)
