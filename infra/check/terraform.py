"""The real Terraform on a copy of the tree, with the stand-in provider.

As a command it runs Terraform so on one folder, for whoever works on that:

    .local/infra/bin/python infra/check/terraform.py infra/modules/bucket test
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import provider
import schema

REPOSITORY = Path(__file__).resolve().parents[2]
INFRA = Path("infra")
# What Terraform reads.
FOLDERS = (INFRA, Path("analytics"))
KEPT_OUT = shutil.ignore_patterns(".terraform*", "*.tfstate*", "check", "__pycache__")

# Nothing of the user's own Terraform settings, and no calls home.
SETTINGS = {
    "CHECKPOINT_DISABLE": "1",
    "TF_CLI_ARGS": "-no-color",
    "TF_CLI_CONFIG_FILE": os.devnull,
    "TF_IN_AUTOMATION": "1",
}

TYPE = re.compile(r'^\s*(resource|data)\s+"(google_\w+)"', re.M)


class TerraformError(Exception):
    """Terraform refused; the message is what it said."""


@dataclass(frozen=True)
class Tree:
    """A copy of what Terraform reads, to be changed and worked in."""

    root: Path
    environment: dict[str, str]

    def copy_to(self, root: Path) -> "Tree":
        shutil.copytree(self.root, root, dirs_exist_ok=True, symlinks=True)
        return Tree(root, self.environment)

    def run(self, folder: Path, *arguments: str) -> str:
        """What Terraform prints when it is run in a folder of the tree."""
        command = [executable(), f"-chdir={self.root / folder}", *arguments]
        own = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        environment = own | self.environment | SETTINGS
        result = subprocess.run(
            command, env=environment, text=True, capture_output=True, check=False
        )
        if result.returncode != 0:
            said = result.stdout + result.stderr
            raise TerraformError(f"terraform {arguments[0]} in {folder}:\n{said}")
        return result.stdout

    def init(self, folder: Path) -> None:
        """Initialises a folder, with its state beside it rather than in a bucket."""
        if any('backend "' in file.read_text() for file in (self.root / folder).glob("*.tf")):
            override = 'terraform {\n  backend "local" {}\n}\n'
            (self.root / folder / "check_override.tf").write_text(override)
        self.run(folder, "init", "-input=false")

    def validate(self, folder: Path) -> None:
        self.run(folder, "validate")

    def plan(self, folder: Path, variables: Path) -> dict[str, Any]:
        """The plan as JSON, with what only Google can know left out."""
        given = f"-var-file={variables}"
        self.run(folder, "plan", "-input=false", "-lock=false", "-out=check.plan", given)
        return json.loads(self.run(folder, "show", "-json", "check.plan"))

    def apply(self, folder: Path) -> dict[str, Any]:
        """What the last plan makes, as JSON, with examples for what only Google can know."""
        self.run(folder, "apply", "-input=false", "-lock=false", "check.plan")
        return json.loads(self.run(folder, "show", "-json"))


def executable() -> str:
    """The Terraform that scripts/setup/infra.sh found or installed."""
    return str(REPOSITORY / ".local/bin/terraform")


def roots(repository: Path = REPOSITORY) -> list[Path]:
    """Every folder with a configuration, from the repository's own."""
    folders = {file.parent for file in (repository / INFRA).rglob("*.tf")}
    found = {folder.relative_to(repository) for folder in folders}
    return sorted(folder for folder in found if not hidden(folder) and "check" not in folder.parts)


def hidden(folder: Path) -> bool:
    return any(part.startswith(".") for part in folder.parts)


def copy_of_repository(destination: Path, environment: dict[str, str]) -> Tree:
    for folder in FOLDERS:
        shutil.copytree(REPOSITORY / folder, destination / folder, ignore=KEPT_OUT)
    return Tree(destination, environment)


def used_types() -> list[str]:
    """Every type of the tree, data sources written as `data.TYPE`."""
    found = set()
    for folder in roots():
        for file in (REPOSITORY / folder).glob("*.tf"):
            for kind, name in TYPE.findall(file.read_text()):
                found.add(name if kind == "resource" else f"data.{name}")
    return sorted(found)


def provider_schema(types: list[str]) -> schema.Schema:
    """The schema of these types, kept in the repository's `.local/`."""
    key = json.dumps(types) + Path(schema.__file__).read_text() + str(schema.archive_path())
    kept = (
        REPOSITORY / ".local/infra-check" / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    )
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(schema.build(types)))
        new.rename(kept)
    return json.loads(kept.read_text())


@contextmanager
def stand_ins(types: list[str]) -> Iterator[dict[str, str]]:
    """The environment in which Terraform finds the stand-in provider.

    Its provisioners find a gcloud that does nothing, and no other program.
    """
    with (
        provider.serve(provider_schema(types)) as environment,
        tempfile.TemporaryDirectory() as programs,
    ):
        gcloud = Path(programs) / "gcloud"
        gcloud.write_text("#!/bin/sh\n")
        gcloud.chmod(0o755)
        yield environment | {"PATH": programs}


def main() -> None:
    folder, *arguments = sys.argv[1:]
    relative = Path(folder).resolve().relative_to(REPOSITORY)
    with stand_ins(used_types()) as environment, tempfile.TemporaryDirectory() as temporary:
        tree = copy_of_repository(Path(temporary), environment)
        try:
            tree.init(relative)
            print(tree.run(relative, *arguments), end="")
        except TerraformError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
