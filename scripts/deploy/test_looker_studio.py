"""The Looker Studio URL names an environment's views."""

import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

REPOSITORY = Path(__file__).parents[2]
VIEWS = sorted(path.stem for path in (REPOSITORY / "analytics/sql").glob("*.sql"))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for part in ("scripts", "analytics/sql"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    settings = tmp_path / "infra/envs/test/terraform.tfvars"
    settings.parent.mkdir(parents=True)
    settings.write_text('project_id = "example-project"\nregion = "europe-west1"\n')
    return tmp_path


def run(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "scripts/deploy/looker_studio.sh", "test", *arguments]
    return subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)


def parameters(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    url = urlsplit(run.stdout.splitlines()[0])
    assert url[:3] == ("https", "lookerstudio.google.com", "/reporting/create")
    return {name: value for name, (value,) in parse_qs(url.query, strict_parsing=True).items()}


def source(alias: str, view: str) -> dict[str, str]:
    return {
        f"ds.{alias}.connector": "bigQuery",
        f"ds.{alias}.type": "TABLE",
        f"ds.{alias}.projectId": "example-project",
        f"ds.{alias}.datasetId": "darkroom_analytics",
        f"ds.{alias}.tableId": view,
        f"ds.{alias}.datasourceName": view,
    }


def test_a_new_report_is_over_the_images(workspace: Path) -> None:
    made = run(workspace)
    expected = {"c.mode": "edit", "r.reportName": "Darkroom", **source("ds0", "images")}
    assert parameters(made) == expected
    assert all(view in made.stdout for view in VIEWS)


def test_a_template_is_copied_over_every_view(workspace: Path) -> None:
    expected = {"c.mode": "edit", "r.reportName": "Darkroom", "c.reportId": "an-id_1"}
    for view in VIEWS:
        expected |= source(view, view)
    assert parameters(run(workspace, "an-id_1")) == expected


def test_a_template_is_named_by_its_id(workspace: Path) -> None:
    refused = run(workspace, "https://lookerstudio.google.com/reporting/an-id")
    assert refused.returncode == 1
    assert "TEMPLATE is a report's id" in refused.stderr
