"""Draws docs/architecture.{drawio,svg,png} from architecture.toml: `make diagram`."""

import sys
from pathlib import Path

import render
from declaration import Mistake, load
from drawio import drawio

HERE = Path(__file__).parent


def main() -> None:
    """Takes the folder of draw.io's viewer."""
    viewer = Path(sys.argv[1]).resolve()
    diagram = load(HERE / "architecture.toml")
    target = HERE.parent / "architecture"
    file = drawio(diagram)
    target.with_suffix(".drawio").write_text(file, encoding="utf-8")
    picture = render.svg(file, viewer)
    target.with_suffix(".svg").write_text(picture, encoding="utf-8")
    target.with_suffix(".png").write_bytes(render.png(picture, diagram.size, file))


if __name__ == "__main__":
    try:
        main()
    except (Mistake, render.RenderError) as error:
        sys.exit(f"diagram: {error}")
