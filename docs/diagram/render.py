"""Draws a draw.io file as draw.io does: with its own viewer, in a headless Chromium."""

import json
import os
import re
import struct
import subprocess
import tempfile
import zlib
from html import unescape
from pathlib import Path
from urllib.parse import quote

# Twice as many pixels as points, for sharp letters where the picture is shown small.
SCALE = 2

EXPORT = """<!DOCTYPE html>
<meta charset="utf-8">
<script>
  // Stencils come from the file below; what is not there must not be asked for from a server.
  window.STENCIL_PATH = "stencils"; window.SHAPES_PATH = "shapes"; window.STYLE_PATH = "styles";
  window.GRAPH_IMAGE_PATH = "img"; window.mxLoadResources = false; window.mxLoadStylesheets = false;
</script>
<script src="{viewer}/viewer-static.min.js"></script>
<script src="{viewer}/stencils.min.js"></script>
<body><pre id="svg"></pre><script>
  const file = {file};
  const graph = new Graph(document.createElement("div"));
  graph.foldingEnabled = false;
  const model = mxUtils.parseXml(file).documentElement.querySelector("mxGraphModel");
  new mxCodec(model.ownerDocument).decode(model, graph.getModel());
  const svg = graph.getSvg("#FFFFFF", 1, 0, false, null, true);
  svg.setAttribute("content", file);
  document.getElementById("svg").textContent = mxUtils.getXml(svg);
</script></body>
"""


class RenderError(Exception):
    """The picture could not be drawn."""


def svg(file: str, viewer: Path) -> str:
    """The draw.io file as SVG, with the file itself inside: draw.io opens the picture too."""
    page = EXPORT.replace("{viewer}", quote(str(viewer))).replace("{file}", _script(file))
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder, "export.html")
        html.write_text(page, encoding="utf-8")
        dom = _chromium("--dump-dom", "--virtual-time-budget=20000", html.as_uri())
    found = re.search(r'<pre id="svg">(.+?)</pre>', dom, re.DOTALL)
    if not found:
        raise RenderError("draw.io's viewer drew nothing")
    return unescape(found[1]) + "\n"


def png(picture: str, size: tuple[int, int], file: str) -> bytes:
    """The SVG as PNG, with the draw.io file inside, where draw.io looks for it."""
    width, height = size
    with tempfile.TemporaryDirectory() as folder:
        html, image = Path(folder, "picture.html"), Path(folder, "picture.png")
        html.write_text(
            f"<!DOCTYPE html><meta charset='utf-8'><body style='margin: 0'>{picture}</body>",
            encoding="utf-8",
        )
        _chromium(
            f"--screenshot={image}",
            f"--window-size={width},{height}",
            f"--force-device-scale-factor={SCALE}",
            "--hide-scrollbars",
            html.as_uri(),
        )
        return with_text(image.read_bytes(), "mxfile", quote(file))


def with_text(image: bytes, keyword: str, text: str) -> bytes:
    """A PNG with a text chunk after its header."""
    header_end = 8 + 25
    body = b"tEXt" + keyword.encode() + b"\0" + text.encode("latin-1")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return image[:header_end] + chunk + image[header_end:]


def _script(text: str) -> str:
    """A JavaScript string that cannot end its script element."""
    return json.dumps(text).replace("</", "<\\/")


def _chromium(*arguments: str) -> str:
    command = [
        os.environ.get("CHROMIUM", "chromium"),
        "--headless",
        "--disable-gpu",
        "--allow-file-access-from-files",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RenderError(f"chromium ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
