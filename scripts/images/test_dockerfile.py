"""The Dockerfiles beside what they must agree with: no daemon is needed to see that."""

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


def test_it_builds_with_the_toolchain_of_the_workspace() -> None:
    toolchain = tomllib.loads((REPOSITORY / "rust-toolchain.toml").read_text())
    assert found(r"rust:([\d.]+)-", DOCKERFILE) == toolchain["toolchain"]["channel"]


def test_it_lists_crates_with_the_program_that_setup_installs() -> None:
    setup = (REPOSITORY / "scripts/setup/images.sh").read_text()
    version = found(r"auditable_version=(\S+)", setup)
    assert found(r"cargo-auditable@(\S+)", DOCKERFILE) == version


def test_the_dashboard_has_the_python_that_its_packages_are_pinned_for() -> None:
    setup = (REPOSITORY / "scripts/setup/analytics.sh").read_text()
    dockerfile = (REPOSITORY / "analytics/dashboard/Dockerfile").read_text()
    assert found(r"python:([\d.]+)-", dockerfile) == found(r"dashboard_python_version=(\S+)", setup)


def test_it_is_given_every_member_of_the_workspace() -> None:
    workspace = tomllib.loads((REPOSITORY / "Cargo.toml").read_text())["workspace"]
    members = {member.split("/")[0] for member in workspace["members"]}
    given = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert {f"!{member}" for member in members} <= set(given)
