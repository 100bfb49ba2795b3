"""Reads architecture.toml: what there is, where it stands and how it is joined."""

import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

# The width and height of a card that says nothing else.
CARD = (194, 76)

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Mistake(Exception):
    """The declaration contradicts itself."""


@dataclass(frozen=True)
class Zone:
    """A tinted area, and how far in its name begins."""

    name: str
    fill: str
    box: Box
    indent: int = 10


@dataclass(frozen=True)
class Kind:
    """How an edge is drawn, and what the legend says of it."""

    name: str
    color: str
    dashed: bool = False


@dataclass(frozen=True)
class Node:
    """A card."""

    id: str
    label: str
    detail: str
    icon: str
    zone: str
    box: Box
    identity: str = ""
    external: bool = False
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A line from one card to another.

    `points` are its ends and bends, `ports` its ends as parts of the cards' width and height. The
    badge and the label are at a part of its length; the label's box is relative to that.
    """

    id: str
    source: str
    target: str
    kind: str
    points: tuple[Point, ...]
    ports: tuple[Point, Point]
    step: int | None = None
    badge_at: float = 0.5
    label: str = ""
    label_at: float = 0.5
    label_box: Box = (-60, -26, 120, 16)
    align: str = "center"
    protocol: str = ""
    identity: str = ""
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagram:
    """All of it."""

    title: str
    size: tuple[int, int]
    zones: dict[str, Zone]
    kinds: dict[str, Kind]
    nodes: dict[str, Node]
    edges: tuple[Edge, ...]
    steps: dict[int, str]

    def resources(self) -> set[str]:
        """What the picture shows of the cloud."""
        things = [*self.nodes.values(), *self.edges]
        return {resource for thing in things for resource in thing.resources}


def load(path: Path) -> Diagram:
    """Reads the declaration."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    columns, rows, tracks = raw["columns"], raw["rows"], raw["tracks"]
    nodes = {key: _node(key, table, columns, rows) for key, table in raw["nodes"].items()}
    steps = {int(number): text for number, text in raw["steps"].items()}
    edges = tuple(_edge(table, nodes, rows, tracks) for table in raw["edges"])
    diagram = Diagram(
        title=raw["title"],
        size=(raw["width"], raw["height"]),
        zones={
            key: Zone(**{**zone, "box": tuple(zone["box"])}) for key, zone in raw["zones"].items()
        },
        kinds={key: Kind(**kind) for key, kind in raw["kinds"].items()},
        nodes=nodes,
        edges=edges,
        steps=steps,
    )
    _check(diagram)
    return diagram


def _node(key: str, table: dict, columns: dict, rows: dict) -> Node:
    """A card reaches from its first row to its last."""
    column, *reach = table.pop("at")
    height = rows[reach[-1]] - rows[reach[0]] + CARD[1]
    box = (columns[column], rows[reach[0]], table.pop("width", CARD[0]), height)
    resources = tuple(table.pop("resources", ()))
    return Node(id=key, box=box, resources=resources, **table)


def _edge(table: dict, nodes: dict[str, Node], rows: dict, tracks: dict) -> Edge:
    source, exit_port = table.pop("from")
    target, entry_port = table.pop("to")
    start = _port(nodes[source], exit_port, rows)
    end = _port(nodes[target], entry_port, rows)
    points = _bends(start, end, exit_port, [tracks[name] for name in table.pop("route", ())])
    ports = (_share(nodes[source], start), _share(nodes[target], end))
    table["resources"] = tuple(table.get("resources", ()))
    table["label_box"] = tuple(table.get("label_box", Edge.label_box))
    name = f"{source}--{target}"
    return Edge(id=name, source=source, target=target, points=points, ports=ports, **table)


def _share(node: Node, point: Point) -> Point:
    x, y, width, height = node.box
    return ((point[0] - x) / width, (point[1] - y) / height)


def _port(node: Node, port: str, rows: dict) -> Point:
    side, _, place = port.partition(":")
    x, y, width, height = node.box
    if place in rows:
        along = rows[place] + CARD[1] / 2 - y
    else:
        along = float(place or 0.5) * (height if side in ("left", "right") else width)
    return {
        "left": (x, y + along),
        "right": (x + width, y + along),
        "top": (x + along, y),
        "bottom": (x + along, y + height),
    }[side]


def _bends(start: Point, end: Point, exit_port: str, tracks: list[float]) -> tuple[Point, ...]:
    """The line's points: it leaves by its port, and turns at each track."""
    points = [start]
    horizontal = exit_port.startswith(("left", "right"))
    for track in tracks:
        x, y = points[-1]
        points.append((track, y) if horizontal else (x, track))
        horizontal = not horizontal
    x, y = points[-1]
    if x != end[0] and y != end[1]:
        points.append((x, end[1]) if not horizontal else (end[0], y))
    points.append(end)
    return tuple(points)


def _check(diagram: Diagram) -> None:
    for edge in diagram.edges:
        if edge.kind not in diagram.kinds:
            raise Mistake(f"{edge.id}: no kind {edge.kind}")
        if edge.step is not None and edge.step not in diagram.steps:
            raise Mistake(f"{edge.id}: no step {edge.step}")
        for (x1, y1), (x2, y2) in pairwise(edge.points):
            if abs(x1 - x2) > 0.01 and abs(y1 - y2) > 0.01:
                raise Mistake(f"{edge.id}: slanting from {x1, y1} to {x2, y2}")
    for node in diagram.nodes.values():
        if node.zone not in diagram.zones:
            raise Mistake(f"{node.id}: no zone {node.zone}")
    if list(diagram.steps) != list(range(1, len(diagram.steps) + 1)):
        raise Mistake("the steps are not numbered 1, 2, 3 …")
    unused = set(diagram.steps) - {edge.step for edge in diagram.edges}
    if unused:
        raise Mistake(f"no edge has step {sorted(unused)}")
