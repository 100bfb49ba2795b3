"""Linters, and checkov over the Terraform. Each finds the mistake that it is shown."""

import re
import subprocess
from pathlib import Path

import pytest

import terraform
from terraform import REPOSITORY

CHECK = REPOSITORY / "infra/check"
PROGRAMS = REPOSITORY / ".local/infra/bin"
CHECKOV = [
    str(REPOSITORY / ".local/checkov/bin/checkov"),
    "--config-file",
    str(CHECK / "checkov.yaml"),
]
HADOLINT = [str(PROGRAMS / "hadolint"), "--config", str(CHECK / "hadolint.yaml")]
# Scripts that are sourced are checked where they are, because they use what others define.
SHELLCHECK = ["shellcheck", "--external-sources", "--check-sourced"]


def files(pattern: str) -> list[Path]:
    """The repository's files, those included that are not committed yet."""
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    listed = subprocess.run(git, cwd=REPOSITORY, text=True, capture_output=True, check=True)
    found = map(Path, listed.stdout.splitlines())
    return sorted(path for path in found if (REPOSITORY / path).is_file())


def bash_scripts() -> list[Path]:
    scripts = files("*.sh") + files(".ci/*")
    return [path for path in scripts if re.match(rb"#!.*\bbash", first_line(path))]


def first_line(path: Path) -> bytes:
    return (REPOSITORY / path).read_bytes().partition(b"\n")[0]


def complaints(command: list[str], *arguments: Path, cwd: Path = REPOSITORY) -> str:
    """What a linter says, if it fails."""
    given = [*command, *map(str, arguments)]
    result = subprocess.run(given, cwd=cwd, text=True, capture_output=True, check=False)
    return result.stdout + result.stderr if result.returncode else ""


def test_the_shell_scripts_are_sound() -> None:
    scripts = bash_scripts()
    assert Path("scripts/setup.sh") in scripts
    assert complaints(SHELLCHECK, *scripts) == ""


def test_every_sourced_script_is_checked() -> None:
    """shellcheck reaches a script that is no program by whoever sources it."""
    programs = bash_scripts()
    sourced = [path for path in files("scripts/*.sh") if path not in programs]
    text = "\n".join((REPOSITORY / path).read_text() for path in [*programs, *sourced])
    assert [path for path in sourced if f"source {path}" not in text] == []


def test_an_unsound_script_is_found(tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    script.write_text("#!/usr/bin/env bash\nrm -rf $1/tmp\n")
    assert "SC2086" in complaints(SHELLCHECK, script)


@pytest.mark.parametrize("dockerfile", files("*Dockerfile*"), ids=str)
def test_a_dockerfile_is_sound(dockerfile: Path) -> None:
    assert complaints(HADOLINT, dockerfile) == ""


def test_an_unsound_dockerfile_is_found(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM debian:latest\nRUN cd /tmp && apt-get install curl\n")
    assert "DL3007" in complaints(HADOLINT, dockerfile)


OPEN_PORT = """resource "google_compute_firewall" "mistake" {
  name          = "mistake"
  network       = "default"
  source_ranges = ["0.0.0.0/0"]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}
"""


def test_checkov_finds_an_open_port_and_nothing_else(tmp_path: Path) -> None:
    terraform.copy_of_repository(tmp_path, {})
    (tmp_path / "infra/envs/production/mistake.tf").write_text(OPEN_PORT)
    said = complaints(CHECKOV, cwd=tmp_path)
    assert re.findall(r"^Check: (\w+)", said, re.M) == ["CKV_GCP_2"], said


def test_the_checks_themselves_are_formatted_and_linted() -> None:
    ruff = [str(PROGRAMS / "ruff")]
    assert complaints([*ruff, "format", "--check", "--quiet"], CHECK) == ""
    assert complaints([*ruff, "check", "--quiet"], CHECK) == ""
