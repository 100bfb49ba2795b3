"""Measures every view, every question of the guide and every tab of the dashboard over many rows.

The rows are made by the warehouse itself, from a number each: a million of them in some minutes.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from google.cloud import bigquery
from local_cloud import LocalCloud
from playwright.sync_api import Page, expect

import browser
import guide
import warehouse
from warehouse import REPOSITORY

ROUNDS = 3

# Seven days of images: a third by Kafka, one in fifty rejected, two in a hundred near-duplicates.
ROWS = """
INSERT INTO image_records (
  schema_version, image_id, requested_at, received_at, processed_at, source, filename, labels,
  status, rejection, original, exif, perceptual_hash, derivatives, stages, recipe, processor_version
)
WITH numbers AS (
  SELECT
    n,
    MOD(n * 48271, 999983) AS random,
    TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL DIV(n * 600000, @rows) SECOND) AS received_at,
    -- One in a hundred is a copy of the one before, and one differs from it in two bits; a twentieth have
    -- a quarter of the hash in common, as blank pages have.
    CASE MOD(n, 100)
      WHEN 12 THEN n - 1
      WHEN 13 THEN n - 2
      ELSE n
    END AS picture
  FROM UNNEST(GENERATE_ARRAY(@first, @last)) AS n
),
hashed AS (
  SELECT
    *,
    (
      ((MOD(picture * 48271, 2147483647) << 32) | MOD(picture * 69621, 2147483647))
      ^ IF(MOD(n, 100) = 13, 65537, 0)
    ) & IF(MOD(n, 20) = 5, ~65535, -1) AS hash
  FROM numbers
)
SELECT
  1,
  FORMAT('%032d', n),
  received_at,
  received_at,
  TIMESTAMP_ADD(received_at, INTERVAL 500 + MOD(random, 5000) MILLISECOND),
  STRUCT(
    IF(MOD(n, 3) = 0, 'kafka', 'web') AS kind,
    IF(MOD(n, 3) = 0, NULL, FORMAT('user-%d', MOD(random, 1000))) AS principal,
    IF(
      MOD(n, 3) = 0,
      STRUCT('local' AS cluster, 'darkroom.images' AS topic, MOD(n, 12) AS partition, n AS offset),
      NULL
    ) AS kafka
  ),
  FORMAT('%d.jpg', n),
  [STRUCT('site' AS key, FORMAT('site-%d', MOD(random, 20)) AS value)],
  IF(MOD(n, 50) = 0, 'rejected', 'processed'),
  IF(MOD(n, 50) = 0, STRUCT('truncated' AS code, 'the data ends early' AS detail), NULL),
  STRUCT(
    FORMAT('00/2026/%d/original', n) AS object,
    1 AS ingest_generation,
    CAST(NULL AS STRING) AS declared_content_type,
    IF(MOD(n, 5) = 0, 'image/png', 'image/jpeg') AS content_type,
    500000 + random * 8 AS size_bytes,
    CAST(NULL AS STRING) AS sha256,
    'AAAAAA==' AS crc32c,
    1000 + MOD(random, 5000) AS width,
    1000 + MOD(random, 4000) AS height,
    1 AS frames,
    8 AS bit_depth,
    FALSE AS has_alpha
  ),
  STRUCT(
    FORMAT('Maker %d', MOD(random, 9)) AS make,
    FORMAT('Model %d', MOD(random, 90)) AS model,
    CAST(NULL AS STRING) AS lens,
    CAST(NULL AS DATETIME) AS taken_at,
    1 AS orientation,
    0.01 AS exposure_seconds,
    2.8 AS f_number,
    100 * (1 + MOD(random, 16)) AS iso,
    35.0 AS focal_length_mm,
    CAST(NULL AS STRUCT<latitude FLOAT64, longitude FLOAT64>) AS gps
  ),
  IF(MOD(n, 50) = 0, NULL, hash),
  [
    STRUCT(
      'preview.webp' AS name, FORMAT('%d/preview.webp', n) AS object, 'image/webp' AS content_type,
      1600 AS width, 1200 AS height, 200000 + MOD(random, 1000) AS size_bytes, '00' AS sha256
    ),
    STRUCT(
      'thumbnail.jpg' AS name, FORMAT('%d/thumbnail.jpg', n) AS object,
      'image/jpeg' AS content_type, 320 AS width, 240 AS height,
      20000 + MOD(random, 1000) AS size_bytes, '00' AS sha256
    )
  ],
  [
    STRUCT('decode' AS stage, 20 + MOD(random, 300) / 2 AS milliseconds),
    STRUCT('encode' AS stage, 40 + MOD(random, 500) / 3 AS milliseconds)
  ],
  'default',
  '0.1.0'
FROM hashed
"""
AT_A_TIME = 100_000


def fill(client: bigquery.Client, rows: int) -> None:
    for first in range(1, rows + 1, AT_A_TIME):
        last = min(first + AT_A_TIME - 1, rows)
        parameters = {"first": first, "last": last, "rows": rows}
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ScalarQueryParameter(name, "INT64", value) for name, value in parameters.items()
            ]
        )
        client.query_and_wait(ROWS, job_config=config)
        print(f"\r{last:,} of {rows:,} rows", end="", flush=True)
    print()


def queries() -> dict[str, str]:
    """Every view as a whole, in the warehouse: what is sent back is a number."""
    views = sorted(path.stem for path in (REPOSITORY / "analytics/sql").glob("*.sql"))
    found = {view: f"SELECT COUNT(*) FROM (SELECT * FROM {view})" for view in views}
    for number, (question, sql) in enumerate(guide.questions().items(), start=1):
        found[f"{number}. {question}"] = sql
    return found


def seconds(client: bigquery.Client, sql: str) -> float:
    begin = time.perf_counter()
    list(client.query_and_wait(sql))
    return time.perf_counter() - begin


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    rows = arguments.parse_args().rows
    with TemporaryDirectory() as name, warehouse.running(Path(name)) as endpoint:
        client = warehouse.client(endpoint)
        begin = time.perf_counter()
        fill(client, rows)
        print(f"made in {time.perf_counter() - begin:.0f} s\n")
        print(f"{f'seconds over {rows:,} images':55} median  longest")
        measure_queries(client)
        measure_dashboard(endpoint, Path(name))


def measure_queries(client: bigquery.Client) -> None:
    for name, sql in queries().items():
        report(name, [seconds(client, sql) for _ in range(ROUNDS)])


def measure_dashboard(endpoint: str, folder: Path) -> None:
    """Until the last chart of a tab is there: at first, and by one label after the other."""
    kept = folder / "superset"
    kept.mkdir()
    with LocalCloud(folder) as cloud, browser.chromium() as chromium:
        variables = os.environ | browser.environment(endpoint, cloud)
        with browser.dashboard(variables, kept) as address:
            page = browser.new_page(chromium)
            report("dashboard, the page and its first tab", [until_charts(page, lambda: page.goto(address))])
            for tab in browser.TABS[1:]:
                open_tab = partial(browser.open_tab, page, tab)
                report(f"dashboard, {tab}", [until_charts(page, open_tab)])
            page.goto(address)
            browser.wait_for_charts(page)
            labels = [partial(browser.choose, page, "Label", f"site=site-{n}") for n in range(ROUNDS)]
            report("dashboard, Arrivals by a label", [until_charts(page, label) for label in labels])


def until_charts(page: Page, begin: Callable[[], object]) -> float:
    began = time.perf_counter()
    begin()
    expect(page.get_by_test_id("loading-indicator").locator("visible=true")).not_to_have_count(0)
    browser.wait_for_charts(page)
    return time.perf_counter() - began


def report(name: str, taken: list[float]) -> None:
    print(f"{name:55} {statistics.median(taken):6.2f} {max(taken):8.2f}", flush=True)


if __name__ == "__main__":
    main()
