"""The architecture diagram shows what Terraform makes, and can be read."""

import sys
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).parents[3]
DOCS = REPOSITORY / "docs"
VIEWER = REPOSITORY / ".local/drawio"
sys.path.insert(0, str(DOCS / "diagram"))

import render  # noqa: E402
from declaration import Box, Diagram, Edge, Point, load  # noqa: E402
from drawio import drawio  # noqa: E402

# The types that the diagram shows, and the attribute that names one. Everything else (grants,
# accounts, networks, alerts) is beside or within these.
SHOWN = {
    "google_bigquery_table": "table_id",
    "google_cloud_run_v2_service": "name",
    "google_cloud_run_v2_worker_pool": "name",
    "google_cloud_scheduler_job": "name",
    "google_eventarc_trigger": "name",
    "google_managed_kafka_topic": "topic_id",
    "google_pubsub_topic": "name",
    "google_storage_bucket": "name",
}


@pytest.fixture(scope="module")
def diagram() -> Diagram:
    return load(DOCS / "diagram/architecture.toml")


def test_what_terraform_makes_is_shown_and_nothing_else(
    diagram: Diagram, plan: dict[str, Any]
) -> None:
    assert diagram.resources() == set(planned(plan["planned_values"]["root_module"]))


def test_what_stands_for_no_resource_is_outside_or_monitoring(diagram: Diagram) -> None:
    without = {node.id for node in diagram.nodes.values() if not node.resources}
    assert without == {"web", "producers", "analysts", "monitoring"}
    assert all(edge.resources for edge in diagram.edges if edge.kind == "event")


def test_functions_run_as_themselves(diagram: Diagram) -> None:
    for node in diagram.nodes.values():
        if any(resource.startswith("google_cloud_run_v2_") for resource in node.resources):
            assert node.identity == node.id


def test_the_committed_drawing_is_of_the_declaration(diagram: Diagram) -> None:
    made = drawio(diagram)
    assert (DOCS / "architecture.drawio").read_text() == made, "run `make diagram`"


def test_the_committed_pictures_are_of_the_drawing() -> None:
    drawing = (DOCS / "architecture.drawio").read_text()
    svg = ElementTree.parse(DOCS / "architecture.svg").getroot()
    assert svg.get("content") == drawing, "run `make diagram`"
    assert unquote(png_text(DOCS / "architecture.png", "mxfile")) == drawing, "run `make diagram`"


@pytest.mark.skipif(not VIEWER.exists(), reason="`make diagram` installs draw.io's viewer")
def test_the_committed_svg_is_what_drawio_draws() -> None:
    drawing = (DOCS / "architecture.drawio").read_text()
    assert render.svg(drawing, VIEWER.resolve()) == (DOCS / "architecture.svg").read_text()


def test_no_edge_runs_through_a_card(diagram: Diagram) -> None:
    for edge in diagram.edges:
        for node in diagram.nodes.values():
            crossed = [part for part in pairwise(edge.points) if crosses(part, node.box)]
            assert not crossed, f"{edge.id} runs through {node.id}"


def test_cards_stand_apart_and_in_their_zones(diagram: Diagram) -> None:
    for one, other in combinations(diagram.nodes.values(), 2):
        assert not overlap(one.box, other.box), f"{one.id} and {other.id}"
    for node in diagram.nodes.values():
        assert within(node.box, diagram.zones[node.zone].box), node.id


def test_labels_lie_on_no_card_and_on_no_other_label(diagram: Diagram) -> None:
    labels = {edge.id: label_box(edge) for edge in diagram.edges if edge.label}
    for name, box in labels.items():
        for node in diagram.nodes.values():
            assert not overlap(box, node.box), f"the label of {name} lies on {node.id}"
    for (one, box), (other, other_box) in combinations(labels.items(), 2):
        assert not overlap(box, other_box), f"the labels of {one} and {other}"


def test_few_edges_cross(diagram: Diagram) -> None:
    crossings = {
        point: f"{one.id} and {other.id}"
        for one, other in combinations(diagram.edges, 2)
        for part in pairwise(one.points)
        for other_part in pairwise(other.points)
        if (point := intersection(part, other_part))
    }
    assert len(crossings) <= 2, crossings


def test_a_resource_that_is_not_shown_is_found(diagram: Diagram) -> None:
    bucket = {
        "mode": "managed",
        "type": "google_storage_bucket",
        "values": {"name": "example-another", "project": "example"},
    }
    module = {"child_modules": [{"resources": [bucket]}]}
    assert set(planned(module)) - diagram.resources() == {"google_storage_bucket.another"}


def planned(module: dict[str, Any]) -> Iterator[str]:
    """What a module of a plan makes, named as in the declaration."""
    for resource in module.get("resources", []):
        kind, values = resource["type"], resource["values"]
        if resource["mode"] != "managed" or kind not in SHOWN:
            continue
        name = values[SHOWN[kind]].removeprefix(f"{values['project']}-")
        is_view = kind == "google_bigquery_table" and values.get("view")
        yield f"{kind}.view.{name}" if is_view else f"{kind}.{name}"
    for child in module.get("child_modules", []):
        yield from planned(child)


def png_text(path: Path, keyword: str) -> str:
    """The text chunk of a PNG."""
    data, place = path.read_bytes(), 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"tEXt" and body.startswith(keyword.encode() + b"\0"):
            return body.partition(b"\0")[2].decode("latin-1")
        place += 12 + length
    return ""


def crosses(part: tuple[Point, Point], box: Box) -> bool:
    """Whether a part of an edge is inside of a card, and not just at its border."""
    (x1, y1), (x2, y2) = part
    x, y, width, height = box
    return (
        max(x1, x2) > x and min(x1, x2) < x + width and max(y1, y2) > y and min(y1, y2) < y + height
    )


def intersection(one: tuple[Point, Point], other: tuple[Point, Point]) -> Point | None:
    """Where two parts cross, one of which is upright and the other lies."""
    upright, lying = (one, other) if one[0][0] == one[1][0] else (other, one)
    (x, y1), (x_too, y2) = upright
    (x1, y), (x2, y_too) = lying
    if x != x_too or y != y_too:
        return None
    inside = min(x1, x2) < x < max(x1, x2) and min(y1, y2) < y < max(y1, y2)
    return (x, y) if inside else None


def label_box(edge: Edge) -> Box:
    """About where the words of a label are: they are narrower than their box."""
    x, y = at(edge)
    left, top, width, height = edge.label_box
    words = max(len(line) for line in edge.label.split("\n")) * 6
    slack = {"left": 0, "center": (width - words) / 2, "right": width - words}[edge.align]
    return (x + left + slack, y + top, words, height)


def at(edge: Edge) -> Point:
    """The point of an edge that its label goes by."""
    parts = list(pairwise(edge.points))
    lengths = [abs(x1 - x2) + abs(y1 - y2) for (x1, y1), (x2, y2) in parts]
    left = sum(lengths) * edge.label_at
    for ((x1, y1), (x2, y2)), length in zip(parts, lengths, strict=True):
        if left <= length and length:
            return (x1 + (x2 - x1) * left / length, y1 + (y2 - y1) * left / length)
        left -= length
    return edge.points[-1]


def overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def within(inner: Box, outer: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )
