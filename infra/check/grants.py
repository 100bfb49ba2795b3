"""Who may do what, declared a second time: a grant that Terraform makes and that is not here is a
mistake, and so is one that is here and not made.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import drift
from resources import Resources

# By account, and by what the roles are on. Roles without `roles/`.
Grants = dict[str, dict[str, list[str]]]

BUCKETS = ("ingest", "archive", "records", "references", "evidence", "erasures")

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
    # Google's own: Cloud Storage tells of events, Pub/Sub puts aside what is not delivered.
    "Cloud Storage": {"project": ["pubsub.publisher"]},
    "Pub/Sub": {"undelivered-events": ["pubsub.publisher"], "subscriptions": ["pubsub.subscriber"]},
}


def differences(resources: Resources, project: str) -> list[str]:
    """What is granted and not declared, or the other way round."""
    return drift.differences("the declaration", DECLARED, "Terraform", made(resources, project))


def made(resources: Resources, project: str) -> Grants:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for member, target, role in grants(resources):
        account = account_of(member, project)
        on = "itself" if role.endswith("TokenCreator") else target_of(target, project)
        found[account][on].add(role.split("/")[-1])
    return {
        account: {on: sorted(roles) for on, roles in by_target.items()}
        for account, by_target in found.items()
        # Who sends and who operates is the environment's; what they get has checks of its own.
        if account not in ("sender", "operator")
    }


def grants(resources: Resources) -> Iterator[tuple[str, str, str]]:
    """Every member, with a role, on a target."""
    for grant in resources.grants():
        yield grant.member, grant.target, grant.role
    for dataset in resources.of("google_bigquery_dataset"):
        for access in dataset.blocks("access"):
            names = ("user_by_email", "group_by_email", "special_group", "iam_member", "domain")
            member = next((access[name] for name in names if access.get(name)), None)
            if member:
                yield member, f"dataset {dataset.values['dataset_id']}", access["role"]


def account_of(member: str, project: str) -> str:
    email = member.removeprefix("serviceAccount:")
    if member in ("projectOwners", f"projectOwner:{project}"):
        return "project's owners"
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
    bucket = target.removeprefix(f"{project}-")
    return f"bucket {bucket}" if bucket in BUCKETS else target
