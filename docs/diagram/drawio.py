"""Writes the diagram as a draw.io file, uncompressed, with draw.io's own shapes of Google Cloud."""

import re
from collections.abc import Iterable
from html import escape
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from declaration import Box, Diagram, Edge, Kind, Node, Point, Zone

INK, GREY, PALE = "#202124", "#5F6368", "#80868B"
BLUE = "#4284F3"

# By icon: its shape in draw.io, its colour, its height, and its width by that. A hexagon fills two
# thirds of its shape.
HEXAGON = "shape=mxgraph.gcp2.hexIcon;prIcon="
SHAPES = {
    "cloud_run": (f"{HEXAGON}cloud_run;", BLUE, 58, 1.13),
    "cloud_storage": (f"{HEXAGON}cloud_storage;", BLUE, 58, 1.13),
    "bigquery": (f"{HEXAGON}bigquery;", BLUE, 58, 1.13),
    "cloud_pubsub": (f"{HEXAGON}cloud_pubsub;", BLUE, 58, 1.13),
    "stackdriver": (f"{HEXAGON}stackdriver;", BLUE, 58, 1.13),
    "cloud_scheduler": ("shape=mxgraph.gcp2.cloud_scheduler;", BLUE, 36, 0.93),
    "stream": ("shape=mxgraph.gcp2.stream;", GREY, 28, 1.22),
    "desktop_and_mobile": ("shape=mxgraph.gcp2.desktop_and_mobile;", GREY, 34, 1.5),
    "application": ("shape=mxgraph.gcp2.application;", GREY, 34, 1.25),
    "users": ("shape=mxgraph.gcp2.users;", GREY, 34, 1.58),
}
ICON_SPACE = 54

ZONE = (
    "rounded=1;absoluteArcSize=1;arcSize=8;html=1;strokeColor=none;gradientColor=none;shadow=0;"
    "fontSize=13;fontStyle=1;align=left;verticalAlign=top;spacingTop=0;"
    "connectable=0;container=0;"
)
CARD = (
    "rounded=1;absoluteArcSize=1;arcSize=6;html=1;whiteSpace=wrap;fillColor=#FFFFFF;"
    "strokeColor=#DADCE0;strokeWidth=1;shadow=0;"
)
BESIDE_ICON = f"align=left;verticalAlign=middle;spacingLeft={ICON_SPACE - 2};spacingRight=2;"
BELOW_ICON = "align=center;verticalAlign=middle;spacingTop=46;spacing=4;"
ICON = "html=1;strokeColor=none;shadow=0;part=1;connectable=0;"
LINE = (
    "edgeStyle=orthogonalEdgeStyle;html=1;rounded=1;arcSize=10;endArrow=blockThin;endFill=1;"
    "endSize=5;strokeWidth=2;jumpStyle=arc;jumpSize=8;"
)
BADGE = (
    "ellipse;html=1;fillColor=#FFFFFF;strokeWidth=2;fontSize=12;fontStyle=1;align=center;"
    "verticalAlign=middle;connectable=0;spacing=0;"
)
TEXT = "text;html=1;whiteSpace=wrap;strokeColor=none;fillColor=none;spacing=0;"
BADGE_SIZE = 22
LINE_HEIGHT = 1.2

# The steps: where their first slot is, and how many are below each other.
STEPS = (20, 750, 604, 66)
STEP_ROWS = 5


class Page:
    """The cells of the drawing."""

    def __init__(self, diagram: Diagram) -> None:
        width, height = diagram.size
        self.file = Element("mxfile", host="app.diagrams.net", compressed="false")
        page = SubElement(self.file, "diagram", id="architecture", name="Architecture")
        model = SubElement(page, "mxGraphModel", {
            "dx": "0", "dy": "0", "grid": "1", "gridSize": "2", "guides": "1", "tooltips": "1",
            "connect": "1", "arrows": "1", "fold": "0", "page": "1", "pageScale": "1",
            "pageWidth": str(width), "pageHeight": str(height), "background": "#FFFFFF",
            "math": "0", "shadow": "0",
        })  # fmt: skip
        self.root = SubElement(model, "root")
        SubElement(self.root, "mxCell", id="0")
        SubElement(self.root, "mxCell", id="1", parent="0")

    def vertex(
        self, name: str, box: Box, style: str, text: str = "", parent: str = "1", **about: str
    ) -> None:
        """A shape; what is known `about` it shows as its data and tooltip in draw.io."""
        cell = self._cell(name, text, about, style=style, parent=parent, vertex="1")
        x, y, width, height = (_number(value) for value in box)
        geometry = {"x": x, "y": y, "width": width, "height": height, "as": "geometry"}
        SubElement(cell, "mxGeometry", geometry)

    def edge(self, name: str, style: str, points: Iterable[Point], **ends: str) -> None:
        """A line between cells (`source` and `target`), or between its first and last points."""
        about = {key: ends.pop(key) for key in ("tooltip", "resources") if key in ends}
        cell = self._cell(name, "", about, style=style, parent="1", edge="1", **ends)
        geometry = SubElement(cell, "mxGeometry", {"relative": "1", "as": "geometry"})
        points = list(points)
        for role, (x, y) in (("sourcePoint", points[0]), ("targetPoint", points[-1])):
            SubElement(geometry, "mxPoint", {"x": _number(x), "y": _number(y), "as": role})
        if len(points) > 2:
            bends = SubElement(geometry, "Array", {"as": "points"})
            for x, y in points[1:-1]:
                SubElement(bends, "mxPoint", x=_number(x), y=_number(y))

    def on_edge(self, name: str, edge: str, at: float, box: Box, style: str, text: str) -> None:
        """A shape that goes with an edge: `box` is relative to the point `at` that part of it."""
        cell = self._cell(name, text, {}, style=style, parent=edge, vertex="1")
        x, y, width, height = (_number(value) for value in box)
        geometry = SubElement(cell, "mxGeometry", {
            "x": _number(2 * at - 1), "y": "0", "width": width, "height": height,
            "relative": "1", "as": "geometry",
        })  # fmt: skip
        SubElement(geometry, "mxPoint", {"x": x, "y": y, "as": "offset"})

    def xml(self) -> str:
        indent(self.file)
        return tostring(self.file, encoding="unicode") + "\n"

    def _cell(self, name: str, text: str, about: dict[str, str], **attributes: str) -> Element:
        about = {key: value for key, value in about.items() if value}
        if not about:
            return SubElement(self.root, "mxCell", id=name, value=text, **attributes)
        data = SubElement(self.root, "object", label=text, id=name, **about)
        return SubElement(data, "mxCell", attributes)


def drawio(diagram: Diagram) -> str:
    """The diagram as draw.io's XML."""
    page = Page(diagram)
    width, height = diagram.size
    page.vertex("paper", (0, 0, width, height), "fillColor=#FFFFFF;strokeColor=none;connectable=0;")
    title = f"{TEXT}fontSize=24;fontStyle=1;fontColor={INK};align=left;verticalAlign=middle;"
    page.vertex("title", (18, 14, width - 36, 44), title, escape(diagram.title))
    for name, zone in diagram.zones.items():
        _zone(page, name, zone)
    for edge in diagram.edges:
        _line(page, edge, diagram.kinds[edge.kind])
    for node in diagram.nodes.values():
        _card(page, node)
    for edge in diagram.edges:
        _marks(page, edge, diagram.kinds[edge.kind])
    _steps(page, diagram)
    _legend(page, diagram)
    return page.xml()


def _zone(page: Page, name: str, zone: Zone) -> None:
    style = f"{ZONE}spacingLeft={zone.indent};fillColor={zone.fill};fontColor={GREY};"
    page.vertex(f"zone-{name}", zone.box, style, escape(zone.name))


def _card(page: Page, node: Node) -> None:
    _, _, width, height = node.box
    shape, color, icon_height, ratio = SHAPES[node.icon]
    icon_width = icon_height * ratio
    if node.external:
        label_place = BELOW_ICON
        icon = ((width - icon_width) / 2, height / 2 - 64, icon_width, icon_height)
    else:
        label_place = BESIDE_ICON
        middle = ICON_SPACE / 2
        icon = (middle - icon_width / 2, (height - icon_height) / 2, icon_width, icon_height)
    page.vertex(
        node.id,
        node.box,
        CARD + label_place + f"fontColor={INK};fontSize=13;",
        _label(node),
        tooltip=_tooltip(node),
        resources=" ".join(node.resources),
        identity=node.identity,
    )
    page.vertex(f"{node.id}-icon", icon, f"{ICON}{shape}fillColor={color};", parent=node.id)
    if node.identity:
        key = f"{ICON}shape=mxgraph.gcp2.key;fillColor={PALE};"
        page.vertex(f"{node.id}-key", (ICON_SPACE, _key_top(node), 15, 7), key, parent=node.id)


def _key_top(node: Node) -> float:
    """Beside the last line of the label, which stands in the middle of the card."""
    lines = [(16, node.label), (13, node.detail)]
    above = sum(size * LINE_HEIGHT * len(text.split("\n")) for size, text in lines)
    last = 11 * LINE_HEIGHT
    return (node.box[3] + above - last) / 2 + last / 2 - 3.5


def _label(node: Node) -> str:
    lines = [
        f'<b style="font-size: 16px">{escape(node.label)}</b>'.replace("\n", "<br>"),
        f'<span style="color: {GREY}">{escape(node.detail)}</span>'.replace("\n", "<br>"),
    ]
    if node.identity:
        indented = "&nbsp;" * 6 + escape(node.identity)
        lines.append(f'<span style="color: {PALE}; font-size: 11px">{indented}@</span>')
    return "<br>".join(lines)


def _tooltip(node: Node) -> str:
    lines = [f"{node.label}: {node.detail}".replace("\n", " ")]
    lines += node.resources
    if node.identity:
        lines.append(f"runs as the service account {node.identity}")
    return "\n".join(lines)


def _line(page: Page, edge: Edge, kind: Kind) -> None:
    page.edge(
        _edge_id(edge),
        _stroke(kind) + _ports(edge),
        edge.points,
        source=edge.source,
        target=edge.target,
        tooltip=_edge_tooltip(edge),
        resources=" ".join(edge.resources),
    )


def _edge_tooltip(edge: Edge) -> str:
    lines = [edge.protocol, *edge.resources]
    if edge.identity:
        lines.append(f"calls as the service account {edge.identity}")
    return "\n".join(line for line in lines if line)


def _stroke(kind: Kind) -> str:
    style = f"{LINE}strokeColor={kind.color};"
    return style + "dashed=1;dashPattern=6 3;" if kind.dashed else style


def _edge_id(edge: Edge) -> str:
    return f"{edge.id}-{edge.kind}"


def _ports(edge: Edge) -> str:
    ends = zip(("exit", "entry"), edge.ports, strict=True)
    return "".join(
        f"{end}X={_number(x)};{end}Y={_number(y)};{end}Dx=0;{end}Dy=0;" for end, (x, y) in ends
    )


def _marks(page: Page, edge: Edge, kind: Kind) -> None:
    """The number of the step and the words on an edge."""
    name = _edge_id(edge)
    if edge.step is not None:
        half = BADGE_SIZE / 2
        box = (-half, -half, BADGE_SIZE, BADGE_SIZE)
        style = f"{BADGE}strokeColor={kind.color};fontColor={INK};"
        page.on_edge(f"{name}-step", name, edge.badge_at, box, style, str(edge.step))
    if edge.label:
        text = escape(edge.label).replace("\n", "<br>")
        style = f"{TEXT}fontSize=13;fontColor={GREY};align={edge.align};verticalAlign=middle;"
        page.on_edge(f"{name}-label", name, edge.label_at, edge.label_box, style, text)


def _steps(page: Page, diagram: Diagram) -> None:
    """What happens at each number, in columns from top to bottom."""
    text = f"{TEXT}fontSize=16;fontColor={INK};align=left;verticalAlign=middle;"
    badge = f"{BADGE}strokeColor={PALE};fontColor={INK};"
    for number, words in diagram.steps.items():
        x, y, width, height = _slot(number)
        circle = (x, y + (height - BADGE_SIZE) / 2, BADGE_SIZE, BADGE_SIZE)
        page.vertex(f"step-{number}", circle, badge, str(number))
        page.vertex(f"step-{number}-text", (x + 34, y, width - 60, height), text, _bold(words))


def _slot(number: int) -> Box:
    column, row = divmod(number - 1, STEP_ROWS)
    left, top, width, height = STEPS
    return (left + column * width, top + row * height, width, height)


def _legend(page: Page, diagram: Diagram) -> None:
    """Where the steps leave room: after the last."""
    x, y, _, slot = _slot(len(diagram.steps) + 1)
    text = f"{TEXT}fontSize=14;fontColor={GREY};align=left;verticalAlign=middle;"
    pitch = (slot * 2 - 4) / (len(diagram.kinds) + 1)
    middle = y + 4 + pitch / 2
    for name, kind in diagram.kinds.items():
        page.edge(f"legend-{name}", _stroke(kind), [(x, middle), (x + 52, middle)])
        page.vertex(f"legend-{name}-text", (x + 66, middle - 10, 420, 20), text, escape(kind.name))
        middle += pitch
    key = f"{ICON}shape=mxgraph.gcp2.key;fillColor={PALE};"
    page.vertex("legend-key", (x + 15, middle - 5, 22, 10), key)
    words = "service account of the function, and of nothing else"
    page.vertex("legend-key-text", (x + 66, middle - 10, 420, 20), text, words)


def _bold(words: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(words))


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
