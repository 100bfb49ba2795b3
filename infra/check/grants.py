"""Who may do what, declared a second time: a grant that Terraform makes and that is not here is a
mistake, and so is one that is here and not made.
"""

import re
from collections import defaultdict

import drift
from resources import Resources

# By account, and by what the roles are on. Roles without `roles/`, with their condition's title.
Grants = dict[str, dict[str, list[str]]]

BUCKETS = ("ingest", "archive", "records", "references", "evidence", "erasures")
DATASETS = ("darkroom", "darkroom_analytics")

DECLARED: Grants = {
    "upload-signer": {
        "bucket ingest": ["storage.objectCreator", "storage.objectViewer"],
        "bucket archive": ["storage.objectViewer"],
        "bucket records": ["storage.objectViewer"],
        "bucket erasures": ["storage.objectCreator", "storage.objectViewer"],
        "itself": ["iam.serviceAccountTokenCreator"],
    },
    "kafka-ingest": {
        "bucket ingest": ["storage.objectCreator"],
        "bucket references": ["storage.objectViewer"],
        "project": ["managedkafka.client"],
    },
    "image-processor": {
        "bucket ingest": ["darkroom.objectPurger"],
        "bucket archive": ["storage.objectCreator", "storage.objectViewer"],
        "bucket records": ["storage.objectCreator", "storage.objectViewer"],
        "bucket erasures": ["storage.objectViewer"],
    },
    "metadata-loader": {
        "bucket records": ["storage.objectCreator", "storage.objectViewer"],
        "bucket erasures": ["storage.objectViewer"],
        "image_records": ["darkroom.rowWriter"],
    },
    "purge-auditor": {
        "bucket ingest": ["darkroom.bucketInspector", "darkroom.objectPurger"],
        "bucket archive": ["darkroom.bucketInspector", "darkroom.objectPurger"],
        "bucket records": ["darkroom.bucketInspector", "darkroom.objectPurger"],
        "bucket references": ["darkroom.bucketInspector"],
        **{
            bucket: ["darkroom.bucketInspector", "storage.objectCreator", "storage.objectViewer"]
            for bucket in ("bucket evidence", "bucket erasures")
        },
        "dataset darkroom": ["darkroom.warehouseAuditor"],
        "project": ["bigquery.jobUser", "managedkafka.client"],
    },
    "dashboard": {
        "bucket archive": ["storage.objectViewer, only derivatives"],
        "dataset darkroom_analytics": ["READER"],
        "itself": ["iam.serviceAccountTokenCreator"],
        "project": ["bigquery.jobUser"],
    },
    "analysts": {
        "account dashboard": ["iam.serviceAccountTokenCreator"],
        "dashboard": ["iap.httpsResourceAccessor"],
        "dataset darkroom_analytics": ["READER"],
        "project": ["bigquery.jobUser"],
    },
    **{
        trigger: {"project": ["eventarc.eventReceiver"], service: ["run.invoker"]}
        for trigger, service in {
            "ingest-finalized": "image-processor",
            "records-finalized": "metadata-loader",
            "archive-deleted": "purge-auditor",
            "records-deleted": "purge-auditor",
            "erasures-finalized": "purge-auditor",
        }.items()
    },
    "scheduler": {"purge-auditor": ["run.invoker"]},
    # Whoever calls shows a token of the company's issuer.
    "allUsers": {"upload-signer": ["run.invoker"]},
    # Administers; cannot read objects.
    "project's owners": {
        **{f"bucket {role}": ["storage.legacyBucketOwner"] for role in BUCKETS},
        "dataset darkroom": ["OWNER"],
        "dataset darkroom_analytics": ["OWNER"],
    },
    # Google's own: Cloud Storage tells of events, Identity-Aware Proxy calls for those whom it
    # lets in, Pub/Sub puts aside what is not delivered.
    "Cloud Storage": {"project": ["pubsub.publisher"]},
    "Identity-Aware Proxy": {"dashboard": ["run.invoker"]},
    "Pub/Sub": {"undelivered-events": ["pubsub.publisher"], "subscriptions": ["pubsub.subscriber"]},
}


def differences(resources: Resources, project: str) -> list[str]:
    """What is granted and not declared, or the other way round."""
    return drift.differences("the declaration", DECLARED, "Terraform", made(resources, project))


def made(resources: Resources, project: str) -> Grants:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for grant in [*resources.grants(), *resources.accesses()]:
        account = account_of(grant.member, project)
        on = target_of(grant.target, project)
        role = grant.role.split("/")[-1]
        if grant.condition:
            role += f", only {grant.condition['title']}"
        found[account]["itself" if on == f"account {account}" else on].add(role)
    return {
        account: {on: sorted(roles) for on, roles in by_target.items()}
        for account, by_target in found.items()
        # Who sends and who operates is the environment's; what they get has checks of its own.
        if account not in ("sender", "operator")
    }


def account_of(member: str, project: str) -> str:
    email = member.removeprefix("serviceAccount:")
    if member in ("projectOwners", f"projectOwner:{project}"):
        return "project's owners"
    if member == "group:analysts@example.com":
        return "analysts"
    if email.endswith("@gcp-sa-iap.iam.gserviceaccount.com"):
        return "Identity-Aware Proxy"
    if email.endswith("@gcp-sa-pubsub.iam.gserviceaccount.com"):
        return "Pub/Sub"
    # As the stand-in for Google's provider names it.
    if re.fullmatch(r"service-\d+@example\.iam\.gserviceaccount\.com", email):
        return "Cloud Storage"
    return email.removesuffix(f"@{project}.iam.gserviceaccount.com")


def target_of(target: str, project: str) -> str:
    if target == project:
        return "project"
    if target.startswith("subscription-of-"):
        return "subscriptions"
    if target in DATASETS:
        return f"dataset {target}"
    accounts = f"projects/{project}/serviceAccounts/"
    if target.startswith(accounts):
        return f"account {account_of(target.removeprefix(accounts), project)}"
    bucket = target.removeprefix(f"{project}-")
    return f"bucket {bucket}" if bucket in BUCKETS else target
