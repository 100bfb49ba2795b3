"""Prints what a month costs: `make cost`."""

import tomllib
from pathlib import Path

from cost import table

if __name__ == "__main__":
    print(table(tomllib.loads((Path(__file__).parent / "prices.toml").read_text())), end="")
