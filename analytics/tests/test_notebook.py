"""The notebook runs from top to bottom, and says what can be counted in world.py."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parents[1] / "notebooks/explore.ipynb"


def read() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell: NotebookNode) -> str:
    outputs = (output.get("text", output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
    return "\n".join(outputs)


def pictures(cell: NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


def test_no_outputs_are_kept() -> None:
    assert [cell for cell in code(read()) if cell.outputs or cell.execution_count] == []


def test_it_runs_from_top_to_bottom(environment: dict[str, str]) -> None:
    notebook = read()
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": NOTEBOOK.parent}})
    client.execute(env=environment)
    connect, volume, quality, latency, images, duplicates, clusters = code(notebook)
    assert "14" in texts(connect).splitlines()[1].split()
    assert "kafka" in texts(volume)
    assert "unsupported_format" in texts(quality)
    assert "received to processed" in texts(latency)
    assert "7 pairs, 3 across sources" in texts(duplicates)
    # Volume, quality, and thumbnails thrice.
    assert [pictures(cell) for cell in (volume, quality, images, duplicates, clusters)] == [1] * 5
