"""Terraform itself, on every folder."""

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ENVIRONMENTS, PRODUCTION, SCENARIOS

import policies
import terraform
from resources import Resources
from terraform import TerraformError, Tree

BOOTSTRAP = Path("infra/bootstrap")
SCENARIO_FILES = sorted(SCENARIOS.glob("*.tfvars"))


def name(value: Path) -> str:
    return value.stem if value.suffix else str(value)


def test_everything_is_formatted(tree: Tree) -> None:
    tree.run(Path("infra"), "fmt", "-check", "-diff", "-recursive")


@pytest.mark.parametrize("root", terraform.roots(), ids=name)
def test_a_folder_is_valid(tree: Tree, root: Path) -> None:
    tree.validate(root)


@pytest.mark.parametrize("root", terraform.roots(), ids=name)
def test_a_folder_wants_the_versions_that_are_checked(tree: Tree, root: Path) -> None:
    text = (tree.root / root / "versions.tf").read_text()
    assert text == (tree.root / PRODUCTION / "versions.tf").read_text()
    assert re.search(r'version\s*= ">= 6\.50, < 8"', text)


TESTED = [
    root for root in terraform.roots() if list((terraform.REPOSITORY / root).rglob("*.tftest.hcl"))
]


@pytest.mark.parametrize("root", TESTED, ids=name)
def test_the_tests_of_a_folder_pass(tree: Tree, root: Path) -> None:
    tree.run(root, "test")


@pytest.mark.parametrize("scenario", SCENARIO_FILES, ids=name)
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=name)
def test_an_environment_keeps_the_rules(
    tree: Tree, environment: Path, scenario: Path, tmp_path: Path
) -> None:
    plan = tree.copy_to(tmp_path).plan(environment, scenario)
    found = policies.check(Resources(plan), public_services(plan))
    assert not found, "\n".join(found)


def test_bootstrap_keeps_the_rules(tree: Tree, tmp_path: Path) -> None:
    variables = tmp_path / "bootstrap.tfvars"
    variables.write_text('project_id = "example-project"\nregion = "europe-west1"\n')
    plan = tree.plan(BOOTSTRAP, variables)
    found = policies.check(Resources(plan))
    assert not found, "\n".join(found)


def test_a_provisioner_reaches_no_program_of_this_machine(tree: Tree, tmp_path: Path) -> None:
    folder, variables = Path("infra/provisioner"), tmp_path / "none.tfvars"
    copy = tree.copy_to(tmp_path / "tree")
    variables.touch()
    (copy.root / folder).mkdir()
    (copy.root / folder / "main.tf").write_text("""resource "terraform_data" "call" {
  provisioner "local-exec" {
    command = "gcloud version && env"
  }
}
""")
    copy.init(folder)
    copy.plan(folder, variables)
    with pytest.raises(TerraformError, match="env: not found"):
        copy.apply(folder)


def public_services(plan: dict[str, Any]) -> tuple[str, ...]:
    """The upload-signer may be called by everybody, where its variable says so."""
    invokers = plan["variables"]["signer_invokers"]["value"]
    return ("upload-signer",) if "allUsers" in invokers else ()
