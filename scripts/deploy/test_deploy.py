"""Deploys, rollbacks and the rest, as `make` runs them, against fakes of the programs they call.

A dry run says what would be called; a real run is noted by the fakes. Both must be the same calls,
and the calls asserted here.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
PROGRAMS = ("bq", "curl", "gcloud", "git", "make", "skopeo", "sleep", "terraform")

PROJECT = "example-project"
REGION = "europe-west1"
WHERE = f"--project={PROJECT} --region={REGION}"
COMMIT = "0123456789ab"
DIGEST = f"sha256:{'5' * 64}"
CANDIDATE_URL = "https://candidate---upload-signer-abc-ew.a.run.app"
SERVICE_URL = "https://upload-signer-abc-ew.a.run.app"

# What Terraform has made, and what of it is forgotten before the rest is destroyed.
STATE = ["module.archive.google_storage_bucket.this", "module.evidence.google_storage_bucket.this"]

# What stands for an answer in a dry run, and what the fakes answer.
STAND_INS = {
    "<candidate-url>": CANDIDATE_URL,
    "module.evidence.<resource>": STATE[1],
    "<digest>": DIGEST,
    "<previous>": "f-00001-old",
    "<revision>": "f-00003-new",
    "<serving>": "f-00002-now",
}


@dataclass
class Run:
    """What came of a command."""

    status: int
    stdout: str
    stderr: str
    calls: list[str]
    stdin: dict[str, str]

    @property
    def transcript(self) -> list[str]:
        """The commands it printed, with answers for their stand-ins."""
        lines = [line[2:] for line in self.stdout.splitlines() if line.startswith("$ ")]
        commands = [shlex.join(shlex.split(line)) for line in lines]
        for stand_in, answer in STAND_INS.items():
            commands = [command.replace(stand_in, answer) for command in commands]
        return [shlex.join(shlex.split(command)) for command in commands]


class Workspace:
    """A copy of the scripts beside an environment, with fakes first on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = answers()
        shutil.copy(REPOSITORY / "Makefile", folder)
        shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
        for function in (REPOSITORY / "functions").iterdir():
            (folder / "functions" / function.name).mkdir(parents=True)
        self.settings = folder / "infra/envs/test/terraform.tfvars"
        self.settings.parent.mkdir(parents=True)
        self.settings.write_text(f'project_id = "{PROJECT}"\nregion     = "{REGION}" # here\n')
        self._make_fakes()

    def _make_fakes(self) -> None:
        folder = self.folder / "fakes"
        folder.mkdir()
        fake = folder / "fake"
        fake.write_text(f"#!{sys.executable} -S\n" + (FOLDER / "fake.py").read_text())
        fake.chmod(0o755)
        for program in PROGRAMS:
            (folder / program).symlink_to(fake)

    def make(self, *arguments: str, dry_run: bool = False) -> Run:
        """Runs the real make, whose recipes then find the fakes."""
        notes = self.folder / "calls"
        notes.write_text("")
        answers = self.folder / "answers.json"
        answers.write_text(json.dumps(self.answers))
        make = shutil.which("make")
        assert make
        result = subprocess.run(
            [make, *arguments, *(["DRY_RUN=1"] if dry_run else [])],
            cwd=self.folder,
            env={
                "ANSWERS": str(answers),
                "CALLS": str(notes),
                "HOME": str(self.folder),
                "PATH": f"{self.folder / 'fakes'}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        noted = [json.loads(line) for line in notes.read_text().splitlines()]
        calls = [(shlex.join(note["call"]), note["stdin"]) for note in noted]
        return Run(
            status=result.returncode,
            stdout=result.stdout,
            stderr=result.stderr,
            calls=[call for call, _ in calls if not call.startswith("git ")],
            stdin={call: stdin for call, stdin in calls if stdin},
        )

    def answer(self, start: str, *given: str, status: int = 0) -> None:
        """Answers calls that start so in another way than usual."""
        self.answers.insert(0, [start, [{"stdout": text, "status": status} for text in given]])


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def service(**status: object) -> str:
    """A function's description, as gcloud prints it."""
    return json.dumps({"status": {"latestCreatedRevisionName": "f-00002-now", **status}})


def revision(labels: dict[str, str], ready: str = "True") -> str:
    """A revision's description."""
    return json.dumps(
        {
            "metadata": {"creationTimestamp": "2026-11-22T10:00:00Z", "labels": labels},
            "status": {
                "conditions": [{"type": "Ready", "status": ready}],
                "imageDigest": f"{REGION}-docker.pkg.dev/x/darkroom/f@{DIGEST}",
            },
        }
    )


def answers() -> list[list[object]]:
    """What the programs answer where all is well. The first that fits a call counts."""
    now = {"revisionName": "f-00002-now", "percent": 100}
    new = {"revisionName": "f-00003-new", "tag": "candidate", "url": CANDIDATE_URL}
    before, after = (
        service(traffic=[now]),
        service(traffic=[now, new], latestCreatedRevisionName="f-00003-new", url=SERVICE_URL),
    )
    pool = service(instanceSplits=[now])
    new_pool = service(instanceSplits=[now], latestCreatedRevisionName="f-00003-new")
    revisions = revision({"replaces": "f-00001-old"})

    def answer(start: str, *given: str) -> list[object]:
        return [start, [{"stdout": text} for text in given]]

    return [
        answer("git describe", COMMIT),
        answer("gcloud run services describe", before, after),
        answer("gcloud beta run worker-pools describe", pool, new_pool),
        answer("gcloud run revisions describe", revisions),
        answer("gcloud beta run worker-pools revisions describe", revisions),
        answer("gcloud auth print-access-token", "an-access-token"),
        answer("gcloud auth print-identity-token", "an-identity-token"),
        answer("gcloud config get account", "somebody@example.com"),
        answer("gcloud logging read", "2026-11-22T10:01:00Z"),
        answer("skopeo inspect", DIGEST),
        answer("curl", '{"status":"ok","revision":"f-00003-new"}'),
        answer("bq", '[{"images":"0"}]'),
        answer("terraform -chdir=infra/envs/test state list", "\n".join(STATE)),
    ]


def push_calls(function: str) -> list[str]:
    repository = f"{REGION}-docker.pkg.dev/{PROJECT}/darkroom/{function}"
    archive = f"oci-archive:target/images/{function}.oci.tar"
    return [
        f"make --no-print-directory image-{function}",
        f"skopeo inspect --format '{{{{.Digest}}}}' {archive}",
        "gcloud auth print-access-token",
        "skopeo login --username oauth2accesstoken --password-stdin " + REGION + "-docker.pkg.dev",
        f"skopeo copy --preserve-digests {archive} docker://{repository}:{COMMIT}",
        f"skopeo copy --preserve-digests {archive} docker://{repository}:latest",
    ]


def deploy_service_calls(function: str) -> list[str]:
    repository = f"{REGION}-docker.pkg.dev/{PROJECT}/darkroom/{function}"
    return [
        f"gcloud run services describe {function} {WHERE} --format=json",
        *push_calls(function),
        f"gcloud run services update {function} {WHERE} --image={repository}@{DIGEST} "
        "--update-labels=replaces=f-00002-now --no-traffic",
        f"gcloud run services describe {function} {WHERE} --format=json",
        f"gcloud run services update-traffic {function} {WHERE} "
        "--update-tags=candidate=f-00003-new",
        f"gcloud run services describe {function} {WHERE} --format=json",
        "gcloud config get account",
        "gcloud auth print-identity-token",
        "curl --silent --show-error --fail --max-time 30 --retry 5 --retry-all-errors "
        f"--header @- {CANDIDATE_URL}/health",
        f"gcloud run services update-traffic {function} {WHERE} --to-revisions=f-00003-new=100",
    ]


def deploy_dashboard_calls() -> list[str]:
    repository = f"{REGION}-docker.pkg.dev/{PROJECT}/darkroom/dashboard"
    return [
        f"gcloud run services describe dashboard {WHERE} --format=json",
        *push_calls("dashboard"),
        f"gcloud run services update dashboard {WHERE} --image={repository}@{DIGEST} "
        "--update-labels=replaces=f-00002-now --no-traffic",
        f"gcloud run services describe dashboard {WHERE} --format=json",
        f"gcloud run revisions describe f-00003-new {WHERE} --format=json",
        f"gcloud run services update-traffic dashboard {WHERE} --to-revisions=f-00003-new=100",
    ]


LAG = shlex.join(
    [
        *("gcloud", "logging", "read"),
        "resource.type=cloud_run_worker_pool resource.labels.worker_pool_name=kafka-ingest "
        "resource.labels.revision_name=f-00003-new jsonPayload.message=lag",
        *(f"--project={PROJECT}", "--freshness=10m", "--limit=1", "--format=value(timestamp)"),
    ]
)


def deploy_worker_pool_calls(function: str) -> list[str]:
    repository = f"{REGION}-docker.pkg.dev/{PROJECT}/darkroom/{function}"
    pools = "gcloud beta run worker-pools"
    return [
        f"{pools} describe {function} {WHERE} --format=json",
        *push_calls(function),
        f"{pools} update {function} {WHERE} --image={repository}@{DIGEST} "
        "--update-labels=replaces=f-00002-now --no-promote",
        f"{pools} describe {function} {WHERE} --format=json",
        f"{pools} revisions describe f-00003-new {WHERE} --format=json",
        f"{pools} update-instance-split {function} {WHERE} --to-revisions=f-00003-new=100",
        LAG,
    ]


FUNCTIONS = sorted(path.name for path in (REPOSITORY / "functions").iterdir())
TERRAFORM = "terraform -chdir=infra/envs/test"
INIT = f"{TERRAFORM} init -input=false -backend-config=bucket={PROJECT}-tfstate"
DESTROY = [
    f"{TERRAFORM} apply -var=allow_destroy=true",
    f"{TERRAFORM} state list",
    f"{TERRAFORM} state rm {STATE[1]}",
    f"{TERRAFORM} destroy -var=allow_destroy=true",
]
KEPT = [
    *(
        f"gcloud storage objects list 'gs://{PROJECT}-{role}/**' --limit=1 '--format=value(name)'"
        for role in ("ingest", "archive", "records", "references", "erasures")
    ),
    f"bq --project_id={PROJECT} --format=json query --use_legacy_sql=false "
    "'SELECT COUNT(*) AS images FROM darkroom.image_records'",
]
EXPECTED = {
    **{
        f"deploy-{function}": deploy_worker_pool_calls(function)
        if function == "kafka-ingest"
        else deploy_service_calls(function)
        for function in FUNCTIONS
    },
    "deploy-dashboard": deploy_dashboard_calls(),
    "push-dashboard": push_calls("dashboard"),
    "push-upload-signer": push_calls("upload-signer"),
    "rollback-dashboard": [
        f"gcloud run services describe dashboard {WHERE} --format=json",
        f"gcloud run revisions describe f-00002-now {WHERE} --format=json",
        f"gcloud run services update-traffic dashboard {WHERE} --to-revisions=f-00001-old=100",
    ],
    "rollback-upload-signer": [
        f"gcloud run services describe upload-signer {WHERE} --format=json",
        f"gcloud run revisions describe f-00002-now {WHERE} --format=json",
        f"gcloud run services update-traffic upload-signer {WHERE} --to-revisions=f-00001-old=100",
    ],
    "rollback-kafka-ingest": [
        f"gcloud beta run worker-pools describe kafka-ingest {WHERE} --format=json",
        f"gcloud beta run worker-pools revisions describe f-00002-now {WHERE} --format=json",
        f"gcloud beta run worker-pools update-instance-split kafka-ingest {WHERE} "
        "--to-revisions=f-00001-old=100",
    ],
    "bootstrap": [
        "terraform -chdir=infra/bootstrap init -input=false -reconfigure "
        "-backend-config=path=test.tfstate",
        f"terraform -chdir=infra/bootstrap apply -var=project_id={PROJECT} -var=region={REGION}",
    ],
    "plan": [INIT, f"{TERRAFORM} plan"],
    "apply": [INIT, f"{TERRAFORM} apply"],
    "destroy": [INIT, *KEPT, *DESTROY],
}


@pytest.mark.parametrize("target", EXPECTED)
def test_a_dry_run_prints_the_calls_and_makes_none(workspace: Workspace, target: str) -> None:
    run = workspace.make(target, "ENV=test", dry_run=True)
    assert run.status == 0, run.stderr
    assert run.transcript == EXPECTED[target]
    assert run.calls == []


@pytest.mark.parametrize("target", EXPECTED)
def test_a_run_makes_these_calls_and_prints_them(workspace: Workspace, target: str) -> None:
    run = workspace.make(target, "ENV=test")
    assert run.status == 0, run.stderr
    assert run.calls == EXPECTED[target]
    assert run.transcript == EXPECTED[target]


def test_tokens_are_given_by_standard_input_and_never_printed(workspace: Workspace) -> None:
    run = workspace.make("deploy-upload-signer", "ENV=test")
    given = {call.split()[0]: text for call, text in run.stdin.items()}
    assert given["skopeo"] == "an-access-token\n"
    assert given["curl"] == "Authorization: Bearer an-identity-token\n"
    everything = run.stdout + run.stderr + "".join(run.calls)
    assert "an-access-token" not in everything
    assert "an-identity-token" not in everything


def moves_traffic(run: Run) -> bool:
    return any("--to-revisions" in call for call in run.calls)


def failed_deploy(workspace: Workspace, function: str, *said: str) -> Run:
    run = workspace.make(f"deploy-{function}", "ENV=test")
    assert run.status != 0
    assert not moves_traffic(run)
    for text in (f"{function} is not deployed", *said):
        assert text in run.stderr
    return run


def test_no_traffic_moves_to_a_revision_that_does_not_answer(workspace: Workspace) -> None:
    workspace.answer("curl", "", status=22)
    failed_deploy(
        workspace,
        "upload-signer",
        "It stopped at: Smoke-test the revision.",
        "f-00002-now serves, and there is nothing to undo",
        "gcloud logging read 'resource.type=cloud_run_revision",
    )


def test_no_traffic_moves_when_another_revision_answers(workspace: Workspace) -> None:
    workspace.answer("curl", '{"status":"ok","revision":"f-00002-now"}')
    failed_deploy(workspace, "upload-signer", "was not answered by f-00003-new")


def test_no_traffic_moves_to_a_dashboard_that_is_not_ready(workspace: Workspace) -> None:
    workspace.answer("gcloud run revisions", revision({}, ready="False"))
    failed_deploy(workspace, "dashboard", "f-00003-new is not ready")


def test_no_instances_move_to_a_revision_that_is_not_ready(workspace: Workspace) -> None:
    workspace.answer("gcloud beta run worker-pools revisions", revision({}, ready="False"))
    failed_deploy(workspace, "kafka-ingest", "f-00003-new is not ready")


@pytest.mark.parametrize(
    ("call", "step"),
    [
        ("gcloud run services describe", "See what serves"),
        ("make", "Build and push the image"),
        ("skopeo inspect", "Build and push the image"),
        ("gcloud auth print-access-token", "Build and push the image"),
        ("skopeo login", "Build and push the image"),
        ("skopeo copy", "Build and push the image"),
        ("gcloud run services update", "Make a revision of it that serves nothing"),
        ("gcloud run services update-traffic", "Smoke-test the revision"),
        ("gcloud config get account", "Smoke-test the revision"),
        ("gcloud auth print-identity-token", "Smoke-test the revision"),
    ],
)
def test_a_deploy_ends_at_the_call_that_fails(workspace: Workspace, call: str, step: str) -> None:
    workspace.answer(call, "", status=1)
    run = failed_deploy(workspace, "upload-signer", f"It stopped at: {step}.")
    assert run.calls[-1].startswith(call)


def test_a_service_account_asks_for_a_token_for_the_service(workspace: Workspace) -> None:
    workspace.answer("gcloud config get account", "ci@example-project.iam.gserviceaccount.com")
    run = workspace.make("deploy-upload-signer", "ENV=test")
    assert run.status == 0, run.stderr
    assert f"gcloud auth print-identity-token --audiences={SERVICE_URL}" in run.calls


def test_a_deploy_whose_last_call_fails_says_that_it_may_serve(workspace: Workspace) -> None:
    move = f"gcloud run services update-traffic upload-signer {WHERE} --to-revisions"
    workspace.answer(move, "", status=1)
    run = workspace.make("deploy-upload-signer", "ENV=test")
    assert run.status != 0
    assert "f-00003-new may serve all the same" in run.stderr
    assert "make rollback-upload-signer" in run.stderr
    assert "nothing to undo" not in run.stderr


def test_instances_move_back_from_a_revision_that_does_not_tell_its_lag(
    workspace: Workspace,
) -> None:
    workspace.answer("gcloud logging read", "")
    run = workspace.make("deploy-kafka-ingest", "ENV=test")
    assert run.status != 0
    assert "f-00003-new ran for five minutes and took nothing in" in run.stderr
    split = f"gcloud beta run worker-pools update-instance-split kafka-ingest {WHERE}"
    moves = [call for call in run.calls if "--to-revisions" in call]
    assert moves == [f"{split} --to-revisions=f-0000{r}=100" for r in ("3-new", "2-now")]
    assert run.calls.count(LAG) == 20


def test_a_bucket_is_destroyed_with_its_grants_in_force(workspace: Workspace) -> None:
    grants = "module.archive.google_storage_bucket_iam_policy.this"
    workspace.answer(f"{TERRAFORM} state list", "\n".join([*STATE, grants]))
    run = workspace.make("destroy", "ENV=test")
    assert run.status == 0, run.stderr
    assert f"{TERRAFORM} state rm {STATE[1]} {grants}" in run.calls


def test_a_destroy_that_is_run_again_has_nothing_left_to_forget(workspace: Workspace) -> None:
    workspace.answer(f"{TERRAFORM} state list", STATE[0])
    run = workspace.make("destroy", "ENV=test")
    assert run.status == 0, run.stderr
    assert not any("state rm" in call for call in run.calls)
    assert run.calls[-1] == DESTROY[-1]


def test_what_is_not_committed_is_not_deployed(workspace: Workspace) -> None:
    workspace.answer("git describe", f"{COMMIT}-dirty")
    run = failed_deploy(workspace, "upload-signer", "uncommitted changes")
    assert not any(call.startswith(("make", "skopeo")) for call in run.calls)


def test_a_rollback_with_nothing_to_go_back_to_says_so(workspace: Workspace) -> None:
    workspace.answer("gcloud run revisions describe", revision({}))
    run = workspace.make("rollback-upload-signer", "ENV=test")
    assert run.status != 0
    assert "f-00002-now took over from no other revision" in run.stderr
    assert not moves_traffic(run)


@pytest.mark.parametrize("role", ["ingest", "archive", "records", "references", "erasures"])
def test_nothing_is_destroyed_while_a_bucket_holds_something(
    workspace: Workspace, role: str
) -> None:
    workspace.answer(f"gcloud storage objects list gs://{PROJECT}-{role}", "aa/x/original\n")
    refused(workspace, f"gs://{PROJECT}-{role} is not empty")


def test_nothing_is_destroyed_while_the_warehouse_has_rows(workspace: Workspace) -> None:
    workspace.answer("bq", '[{"images":"12"}]')
    refused(workspace, "darkroom.image_records has 12 rows")


@pytest.mark.parametrize("call", ["gcloud storage objects list", "bq"])
def test_nothing_is_destroyed_when_it_cannot_be_told(workspace: Workspace, call: str) -> None:
    workspace.answer(call, "", status=1)
    refused(workspace, "it cannot be told")


def refused(workspace: Workspace, said: str) -> None:
    run = workspace.make("destroy", "ENV=test")
    assert run.status != 0
    assert said in run.stderr
    assert "make destroy ENV=test FORCE=1" in run.stderr
    assert not set(DESTROY) & set(run.calls)


def test_force_destroys_whatever_is_kept(workspace: Workspace) -> None:
    workspace.answer("gcloud storage objects list", "aa/x/original\n")
    run = workspace.make("destroy", "ENV=test", "FORCE=1")
    assert run.status == 0
    assert run.calls == [INIT, *DESTROY]


def test_status_tells_what_serves_and_what_is_newer(workspace: Workspace) -> None:
    split = [
        {"revisionName": "f-00001-old", "percent": 10},
        {"revisionName": "f-00002-now", "percent": 90},
    ]
    newer = service(traffic=split, latestCreatedRevisionName="f-00003-new")
    workspace.answer("gcloud run services describe upload-signer", newer)
    workspace.answer("gcloud run services describe purge-auditor", "", status=1)
    run = workspace.make("status", "ENV=test")
    assert run.status == 0, run.stderr
    rows = [line.split() for line in run.stdout.splitlines() if not line.startswith("$")]
    of_signer = [row[1:4] for row in rows if row[0] == "upload-signer"]
    assert of_signer[:2] == [["f-00001-old", "10", "%"], ["f-00002-now", "90", "%"]]
    assert " ".join(of_signer[2]) == "f-00003-new 0 %"
    assert all(DIGEST in row for row in rows if row[1] in ("f-00001-old", "f-00002-now"))
    assert ["purge-auditor", "cannot", "be", "described"] in rows
    assert {row[0] for row in rows} == {"FUNCTION", "dashboard", *FUNCTIONS}


@pytest.mark.parametrize("target", ["deploy", "rollback", "push", "image"])
def test_an_unknown_function_is_named_beside_the_known(workspace: Workspace, target: str) -> None:
    run = workspace.make(f"{target}-nothing", "ENV=test", "-o", "setup")
    assert run.status != 0
    assert "there is no function 'nothing'" in run.stderr
    assert all(function in run.stderr for function in FUNCTIONS)
    assert run.calls == []


TARGETS = ["deploy-upload-signer", "rollback-upload-signer", "push-upload-signer", "status"]
TARGETS += ["bootstrap", "plan", "apply", "destroy"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("arguments", [["ENV=nowhere"], []])
def test_an_unknown_environment_is_named_beside_the_known(
    workspace: Workspace, target: str, arguments: list[str]
) -> None:
    run = workspace.make(target, *arguments)
    assert run.status != 0
    assert "there are: test" in run.stderr
    assert run.calls == []


def test_an_environment_without_settings_is_told_of(workspace: Workspace) -> None:
    workspace.settings.unlink()
    run = workspace.make("plan", "ENV=test")
    assert run.status != 0
    assert "infra/envs/test/terraform.tfvars is missing" in run.stderr


@pytest.mark.parametrize("missing", ["project_id", "region"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_setting_that_is_missing_is_named(
    workspace: Workspace, target: str, missing: str
) -> None:
    lines = workspace.settings.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(missing)]
    workspace.settings.write_text("\n".join(kept))
    run = workspace.make(target, "ENV=test")
    assert run.status != 0
    assert f"infra/envs/test/terraform.tfvars does not set {missing}" in run.stderr
    assert run.calls == []
