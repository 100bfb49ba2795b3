"""The charts, each as Superset's own parameters."""

from dataclasses import dataclass
from typing import Any

from datasets import AUDIT_FINDINGS, IMAGES, NEAR_DUPLICATES, PURGES, STAGES, Dataset
from identity import identity

COLORS = "supersetColors"
GALLERY_SIZE = 48


@dataclass
class Chart:
    name: str
    dataset: Dataset
    kind: str
    parameters: dict[str, Any]
    description: str = ""

    @property
    def uuid(self) -> str:
        return identity("chart", self.name)

    def asset(self) -> dict[str, Any]:
        """It as Superset imports it."""
        parameters = {
            "viz_type": self.kind,
            "color_scheme": COLORS,
            "row_limit": 10_000,
            # What the filter by time narrows.
            "adhoc_filters": [temporal(self.dataset.time), *self.parameters.get("where", [])],
        }
        parameters |= {name: value for name, value in self.parameters.items() if name != "where"}
        return {
            "slice_name": self.name,
            "description": self.description,
            "viz_type": self.kind,
            "params": parameters,
            "uuid": self.uuid,
            "dataset_uuid": self.dataset.uuid,
            "version": "1.0.0",
        }


def temporal(column: str) -> dict[str, Any]:
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": "TEMPORAL_RANGE",
        "comparator": "No filter",
    }


def where(sql: str) -> list[dict[str, Any]]:
    return [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": sql}]


def number(name: str, dataset: Dataset, metric: str, subtitle: str) -> Chart:
    written = {each.name: each.format for each in dataset.metrics}[metric]
    parameters = {
        "metric": metric,
        "subtitle": subtitle,
        "y_axis_format": written,
        "header_font_size": 0.5,
        "subtitle_font_size": 0.2,
    }
    return Chart(name, dataset, "big_number_total", parameters)


def over_time(name: str, dataset: Dataset, kind: str, **parameters: Any) -> Chart:
    """Bars or a line by the hour. A line breaks off where nothing came."""
    gaps = {
        "resample_rule": "1h",
        "resample_method": "asfreq",
        "markerEnabled": True,
        "markerSize": 4,
    }
    common = (gaps if kind == "line" else {}) | {
        "x_axis": "hour",
        "x_axis_time_format": "smart_date",
        "y_axis_format": "SMART_NUMBER",
        "show_legend": True,
        "legendOrientation": "top",
        "rich_tooltip": True,
        "truncate_metric": True,
        "groupby": [],
    }
    return Chart(name, dataset, f"echarts_timeseries_{kind}", common | parameters)


def bars(name: str, dataset: Dataset, by: str, metric: str, **parameters: Any) -> Chart:
    """The largest, lying."""
    common = {
        "x_axis": by,
        "metrics": [metric],
        "groupby": [],
        "orientation": "horizontal",
        "show_value": True,
        "x_axis_sort": metric,
        "x_axis_sort_asc": True,
        "show_legend": False,
        "y_axis_format": "SMART_NUMBER",
        "row_limit": 12,
        "order_desc": True,
        "truncate_metric": True,
    }
    return Chart(name, dataset, "echarts_timeseries_bar", common | parameters)


def table(name: str, dataset: Dataset, **parameters: Any) -> Chart:
    common = {
        "table_timestamp_format": "%Y-%m-%d %H:%M",
        "page_length": 0,
        "show_cell_bars": False,
        "row_limit": 200,
    }
    return Chart(name, dataset, "table", common | parameters)


def gallery(name: str, dataset: Dataset, template: str, **parameters: Any) -> Chart:
    common = {
        "query_mode": "raw",
        "handlebarsTemplate": template,
        "styleTemplate": "",
        "row_limit": GALLERY_SIZE,
    }
    return Chart(name, dataset, "handlebars", common | parameters)


RECEIVED = number("Images", IMAGES, "Images", "received, of the last seven days")
REJECTED = number("Share rejected", IMAGES, "Share rejected", "could not be processed")
STORED = number("Bytes", IMAGES, "Original bytes", "of originals, without what was made of them")
WAIT = number("Median time to process", IMAGES, "Median, s", "seconds from arrival to the end")

VOLUME = over_time(
    "Images by hour and source",
    IMAGES,
    "bar",
    metrics=["Images"],
    groupby=["source"],
    stack="Stack",
)
FORMATS = bars("Images by format", IMAGES, "format", "Images")
CAMERAS = bars("Cameras", IMAGES, "camera", "Images", where=where("camera != ' '"))

LATENCY = over_time(
    "Seconds from arrival to the end of processing",
    IMAGES,
    "line",
    metrics=["Median, s", "95th percentile, s"],
)
SLOW_STAGES = over_time(
    "Slowest twentieth of each stage, ms",
    STAGES,
    "line",
    metrics=["95th percentile, ms"],
    groupby=["stage"],
)

REJECTIONS = over_time(
    "Rejected by hour and reason",
    IMAGES,
    "bar",
    metrics=["Rejected"],
    groupby=["rejection_code"],
    stack="Stack",
    where=where("status = 'rejected'"),
)
REJECTED_SENDERS = table(
    "Who sends what is rejected",
    IMAGES,
    query_mode="aggregate",
    groupby=["sender", "rejection_code"],
    metrics=["Rejected"],
    where=where("status = 'rejected'"),
)

NEXT_PURGE = number("Next purge", IMAGES, "Hours to the next purge", "hours until the next image is due")
DUE = number("Due within 24 hours", IMAGES, "Due within 24 hours", "images")
COUNTDOWN = over_time(
    "Due by hour, original bytes",
    IMAGES,
    "bar",
    x_axis="due_hour",
    metrics=["Original bytes"],
    groupby=["source"],
    stack="Stack",
)
OUTSIDE = number("Purged outside the policy", PURGES, "Outside the policy", "objects; there should be none")
PURGED = over_time(
    "Purged by hour and cause", PURGES, "bar", metrics=["Objects"], groupby=["cause"], stack="Stack"
)
FINDINGS = table(
    "Checks of the last sweep",
    AUDIT_FINDINGS,
    query_mode="raw",
    all_columns=["status", "check_id", "since", "as_of", "seen", "expected", "mend"],
    order_by_cols=['["severity", false]', '["check_id", true]'],
)
BAD_FINDINGS = number("Findings", AUDIT_FINDINGS, "Not as they should be", "checks that are not ok")

GALLERY = gallery(
    "Newest images",
    IMAGES,
    """
<div class="gallery">
  {{#each data}}
  <div class="card">
    <img src="/thumbnail/{{this.thumbnail}}" alt="{{this.filename}}" loading="lazy" />
    <div class="caption">
      <strong>{{this.filename}}</strong>
      {{this.source}} · {{this.sender}}<br />
      {{this.width}} × {{this.height}}<br />
      {{dateFormat this.received_at format="D MMM HH:mm"}}
    </div>
  </div>
  {{/each}}
</div>
""",
    all_columns=["thumbnail", "filename", "source", "sender", "width", "height", "received_at"],
    order_by_cols=['["received_at", false]'],
    where=where("status = 'processed'"),
)
PAIRS = number(
    "Pairs", NEAR_DUPLICATES, "Pairs", "pairs that look alike; filters are of the first of the two"
)
PAIRS_GALLERY = gallery(
    "Near-duplicates",
    NEAR_DUPLICATES,
    """
<div class="pairs">
  {{#each data}}
  <div class="card">
    <div class="pair">
      <img src="/thumbnail/{{this.thumbnail}}" alt="{{this.image_id}}" loading="lazy" />
      <img src="/thumbnail/{{this.duplicate_thumbnail}}" alt="{{this.duplicate_id}}" loading="lazy" />
    </div>
    <div class="caption">
      <strong>{{this.distance}} of 64 bits differ</strong>
      {{this.sender}} · {{dateFormat this.received_at format="D MMM HH:mm"}}<br />
      {{this.duplicate_sender}} · {{dateFormat this.duplicate_received_at format="D MMM HH:mm"}}
    </div>
  </div>
  {{/each}}
</div>
""",
    all_columns=[
        "thumbnail",
        "duplicate_thumbnail",
        "image_id",
        "duplicate_id",
        "distance",
        "sender",
        "duplicate_sender",
        "received_at",
        "duplicate_received_at",
    ],
    order_by_cols=['["received_at", false]'],
)
