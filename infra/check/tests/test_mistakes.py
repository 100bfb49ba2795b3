"""The checks can fail: each deliberate mistake in the real tree is found, by the checker named.

The checkers are asked in the order in which they run, so it shows when one before finds a mistake.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import PRODUCTION, PROJECT, SCENARIOS

import drift
import grants
import policies
from resources import Resources
from terraform import TerraformError, Tree

BUCKET = "modules/bucket/main.tf"
TRIGGER = "modules/trigger/main.tf"
SERVICE = "modules/service/main.tf"
POOL = "modules/worker-pool/main.tf"
SCHEDULE = "modules/schedule/main.tf"
WAREHOUSE = "modules/warehouse/main.tf"
VIEWS = "modules/warehouse/views.tf"
BUCKETS = "envs/production/buckets.tf"
EVENTS = "envs/production/events.tf"
FUNCTIONS = "envs/production/functions.tf"
KAFKA = "envs/production/kafka.tf"
NEW = "envs/production/mistake.tf"


@dataclass(frozen=True)
class Mistake:
    """`old`, whose … stands for anything, is replaced by `new` in a file of infra/.

    Where there is no `old`, `new` goes to the end of the file.
    """

    name: str
    caught_by: str
    message: str
    file: str
    new: str
    old: str = ""
    # The last three checkers find any number of mistakes at once: a batch of them is made together.
    batch: int = 0

    def alike(self, other: "Mistake") -> bool:
        if self.caught_by not in ("policies", "drift", "grants"):
            return self == other
        return (self.caught_by, self.batch) == (other.caught_by, other.batch)

    def make(self, tree: Tree) -> None:
        path = tree.root / "infra" / self.file
        text = path.read_text() if path.exists() else ""
        if not self.old:
            path.write_text(text + self.new)
            return
        pattern = ".*?".join(re.escape(part) for part in self.old.split("…"))
        changed, count = re.subn(pattern, lambda _: self.new, text, count=1, flags=re.S)
        assert count == 1, f"{self.file} has changed: change this mistake too"
        path.write_text(changed)


def project_member(name: str, role: str, member: str) -> str:
    return f"""resource "google_project_iam_member" "{name}" {{
  project = var.project_id
  role    = "{role}"
  member  = "{member}"
}}
"""


MISTAKES = [
    Mistake(
        "unformatted", "fmt", "fmt", BUCKET,
        old="  name     = var.name", new="  name = var.name",
    ),
    Mistake(
        "misspelt attribute", "validate", "An argument named", BUCKET,
        old="public_access_prevention    =", new="public_acess_prevention     =",
    ),
    Mistake(
        "missing required attribute", "validate", 'The argument "name" is required', NEW,
        new='resource "google_pubsub_topic" "mistake" {}\n',
    ),
    Mistake(
        "missing required block", "validate", 'At least 1 "destination"', TRIGGER,
        old="  destination {…\n  }\n\n", new="",
    ),
    Mistake(
        "wrong type", "validate", "a number is required", SERVICE,
        old="max_instance_request_concurrency = var.concurrency",
        new='max_instance_request_concurrency = "many"',
    ),
    Mistake(
        "unknown resource", "validate", "Invalid resource type", NEW,
        new='resource "google_storage_buckett" "mistake" {}\n',
    ),
    Mistake(
        "unknown variable", "validate", "undeclared input variable", SCHEDULE,
        old="region      = var.location", new="region      = var.locaton",
    ),
    Mistake(
        "attribute that can only be read", "validate", "can only be read", BUCKET,
        old="  project  = var.project_id\n", new="  project  = var.project_id\n  url      = \"gs://x\"\n",
    ),
    Mistake(
        "value that is not in the provider's list", "validate", "must be one of INGRESS", SERVICE,
        old='ingress = "INGRESS_TRAFFIC_ALL"', new='ingress = "INGRESS_TRAFFIC_EVERYBODY"',
    ),
    Mistake(
        "lifecycle action that does not exist", "plan", "lifecycle_rule.action.type", BUCKET,
        old='type = "Delete"', new='type = "Remove"',
    ),
    Mistake(
        "IAM member without its kind", "validate", "must be an IAM member", NEW,
        new=project_member("mistake", "roles/logging.viewer", "somebody@example.com"),
    ),
    Mistake(
        "IAM member without its kind, in a whole policy", "validate", "must be an IAM member", NEW,
        new="""resource "google_storage_bucket_iam_policy" "mistake" {
  bucket = "example"
  policy_data = jsonencode({
    bindings = [{ role = "roles/storage.objectViewer", members = ["somebody@example.com"] }]
  })
}
""",
    ),
    Mistake(
        "scheduler job without a target", "validate", "exactly one of http_target", SCHEDULE,
        old="  http_target {…\n  }\n\n", new="",
    ),
    Mistake(
        "scheduler job with two targets", "validate", "it has http_target, pubsub_target", SCHEDULE,
        old="  http_target {", new="""  pubsub_target {
    topic_name = "projects/example/topics/example"
  }

  http_target {""",
    ),
    Mistake(
        "schedule that is none", "plan", "60 is not between 0 and 59", EVENTS,
        old='"0 * * * *"', new='"60 * * * *"',
    ),
    Mistake(
        "type that BigQuery does not have", "plan", "BigQuery has no type INTEGR",
        "warehouse/purge_ledger.json", old='"INTEGER"', new='"INTEGR"',
    ),
    Mistake(
        "retention of more than seven days in Kafka", "validate", "at most 7 days", KAFKA,
        old="retention_hours     = 144", new="retention_hours     = 168",
    ),
    Mistake(
        "public bucket", "policies", "public access prevention is not enforced", BUCKET,
        old='"enforced"', new='"inherited"',
    ),
    Mistake(
        "access by object", "policies", "access is not uniform", BUCKET,
        old="uniform_bucket_level_access = true", new="uniform_bucket_level_access = false",
    ),
    Mistake(
        "soft delete left on", "policies", "soft delete keeps deleted objects", BUCKET,
        old="""  soft_delete_policy {
    retention_duration_seconds = 0
  }
""", new="",
    ),
    Mistake(
        "soft delete for a week", "policies", "soft delete keeps deleted objects", BUCKET,
        old="retention_duration_seconds = 0", new="retention_duration_seconds = 604800", batch=1,
    ),
    Mistake(
        "versioning on", "policies", "versioning keeps deleted objects", BUCKET,
        old="enabled = false", new="enabled = true",
    ),
    Mistake(
        "lifecycle missing", "policies", "no lifecycle rule deletes objects by their age", BUCKET,
        old="for_each = { for condition, days in local.delete_rules …}\n", new="for_each = {}\n",
    ),
    Mistake(
        "evidence unlocked", "policies", "not under a locked retention policy", BUCKET,
        old="is_locked        = true", new="is_locked        = false",
    ),
    Mistake(
        "images locked", "policies", "a retention policy keeps images", BUCKETS,
        old='  name                          = "${var.project_id}-records"\n',
        new='  name                          = "${var.project_id}-records"\n'
            "  locked_days                   = 1\n",
    ),
    Mistake(
        "primitive role", "policies", "roles/editor for", NEW,
        new=project_member("editor", "roles/editor", "group:developers@example.com"),
    ),
    Mistake(
        "acting as any account", "policies", "so on every account", NEW,
        new=project_member("impersonation", "roles/iam.serviceAccountUser", "group:a@b.com"),
    ),
    Mistake(
        "service account's key", "policies", "can be carried away", NEW,
        new="""resource "google_service_account_key" "mistake" {
  service_account_id = module.upload_signer.email
}
""",
    ),
    Mistake(
        "everybody may call a service that is not public", "policies",
        "roles/run.invoker on image-processor for allUsers", FUNCTIONS,
        old='  name        = "image-processor"\n',
        new='  name        = "image-processor"\n  invokers    = ["allUsers"]\n',
    ),
    Mistake(
        "everybody may read a bucket", "policies", "example for allUsers", NEW,
        new="""resource "google_storage_bucket_iam_member" "mistake" {
  bucket = "example"
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}
""",
    ),
    Mistake(
        "service without an account", "policies", "runs as the default account", POOL,
        old="    service_account = …\n\n", new="",
    ),
    Mistake(
        "another service's account", "policies", "shares upload-signer@", POOL,
        old="service_account = …\n",
        new='service_account = "upload-signer@${var.project_id}.iam.gserviceaccount.com"\n',
        batch=1,
    ),
    Mistake(
        "one bucket for another", "policies", "ARCHIVE_BUCKET is example-project-records",
        FUNCTIONS,
        old="ARCHIVE_BUCKET       = module.archive.name",
        new="ARCHIVE_BUCKET       = module.records.name",
    ),
    Mistake(
        "call without a token", "policies", "calls without an OIDC token", SCHEDULE,
        old="\n    oidc_token {…\n    }\n", new="",
    ),
    Mistake(
        "deleted rows for a week", "policies", "read for more than 48 hours", WAREHOUSE,
        old='max_time_travel_hours      = "48"', new='max_time_travel_hours      = "168"',
    ),
    Mistake(
        "partitions that stay", "policies", "its partitions do not expire", WAREHOUSE,
        old="    expiration_ms = …\n", new="    expiration_ms = null\n",
    ),
    Mistake(
        "table without protection", "policies", "delete it with its rows", WAREHOUSE,
        old="deletion_protection = !var.allow", new="deletion_protection = var.allow",
    ),
    Mistake(
        "dead letters for more than a week", "policies", "for more than seven days",
        "modules/events/main.tf", old='"432000s"', new='"864000s"',
    ),
    Mistake(
        "analysts who read the tables", "policies",
        "READER on darkroom for group:analysts@example.com", WAREHOUSE,
        old="  # The views read these tables, whoever asks them.\n",
        new="""  access {
    role           = "READER"
    group_by_email = var.analysts_group
  }

  # The views read these tables, whoever asks them.
""",
    ),
    Mistake(
        "dashboard that writes views", "policies",
        "WRITER on darkroom_analytics for serviceAccount:dashboard@", VIEWS,
        old='role          = "READER"', new='role          = "WRITER"',
    ),
    Mistake(
        "analysts who write anywhere", "policies",
        "roles/bigquery.dataEditor on example-project for group:analysts@example.com", NEW,
        new=project_member("writer", "roles/bigquery.dataEditor", "group:${var.analysts_group}"),
    ),
    Mistake(
        "analysts who act as another account", "policies",
        "serviceAccounts/purge-auditor@example-project.iam.gserviceaccount.com for group:analysts@",
        NEW,
        new="""resource "google_service_account_iam_member" "mistake" {
  service_account_id = "projects/${var.project_id}/serviceAccounts/${module.purge_auditor.email}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:${var.analysts_group}"
}
""",
    ),
    Mistake(
        "dashboard that reads records", "policies",
        "roles/storage.objectViewer on example-project-records for serviceAccount:dashboard@",
        BUCKETS,
        old='    "roles/storage.objectViewer" = [\n      # Looks whether the image is done.\n',
        new='    "roles/storage.objectViewer" = [\n      module.dashboard[0].member,\n'
            "      # Looks whether the image is done.\n",
    ),
    Mistake(
        "dashboard that reads originals", "policies",
        "roles/storage.objectViewer on example-project-archive for serviceAccount:dashboard@",
        BUCKETS,
        old="resource.name.endsWith('/preview.webp') ||", new="resource.name != '' ||",
    ),
    Mistake(
        "condition that is dropped", "policies",
        "roles/storage.objectViewer on example-project-archive for serviceAccount:dashboard@",
        BUCKET,
        old="          role      = grant.role\n          members   = sort(grant.members)\n"
            "          condition = …\n",
        new="          role    = grant.role\n          members = sort(grant.members)\n", batch=1,
    ),
    Mistake(
        "group of analysts that may call the dashboard past the proxy", "policies",
        "roles/run.invoker on dashboard for group:analysts@example.com", "modules/service/iap.tf",
        old='  member   = "serviceAccount:service-…"\n', new="  member   = one(var.iap_members)\n",
    ),
    Mistake(
        "other lifecycle than the local one", "drift", "bucket erasures, lifecycle", BUCKETS,
        old="  delete_after_days = 30\n", new="  delete_after_days = 31\n",
    ),
    Mistake(
        "header that pages may not send", "drift", "bucket ingest, CORS", BUCKETS,
        old='    "x-goog-meta-darkroom",\n', new="",
    ),
    Mistake(
        "trigger to another service", "drift", "trigger archive-deleted, service", EVENTS,
        old="module.archive.name, event_type = local.deleted, service = module.purge_auditor",
        new="module.archive.name, event_type = local.deleted, service = module.metadata_loader",
    ),
    Mistake(
        "request to another path", "drift", "schedule sweep-daily, request", EVENTS,
        old='path        = "/sweep/full"', new='path        = "/sweep"',
    ),
    Mistake(
        "function without a variable", "drift", "function metadata-loader, environment", FUNCTIONS,
        old="    ERASURES_BUCKET      = module.erasures.name\n    BIGQUERY_DATASET",
        new="    BIGQUERY_DATASET",
    ),
    Mistake(
        "dashboard without a variable", "drift", "function dashboard, environment",
        "envs/production/dashboard.tf",
        old="    ARCHIVE_BUCKET       = module.archive.name\n", new="",
    ),
    Mistake(
        "other partitions than declared", "drift", "topic darkroom.images, partitions", KAFKA,
        old="partitions          = 12", new="partitions          = 6",
    ),
    Mistake(
        "column only in Terraform", "drift", "table purge_ledger, schema", WAREHOUSE,
        old="  schema      = …\n",
        new='  schema      = jsonencode([{ name = "received_at", type = "TIMESTAMP" }])\n',
    ),
    Mistake(
        "processor that can delete from the archive", "grants",
        "image-processor, bucket archive: ['darkroom.objectPurger'", BUCKETS,
        old="objectPurger) = [module.purge_auditor.member]",
        new="objectPurger) = [module.purge_auditor.member, module.image_processor.member]",
    ),
    Mistake(
        "view of what is not there", "drift", "image_recods, which is not there",
        "../analytics/sql/images.sql", old=".image_records`", new=".image_recods`",
    ),
]  # fmt: skip


Catch = tuple[str, str]


@pytest.fixture(scope="module")
def catch(
    tree: Tree, topology: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Mistake], Catch]:
    """Who catches a mistake, and what they say."""

    @cache
    def of_batch(batch: tuple[Mistake, ...]) -> Catch:
        copy = tree.copy_to(tmp_path_factory.mktemp("mistake"))
        for mistake in batch:
            mistake.make(copy)
        return first_to_catch(copy, topology)

    return lambda mistake: of_batch(tuple(filter(mistake.alike, MISTAKES)))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name.replace(" ", "-"))
def test_a_mistake_is_caught(mistake: Mistake, catch: Callable[[Mistake], Catch]) -> None:
    caught_by, message = catch(mistake)
    assert caught_by == mistake.caught_by, message
    # Terraform breaks lines where they are long.
    assert mistake.message in " ".join(message.split())


def first_to_catch(tree: Tree, topology: dict[str, Any]) -> Catch:
    plan: dict[str, Any] = {}

    def make_plan() -> None:
        plan.update(tree.plan(PRODUCTION, SCENARIOS / "managed-kafka.tfvars"))

    # A plan can be applied once.
    @cache
    def made() -> Resources:
        return Resources(tree.apply(PRODUCTION))

    checkers: dict[str, Callable[[], object]] = {
        "fmt": lambda: tree.run(Path("infra"), "fmt", "-check", "-recursive"),
        "validate": lambda: tree.validate(PRODUCTION),
        "plan": make_plan,
        "policies": lambda: policies.check(Resources(plan), ("upload-signer",)),
        "drift": lambda: drift.everything(topology, made(), PROJECT, tree.root),
        "grants": lambda: grants.differences(made(), PROJECT),
    }
    for name, check in checkers.items():
        try:
            found = check()
        except TerraformError as error:
            return name, str(error)
        if isinstance(found, list) and found:
            return name, "\n".join(found)
    return "nobody", "nothing was found"
