"""The project's own rules, checked on what Terraform would make."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from resources import Grant, Resource, Resources

Policy = Callable[[Resources], Iterator[str]]

DAY = 24 * 60 * 60
RETENTION = 7 * DAY
PUBLIC = ("allUsers", "allAuthenticatedUsers")
PRIMITIVE_ROLES = ("roles/owner", "roles/editor", "roles/viewer")

# Roles that would let their holder act as any account of the project, and so do anything.
IMPERSONATION = (
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountKeyAdmin",
)


# Analysts' dashboard, and the role of who is let in to it.
DASHBOARD = "dashboard"
VISITOR = "roles/iap.httpsResourceAccessor"
# What a condition must say of an object. An original's name ends in /original.
IS_DERIVATIVE = re.compile(r"resource\.name\.endsWith\('/\w+\.(jpg|webp)'\)")


def check(resources: Resources, public_services: tuple[str, ...] = ()) -> list[str]:
    """What breaks a rule. The services named may be called by everybody."""
    found = [problem for policy in POLICIES for problem in policy(resources)]
    return found + list(grants_to_the_public(resources, public_services))


def buckets(resources: Resources) -> list[Resource]:
    return resources.of("google_storage_bucket")


def data_buckets(resources: Resources) -> list[Resource]:
    """All but the bucket of Terraform's own state, which holds no images and needs its versions."""
    return [
        bucket for bucket in buckets(resources) if not bucket.values["name"].endswith("-tfstate")
    ]


def is_evidence(bucket: Resource) -> bool:
    return bucket.values["name"].endswith("-evidence")


def no_bucket_can_be_public(resources: Resources) -> Iterator[str]:
    for bucket in buckets(resources):
        if bucket.values.get("public_access_prevention") != "enforced":
            yield f"{bucket.address}: public access prevention is not enforced"
        if bucket.values.get("uniform_bucket_level_access") is not True:
            yield f"{bucket.address}: access is not uniform: objects can have their own grants"


def deleted_objects_are_gone(resources: Resources) -> Iterator[str]:
    for bucket in data_buckets(resources):
        if bucket.block("soft_delete_policy").get("retention_duration_seconds") != 0:
            yield f"{bucket.address}: soft delete keeps deleted objects"
        if bucket.block("versioning").get("enabled") is not False:
            yield f"{bucket.address}: versioning keeps deleted objects"


def state_can_be_recovered(resources: Resources) -> Iterator[str]:
    for bucket in buckets(resources):
        is_state = bucket not in data_buckets(resources)
        if is_state and bucket.block("versioning").get("enabled") is not True:
            yield f"{bucket.address}: a broken state could not be replaced by the one before it"


def tables_are_protected(resources: Resources) -> Iterator[str]:
    for table in resources.of("google_bigquery_table"):
        if not table.blocks("view") and table.values.get("deletion_protection") is not True:
            yield f"{table.address}: a change could delete it with its rows"


def objects_have_an_end(resources: Resources) -> Iterator[str]:
    for bucket in data_buckets(resources):
        rules = bucket.blocks("lifecycle_rule")
        deleting = [rule for rule in rules if rule["action"][0]["type"] == "Delete"]
        if not any(rule["condition"][0].get("age") for rule in deleting):
            yield f"{bucket.address}: no lifecycle rule deletes objects by their age"


def only_evidence_is_locked(resources: Resources) -> Iterator[str]:
    for bucket in data_buckets(resources):
        policy = bucket.block("retention_policy")
        if is_evidence(bucket) and policy.get("is_locked") is not True:
            yield f"{bucket.address}: evidence is not under a locked retention policy"
        if not is_evidence(bucket) and policy:
            yield f"{bucket.address}: a retention policy keeps images from being deleted"
        if bucket.values.get("default_event_based_hold"):
            yield f"{bucket.address}: a hold keeps objects from being deleted"


def no_primitive_roles(resources: Resources) -> Iterator[str]:
    for grant in resources.grants():
        if grant.role in PRIMITIVE_ROLES:
            yield f"{grant.address}: {grant.role} for {grant.member}; grant what is used"


def nobody_acts_as_any_account(resources: Resources) -> Iterator[str]:
    for resource in resources.matching("google_project_iam_"):
        if resource.values.get("role") in IMPERSONATION:
            role = resource.values["role"]
            yield f"{resource.address}: {role} on the project, so on every account"
    for key in resources.of("google_service_account_key"):
        yield f"{key.address}: a key of a service account can be carried away; sign by IAM"


def grants_to_the_public(resources: Resources, services: tuple[str, ...]) -> Iterator[str]:
    for grant in resources.grants():
        may = grant.role == "roles/run.invoker" and grant.target in services
        if grant.member in PUBLIC and not may:
            yield f"{grant.address}: {grant.role} on {grant.target} for {grant.member}"
    for dataset in resources.of("google_bigquery_dataset"):
        for access in dataset.blocks("access"):
            if (
                access.get("special_group") == "allAuthenticatedUsers"
                or access.get("iam_member") in PUBLIC
            ):
                yield f"{dataset.address}: everybody may read the dataset"


def every_service_is_itself(resources: Resources) -> Iterator[str]:
    """A service account of its own, named like it, that nothing else runs as."""
    accounts = {account.values["email"] for account in resources.of("google_service_account")}
    services = resources.of("google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool")
    used = Counter(service.block("template").get("service_account") for service in services)
    for service in services:
        email = service.block("template").get("service_account")
        if email not in accounts:
            yield f"{service.address}: runs as {email or 'the default account'}, not as its own"
        elif used[email] > 1:
            yield f"{service.address}: shares {email} with another service"
        elif not email.startswith(f"{service.values['name']}@"):
            yield f"{service.address}: runs as {email}, and not as {service.values['name']}@…"


def buckets_are_given_by_their_names(resources: Resources) -> Iterator[str]:
    """A service finds the bucket of a role in the variable of that name, and no other there."""
    for service in resources.of("google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool"):
        for variable in service.block("template", "containers").get("env") or []:
            role = re.fullmatch(r"([A-Z]+)_BUCKET(S?)", variable["name"])
            if role and not variable["value"].endswith("-" + (role[1] + role[2]).lower()):
                yield f"{service.address}: {variable['name']} is {variable['value']}"


def callers_are_known(resources: Resources) -> Iterator[str]:
    for job in resources.of("google_cloud_scheduler_job"):
        if not job.block("http_target", "oidc_token").get("service_account_email"):
            yield f"{job.address}: calls without an OIDC token"
    for trigger in resources.of("google_eventarc_trigger"):
        if not trigger.values.get("service_account"):
            yield f"{trigger.address}: calls as the project's default account"


def rows_have_an_end(resources: Resources) -> Iterator[str]:
    for dataset in resources.of("google_bigquery_dataset"):
        if dataset.values.get("max_time_travel_hours") != "48":
            yield f"{dataset.address}: deleted rows can be read for more than 48 hours"
    for table in resources.of("google_bigquery_table"):
        if not table.blocks("view") and not table.block("time_partitioning").get("expiration_ms"):
            yield f"{table.address}: its partitions do not expire"


def messages_have_an_end(resources: Resources) -> Iterator[str]:
    for topic in resources.of("google_managed_kafka_topic"):
        settings = topic.values.get("configs") or {}
        # Kafka deletes whole segments, so a message can stay for both together.
        kept = [
            int(settings.get(name, 10 * RETENTION * 1000))
            for name in ("retention.ms", "segment.ms")
        ]
        if sum(kept) > RETENTION * 1000 or settings.get("cleanup.policy", "delete") != "delete":
            yield f"{topic.address}: keeps messages for more than seven days"
    for kept_by in resources.of("google_pubsub_topic", "google_pubsub_subscription"):
        seconds = kept_by.values.get("message_retention_duration") or "0s"
        if float(seconds.removesuffix("s")) > RETENTION:
            yield f"{kept_by.address}: keeps messages for more than seven days"


def analysts_only_look(resources: Resources) -> Iterator[str]:
    """Neither analysts nor their dashboard write anything, or read tables, records or originals."""
    them = analysts(resources)
    for grant in [*resources.grants(), *resources.accesses()]:
        if grant.member in them and not is_only_looking(grant):
            yield (
                f"{grant.address}: {grant.role} on {grant.target} for {grant.member}, who is to see"
                " views and derivatives and nothing else"
            )


def analysts(resources: Resources) -> set[str]:
    """Who may ask the views or is let in to the dashboard, and the dashboard itself."""
    readers = {access.member for access in resources.accesses() if access.role == "READER"}
    visitors = {grant.member for grant in resources.grants() if grant.role == VISITOR}
    accounts = resources.of("google_service_account")
    dashboards = {
        f"serviceAccount:{account.values['email']}"
        for account in accounts
        if account.values["account_id"] == DASHBOARD
    }
    return readers | visitors | dashboards


def is_only_looking(grant: Grant) -> bool:
    """Only the project can grant to ask questions. As the dashboard, analysts see derivatives."""
    expression = (grant.condition or {}).get("expression", "")
    return (
        grant.role == "roles/bigquery.jobUser"
        or (grant.role == "READER" and grant.target == "darkroom_analytics")
        or (grant.role == VISITOR and grant.target == DASHBOARD)
        or (
            grant.role == "roles/iam.serviceAccountTokenCreator"
            and f"/serviceAccounts/{DASHBOARD}@" in grant.target
        )
        or (
            grant.role == "roles/storage.objectViewer"
            and grant.target.endswith("-archive")
            and all(IS_DERIVATIVE.fullmatch(part) for part in expression.split(" || "))
        )
    )


def principals_of_kafka_are_emails(resources: Resources) -> Iterator[str]:
    for acl in resources.of("google_managed_kafka_acl"):
        for entry in acl.blocks("acl_entries"):
            if not re.fullmatch(r"User:\S+@\S+", entry["principal"]):
                yield f"{acl.address}: {entry['principal']} is no account's email"


POLICIES: tuple[Policy, ...] = (
    no_bucket_can_be_public,
    deleted_objects_are_gone,
    state_can_be_recovered,
    tables_are_protected,
    objects_have_an_end,
    only_evidence_is_locked,
    no_primitive_roles,
    nobody_acts_as_any_account,
    every_service_is_itself,
    buckets_are_given_by_their_names,
    callers_are_known,
    rows_have_an_end,
    messages_have_an_end,
    analysts_only_look,
    principals_of_kafka_are_emails,
)
