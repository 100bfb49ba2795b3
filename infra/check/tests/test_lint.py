"""Linters over what is no Terraform, and checkov over what is; each finds the mistake it is shown."""

import subprocess
from pathlib import Path

import pytest

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

SKIPPED = ("target", ".git", ".local", ".terraform")


def files(pattern: str) -> list[Path]:
    found = (path.relative_to(REPOSITORY) for path in REPOSITORY.rglob(pattern) if path.is_file())
    return sorted(path for path in found if not set(path.parts).intersection(SKIPPED))


def bash_scripts() -> list[Path]:
    scripts = {path for folder in ("scripts", ".ci") for path in files(f"{folder}/**/*")}
    return sorted(
        path for path in scripts if b"bash" in first_line(path) and b"#!" in first_line(path)
    )


def first_line(path: Path) -> bytes:
    return (REPOSITORY / path).read_bytes().partition(b"\n")[0]


def complaints(command: list[str], *arguments: Path) -> str:
    """What a linter says, if it fails."""
    result = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=REPOSITORY,
        text=True,
        capture_output=True,
        check=False,
    )
    return result.stdout + result.stderr if result.returncode else ""


def test_the_shell_scripts_are_sound() -> None:
    scripts = bash_scripts()
    assert Path("scripts/setup.sh") in scripts
    assert complaints(SHELLCHECK, *scripts) == ""


def test_every_sourced_script_is_checked() -> None:
    """shellcheck reaches a script that is no program by whoever sources it."""
    programs = bash_scripts()
    sourced = [path for path in files("*.sh") if path not in programs]
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


def test_checkov_finds_nothing() -> None:
    assert complaints(CHECKOV) == ""


def test_checkov_finds_a_port_that_is_open_to_everybody(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("""resource "google_compute_firewall" "ssh" {
  name          = "ssh"
  network       = "default"
  source_ranges = ["0.0.0.0/0"]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}
""")
    assert "CKV_GCP_2" in complaints([*CHECKOV, "--directory"], tmp_path)


def test_the_checks_themselves_are_formatted_and_linted() -> None:
    ruff = [str(PROGRAMS / "ruff")]
    assert complaints([*ruff, "format", "--check", "--quiet"], CHECK) == ""
    assert complaints([*ruff, "check", "--quiet"], CHECK) == ""
