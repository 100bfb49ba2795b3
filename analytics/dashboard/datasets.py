"""What the charts ask: queries over analysts' views, their columns and their measures.

Where a dataset is about images, the filters by time, source, format and label narrow it. Labels are an
array, by which nothing can be grouped or compared: so the column `label` is empty, and the query itself
takes the filter on it. Hours are columns: a name that is both a column and what is made of it would be
grouped by the one in some warehouses and by the other in others.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from identity import identity

VIEWS = Path(__file__).parents[1] / "sql"

# Superset fills this in: https://superset.apache.org/docs/configuration/sql-templating
OF_LABEL = """
{% set chosen = filter_values('label', remove_filter=True) %}
{% if chosen %}
WHERE image_id IN (
  SELECT image_id FROM images
  WHERE {% for label in chosen %}{{ 'OR ' if not loop.first }}{{ [label] | where_in }}
    IN (SELECT CONCAT(of_image.key, '=', of_image.value) FROM UNNEST(labels) AS of_image)
  {% endfor %}
)
{% endif %}
"""


@dataclass
class Metric:
    """A measure, and how d3 writes its number."""

    name: str
    expression: str
    format: str = ",d"


@dataclass
class Dataset:
    name: str
    description: str
    sql: str
    time: str
    # Columns that no view has, by their type.
    own_columns: dict[str, str] = field(default_factory=dict)
    # The views that describe the other columns.
    views: tuple[str, ...] = ("images",)
    columns: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()

    @property
    def uuid(self) -> str:
        return identity("dataset", self.name)

    def asset(self, database: str) -> dict[str, Any]:
        """It as Superset imports it."""
        described = {
            column["name"]: column
            for view in self.views
            for column in json.loads((VIEWS / f"{view}.json").read_text())["schema"]["fields"]
        }
        own = {name: {"type": type_} for name, type_ in self.own_columns.items()}
        columns = {name: described[name] for name in self.columns} | own
        return {
            "table_name": self.name,
            "description": self.description,
            "sql": self.sql,
            "main_dttm_col": self.time,
            "columns": [
                {
                    "column_name": name,
                    "verbose_name": name.replace("_", " "),
                    "type": column["type"],
                    "is_dttm": column["type"] == "TIMESTAMP",
                    "description": column.get("description"),
                    "groupby": True,
                    "filterable": True,
                }
                for name, column in columns.items()
            ],
            "metrics": [
                {
                    "metric_name": metric.name,
                    "verbose_name": metric.name,
                    "expression": metric.expression,
                    "d3format": metric.format,
                }
                for metric in self.metrics
            ],
            "uuid": self.uuid,
            "database_uuid": database,
            "version": "1.0.0",
        }


IMAGES = Dataset(
    name="images of the last seven days",
    description="A row for each image.",
    sql=f"""
SELECT
  image_id, received_at, TIMESTAMP_TRUNC(received_at, HOUR) AS hour, due_at,
  TIMESTAMP_TRUNC(due_at, HOUR) AS due_hour, source, sender, filename, status, rejection_code,
  rejection_detail, content_type, size_bytes, megapixels, width, height, camera_make, camera_model,
  COALESCE(content_type, 'unknown') AS format,
  CONCAT(COALESCE(camera_make, ''), ' ', COALESCE(camera_model, '')) AS camera,
  TIMESTAMP_DIFF(processed_at, received_at, MILLISECOND) / 1000 AS seconds_to_process,
  TIMESTAMP_DIFF(due_at, CURRENT_TIMESTAMP(), MINUTE) / 60 AS hours_left,
  REPLACE(object, '/original', '/thumbnail.jpg') AS thumbnail,
  CAST(NULL AS STRING) AS label
FROM images{OF_LABEL}""",
    time="received_at",
    columns=(
        "image_id",
        "received_at",
        "due_at",
        "source",
        "sender",
        "filename",
        "status",
        "rejection_code",
        "rejection_detail",
        "content_type",
        "size_bytes",
        "megapixels",
        "width",
        "height",
        "camera_make",
        "camera_model",
    ),
    own_columns={
        "hour": "TIMESTAMP",
        "due_hour": "TIMESTAMP",
        "format": "STRING",
        "camera": "STRING",
        "seconds_to_process": "FLOAT",
        "hours_left": "FLOAT",
        "thumbnail": "STRING",
        "label": "STRING",
    },
    metrics=(
        Metric("Images", "COUNT(*)"),
        Metric("Rejected", "COUNTIF(status = 'rejected')"),
        Metric("Share rejected", "SAFE_DIVIDE(COUNTIF(status = 'rejected'), COUNT(*))", ".1%"),
        Metric("Original bytes", "SUM(size_bytes)", ".3~s"),
        Metric("Senders", "COUNT(DISTINCT sender)"),
        Metric("Mean megapixels", "AVG(megapixels)", ".1f"),
        Metric("Median, s", "APPROX_QUANTILES(seconds_to_process, 100)[OFFSET(50)]", ".2f"),
        Metric("95th percentile, s", "APPROX_QUANTILES(seconds_to_process, 100)[OFFSET(95)]", ".2f"),
        Metric("Hours to the next purge", "MIN(hours_left)", ".1f"),
        Metric("Due within 24 hours", "COUNTIF(hours_left < 24)"),
    ),
)

STAGES = Dataset(
    name="stages of processing",
    description="A row for each stage that an image went through.",
    sql=f"""
SELECT
  images.received_at AS received_at, TIMESTAMP_TRUNC(images.received_at, HOUR) AS hour,
  images.source AS source, images.content_type AS content_type,
  stage.stage AS stage, stage.milliseconds AS milliseconds, CAST(NULL AS STRING) AS label
FROM images, UNNEST(images.stages) AS stage{OF_LABEL}""",
    time="received_at",
    columns=("received_at", "source", "content_type"),
    own_columns={
        "hour": "TIMESTAMP",
        "stage": "STRING",
        "milliseconds": "FLOAT",
        "label": "STRING",
    },
    metrics=(Metric("95th percentile, ms", "APPROX_QUANTILES(milliseconds, 100)[OFFSET(95)]", ",.0f"),),
)

LABELS = Dataset(
    name="labels",
    description="A row for each label of an image, as `key=value`.",
    sql="""
SELECT images.received_at AS received_at, CONCAT(label.key, '=', label.value) AS label
FROM images, UNNEST(images.labels) AS label""",
    time="received_at",
    columns=("received_at",),
    own_columns={"label": "STRING"},
)

NEAR_DUPLICATES = Dataset(
    name="near-duplicates",
    description="A row for each pair; the filters narrow by the first of the two.",
    sql=f"""
SELECT
  image_id, duplicate_id, distance, received_at, duplicate_received_at, source, duplicate_source,
  sender, duplicate_sender, content_type,
  REPLACE(object, '/original', '/thumbnail.jpg') AS thumbnail,
  REPLACE(duplicate_object, '/original', '/thumbnail.jpg') AS duplicate_thumbnail,
  CAST(NULL AS STRING) AS label
FROM near_duplicates{OF_LABEL}""",
    time="received_at",
    views=("near_duplicates",),
    columns=(
        "image_id",
        "duplicate_id",
        "distance",
        "received_at",
        "duplicate_received_at",
        "source",
        "duplicate_source",
        "sender",
        "duplicate_sender",
        "content_type",
    ),
    own_columns={"thumbnail": "STRING", "duplicate_thumbnail": "STRING", "label": "STRING"},
    metrics=(Metric("Pairs", "COUNT(*)"),),
)

PURGES = Dataset(
    name="purged objects",
    description="A row for each purged object. Nothing is known any more of its source, format or labels.",
    sql="SELECT *, TIMESTAMP_TRUNC(deleted_at, HOUR) AS hour FROM purges",
    time="deleted_at",
    views=("purges",),
    columns=("bucket", "name", "bytes", "received_at", "deleted_at", "within_policy", "cause"),
    own_columns={"hour": "TIMESTAMP"},
    metrics=(
        Metric("Objects", "COUNT(*)"),
        Metric("Outside the policy", "COUNTIF(NOT within_policy)"),
    ),
)

AUDIT_FINDINGS = Dataset(
    name="audit findings",
    description="What each check of the last sweep came to.",
    sql="""
SELECT *, CASE status WHEN 'violation' THEN 2 WHEN 'warn' THEN 1 ELSE 0 END AS severity
FROM audit_findings""",
    time="as_of",
    views=("audit_findings",),
    columns=("check_id", "status", "since", "as_of", "seen", "expected", "mend"),
    own_columns={"severity": "INTEGER"},
    metrics=(Metric("Not as they should be", "COUNTIF(status != 'ok')"),),
)

ALL = (IMAGES, STAGES, LABELS, NEAR_DUPLICATES, PURGES, AUDIT_FINDINGS)
