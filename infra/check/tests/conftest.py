"""What the tests share: the tree, initialised once, and what Terraform makes of it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import terraform
from resources import Resources
from terraform import REPOSITORY, Tree

SCENARIOS = Path(terraform.__file__).parent / "scenarios"
ENVIRONMENTS = [root for root in terraform.roots() if root.parts[:2] == ("infra", "envs")]
PRODUCTION = Path("infra/envs/production")
PROJECT = "example-project"
# What the tree does not use and the mistakes of test_mistakes.py do.
TYPES_OF_MISTAKES = ("google_service_account_key", "google_storage_bucket_iam_member")


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """A copy of the tree, every folder of it initialised."""
    types = {*terraform.used_types(), *TYPES_OF_MISTAKES}
    with terraform.stand_ins(sorted(types)) as environment:
        copy = terraform.copy_of_repository(tmp_path_factory.mktemp("tree"), environment)
        for root in terraform.roots():
            copy.init(root)
        yield copy


@pytest.fixture(scope="session")
def plan(tree: Tree) -> dict[str, Any]:
    """The plan of production with the managed Kafka cluster."""
    return tree.plan(PRODUCTION, SCENARIOS / "managed-kafka.tfvars")


@pytest.fixture(scope="session")
def made(tree: Tree, plan: dict[str, Any]) -> Resources:
    """What that plan makes."""
    return Resources(tree.apply(PRODUCTION))


@pytest.fixture(scope="session")
def topology() -> dict[str, Any]:
    """What the local stack is, as `make check-infra` has built it."""
    program = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/local-stack"
    printed = subprocess.run([program, "topology"], check=True, capture_output=True)
    return json.loads(printed.stdout)
