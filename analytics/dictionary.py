"""Prints docs/data-dictionary.md from what describes the views and the tables behind them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]

INTRODUCTION = """\
# Data dictionary

What analysts can ask: in the cloud the dataset `darkroom_analytics`, on a laptop `darkroom`. Every
timestamp is in UTC. BigQuery's own pages show the same descriptions.

`make schema` writes this page from `analytics/sql/*.json` and `infra/warehouse/*.json`.
"""


def resources(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def rows(fields: list[dict[str, Any]], prefix: str = "") -> Iterator[str]:
    for field in fields:
        name = f"{prefix}{field['name']}"
        kind = field["type"]
        if field.get("mode") == "REPEATED":
            kind = f"ARRAY of {kind}"
        description = field["description"].replace("|", "\\|")
        yield f"| `{name}` | {kind} | {description} |"
        yield from rows(field.get("fields", []), f"{name}.")


def section(name: str, resource: dict[str, Any]) -> str:
    lines = [f"### {name}", "", resource["description"], "", "| column | type | |", "|---|---|---|"]
    lines += rows(resource["schema"]["fields"])
    return "\n".join(lines) + "\n"


def page() -> str:
    views = resources(REPOSITORY / "analytics/sql")
    tables = resources(REPOSITORY / "infra/warehouse")
    parts = [INTRODUCTION, "## Views\n"]
    parts += [section(name, view) for name, view in views.items()]
    parts.append("## Tables\n\nWhat the views read. Analysts cannot: the functions write them.\n")
    parts += [section(name, table) for name, table in tables.items()]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
