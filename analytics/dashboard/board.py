"""The dashboard: which charts are where, and what filters them; and all of it as Superset imports it.

Superset lays a dashboard out in twelve columns however narrow the screen is. So there is a second one for
phones, of the same charts below each other.
"""

from pathlib import Path
from typing import Any

import charts
import datasets
import yaml
from charts import Chart
from identity import identity

# Tabs of rows of charts, each with its width of twelve columns. A row's height is in units of 8 pixels.
Row = tuple[int, list[tuple[Chart, int]]]
NUMBERS = 20
PLOT = 44

TABS: dict[str, list[Row]] = {
    "Arrivals": [
        (
            NUMBERS,
            [(chart, 3) for chart in (charts.RECEIVED, charts.STORED, charts.REJECTED, charts.WAIT)],
        ),
        (PLOT, [(charts.VOLUME, 12)]),
        (PLOT, [(charts.FORMATS, 6), (charts.CAMERAS, 6)]),
    ],
    "Processing": [
        (PLOT, [(charts.LATENCY, 6), (charts.SLOW_STAGES, 6)]),
        (PLOT, [(charts.REJECTIONS, 6), (charts.REJECTED_SENDERS, 6)]),
    ],
    "Images": [
        (100, [(charts.GALLERY, 12)]),
    ],
    "Near-duplicates": [
        (NUMBERS, [(charts.PAIRS, 3)]),
        (100, [(charts.PAIRS_GALLERY, 12)]),
    ],
    "Retention": [
        (
            NUMBERS,
            [(chart, 3) for chart in (charts.NEXT_PURGE, charts.DUE, charts.OUTSIDE, charts.BAD_FINDINGS)],
        ),
        (PLOT, [(charts.COUNTDOWN, 6), (charts.PURGED, 6)]),
        (PLOT, [(charts.FINDINGS, 12)]),
    ],
}
ON_A_PHONE: dict[str, list[Row]] = {
    title: [(height, [(chart, 12)]) for height, row in rows for chart, _ in row]
    for title, rows in TABS.items()
}
CHARTS = [chart for rows in TABS.values() for _, row in rows for chart, _ in row]
# What is purged has left neither source nor format nor labels, and the findings are as of now.
EVIDENCE = [chart for chart in CHARTS if chart.dataset in (datasets.PURGES, datasets.AUDIT_FINDINGS)]
OF_NOW = [chart for chart in CHARTS if chart.dataset is datasets.AUDIT_FINDINGS]

DATABASE = identity("database", "darkroom")
SLUG = "darkroom"
PHONES_SLUG = "darkroom-phone"


def assets(project: str, dataset: str) -> dict[str, str]:
    """Files of an export, by name."""
    named: dict[str, dict[str, Any]] = {
        "metadata.yaml": {
            "version": "1.0.0",
            "type": "assets",
            "timestamp": "2026-01-01T00:00:00Z",
        },
        "databases/darkroom.yaml": database(project, dataset),
        "dashboards/darkroom.yaml": dashboard("Darkroom", SLUG, TABS),
        "dashboards/phone.yaml": dashboard("Darkroom on a phone", PHONES_SLUG, ON_A_PHONE),
    }
    named |= {f"datasets/{each.uuid}.yaml": each.asset(DATABASE) for each in datasets.ALL}
    named |= {f"charts/{each.uuid}.yaml": each.asset() for each in CHARTS}
    return {name: yaml.safe_dump(asset) for name, asset in named.items()}


def database(project: str, dataset: str) -> dict[str, Any]:
    """Read only, as its identity is."""
    return {
        "database_name": "Darkroom",
        "sqlalchemy_uri": f"bigquery://{project}/{dataset}",
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {},
        "uuid": DATABASE,
        "version": "1.0.0",
    }


def dashboard(title: str, slug: str, tabs: dict[str, list[Row]]) -> dict[str, Any]:
    return {
        "dashboard_title": title,
        "slug": slug,
        "css": (Path(__file__).parent / "board.css").read_text(),
        "published": True,
        "position": position(title, tabs),
        "metadata": {
            "color_scheme": charts.COLORS,
            "cross_filters_enabled": True,
            "native_filter_configuration": filters(),
        },
        "uuid": identity("dashboard", slug),
        "version": "1.0.0",
    }


def position(title: str, tabs: dict[str, list[Row]]) -> dict[str, Any]:
    """The tree of Superset's layout, flat, by id."""
    by_id = {f"TAB-{number}": tab for number, tab in enumerate(tabs.items())}
    tree = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["TABS"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "TABS": node("TABS", "TABS", ["ROOT_ID"], list(by_id), {}),
    }
    for tab_id, (name, rows) in by_id.items():
        row_ids = [f"ROW-{tab_id}-{number}" for number in range(len(rows))]
        tree[tab_id] = node("TAB", tab_id, ["ROOT_ID", "TABS"], row_ids, {"text": name})
        for row_id, (height, row) in zip(row_ids, rows, strict=True):
            parents = ["ROOT_ID", "TABS", tab_id]
            chart_ids = [chart_id(chart) for chart, _ in row]
            tree[row_id] = node("ROW", row_id, parents, chart_ids, {"background": "BACKGROUND_TRANSPARENT"})
            for chart, width in row:
                meta = {
                    "chartId": number_of(chart),
                    "uuid": chart.uuid,
                    "sliceName": chart.name,
                    "width": width,
                    "height": height,
                }
                tree[chart_id(chart)] = node("CHART", chart_id(chart), [*parents, row_id], [], meta)
    return tree


def node(
    type_: str, id_: str, parents: list[str], children: list[str], meta: dict[str, Any]
) -> dict[str, Any]:
    return {"type": type_, "id": id_, "parents": parents, "children": children, "meta": meta}


def number_of(chart: Chart) -> int:
    """What stands for the chart until Superset gives it its own number."""
    return CHARTS.index(chart) + 1


def chart_id(chart: Chart) -> str:
    return f"CHART-{number_of(chart)}"


def filters() -> list[dict[str, Any]]:
    return [
        native_filter("Time", "filter_time", [{}], OF_NOW),
        *(
            native_filter(name, "filter_select", [target(dataset, column)], EVIDENCE)
            for name, dataset, column in (
                ("Source", datasets.IMAGES, "source"),
                ("Format", datasets.IMAGES, "content_type"),
                ("Label", datasets.LABELS, "label"),
            )
        ),
    ]


def target(dataset: datasets.Dataset, column: str) -> dict[str, Any]:
    return {"datasetUuid": dataset.uuid, "column": {"name": column}}


def native_filter(
    name: str, kind: str, targets: list[dict[str, Any]], excluded: list[Chart]
) -> dict[str, Any]:
    return {
        "id": f"NATIVE_FILTER-{name}",
        "name": name,
        "type": "NATIVE_FILTER",
        "filterType": kind,
        "targets": targets,
        "scope": {"rootPath": ["ROOT_ID"], "excluded": [number_of(chart) for chart in excluded]},
        "controlValues": {
            "enableEmptyFilter": False,
            "multiSelect": True,
            "defaultToFirstItem": False,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
        "description": "",
    }
