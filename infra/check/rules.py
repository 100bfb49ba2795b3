"""What the real provider refuses besides what its schema says: values, conflicts and choices.

The stand-in provider applies these where the real one validates: `terraform validate` and `plan`
then point at the line. A value that is not known yet passes.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from msgpack import ExtType

Path = tuple[str | int, ...]
Problem = tuple[Path, str]
Block = dict[str, Any]
Test = Callable[[Any], str | None]


def one_of(*allowed: str) -> Test:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def matching(pattern: str, meaning: str) -> Test:
    return lambda value: None if re.fullmatch(pattern, str(value)) else f"must be {meaning}"


def between(low: float, high: float) -> Test:
    return lambda value: (
        None if low <= float(value) <= high else f"must be between {low} and {high}"
    )


def seconds(low: float, high: float) -> Test:
    def test(value: str) -> str | None:
        if not re.fullmatch(r"\d+(\.\d{1,9})?s", value):
            return "must be a number of seconds, such as 3.5s"
        return between(low, high)(value.removesuffix("s"))

    return test


def whole_number_or_zero(low: float, high: float) -> Test:
    return lambda value: None if value == 0 else between(low, high)(value)


DAY = 24 * 60 * 60

MEMBER = matching(
    r"allUsers|allAuthenticatedUsers"
    r"|(user|serviceAccount|group|domain|projectOwner|projectEditor|projectViewer):\S+"
    r"|principal(Set)?://\S+",
    "an IAM member with its kind before it, such as serviceAccount:EMAIL or group:EMAIL",
)
ROLE = matching(
    r"roles/[a-zA-Z0-9.]+|(projects|organizations)/[^/]+/roles/[a-zA-Z0-9_.]+",
    "a role such as roles/storage.objectViewer",
)


def iam_policy(value: str) -> str | None:
    """A whole policy, as JSON."""
    try:
        policy = json.loads(value)
    except json.JSONDecodeError as error:
        return f"must be JSON: {error}"
    for binding in policy.get("bindings", []):
        for test, tested in [(ROLE, binding["role"])] + [
            (MEMBER, name) for name in binding["members"]
        ]:
            if problem := test(tested):
                return f"{tested} {problem}"
    return None


LIFECYCLE_ACTION = one_of("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
MEMORY = matching(r"\d+(\.\d+)?(Ki|Mi|Gi|k|M|G)?", "an amount of memory such as 512Mi")
CPU = matching(r"\d+(\.\d+)?|\d+m", "a number of CPUs such as 1 or 500m")
ENVIRONMENT_NAME = matching(r"[A-Za-z_][A-Za-z0-9_]*", "a name of letters, digits and underscores")


def cron(value: str) -> str | None:
    """Five fields of unix cron, each within its range."""
    limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    fields = value.split()
    if len(fields) != len(limits):
        return "must have the five fields of unix cron"
    for text, (low, high) in zip(fields, limits, strict=True):
        if not re.fullmatch(r"(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*", text):
            return f"{text} is no field of unix cron"
        # What follows a slash is a step.
        numbers = re.findall(r"\d+", re.sub(r"/\d+", "", text))
        if any(not low <= int(number) <= high for number in numbers):
            return f"{text} is not between {low} and {high}"
    return None


BIGQUERY_TYPES = {
    *("STRING", "BYTES", "INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC"),
    *("BOOLEAN", "BOOL", "TIMESTAMP", "DATE", "TIME", "DATETIME", "INTERVAL", "RANGE"),
    *("GEOGRAPHY", "JSON", "RECORD", "STRUCT"),
}
BIGQUERY_KEYS = {
    *("name", "type", "mode", "fields", "description", "policyTags", "maxLength", "precision"),
    *("scale", "roundingMode", "defaultValueExpression", "collation", "rangeElementType"),
}


def bigquery_schema(value: str) -> str | None:
    try:
        columns = json.loads(value)
    except json.JSONDecodeError as error:
        return f"must be JSON: {error}"
    if not isinstance(columns, list):
        return "must be a list of columns"
    return next(column_problems(columns), None)


def column_problems(columns: list[Any]) -> Iterator[str]:
    for column in columns:
        name = column.get("name", "a column without a name")
        if not re.fullmatch(r"[A-Za-z_]\w{0,299}", str(column.get("name"))):
            yield f"{name}: is no name of a column"
        if column.get("type") not in BIGQUERY_TYPES:
            yield f"{name}: BigQuery has no type {column.get('type')}"
        if column.get("mode", "NULLABLE") not in ("NULLABLE", "REQUIRED", "REPEATED"):
            yield f"{name}: BigQuery has no mode {column['mode']}"
        if (column.get("type") in ("RECORD", "STRUCT")) != bool(column.get("fields")):
            yield f"{name}: a RECORD, and nothing else, has fields"
        if unknown := column.keys() - BIGQUERY_KEYS:
            yield f"{name}: BigQuery knows no {', '.join(sorted(unknown))}"
        yield from column_problems(column.get("fields", []))


def is_json(value: str) -> str | None:
    try:
        json.loads(value)
    except json.JSONDecodeError as error:
        return f"must be JSON: {error}"
    return None


# By type and the path of an attribute; a dot goes through a block, or the keys of a map.
VALUES: dict[str, dict[str, Test]] = {
    "google_artifact_registry_repository": {
        "cleanup_policies.condition.older_than": seconds(0, 10_000 * DAY),
        "repository_id": matching(
            r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "lower case letters, digits, hyphens"
        ),
    },
    "google_bigquery_dataset": {
        "dataset_id": matching(r"\w{1,1024}", "letters, digits and underscores"),
        "default_table_expiration_ms": between(3_600_000, float("inf")),
        "max_time_travel_hours": matching(r"48|72|96|120|144|168", "2 to 7 days in hours"),
    },
    "google_bigquery_table": {
        "schema": bigquery_schema,
        "time_partitioning.type": one_of("HOUR", "DAY", "MONTH", "YEAR"),
    },
    "google_cloud_run_v2_service": {
        "name": matching(
            r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?", "at most 49 lower case letters, digits, hyphens"
        ),
        "template.max_instance_request_concurrency": between(1, 1000),
        "template.timeout": seconds(1, 3600),
        "template.containers.env.name": ENVIRONMENT_NAME,
        "template.containers.resources.limits.cpu": CPU,
        "template.containers.resources.limits.memory": MEMORY,
    },
    "google_cloud_run_v2_worker_pool": {
        "name": matching(
            r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?", "at most 49 lower case letters, digits, hyphens"
        ),
        "template.containers.env.name": ENVIRONMENT_NAME,
        "template.containers.resources.limits.cpu": CPU,
        "template.containers.resources.limits.memory": MEMORY,
    },
    "google_cloud_scheduler_job": {
        "schedule": cron,
        "attempt_deadline": seconds(15, 30 * 60),
        "http_target.http_method": one_of(
            "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"
        ),
        "http_target.uri": matching(r"https?://\S+", "a URL"),
        "retry_config.retry_count": between(0, 5),
        "retry_config.min_backoff_duration": seconds(0, DAY),
        "retry_config.max_backoff_duration": seconds(0, DAY),
    },
    "google_eventarc_trigger": {
        "matching_criteria.attribute": one_of("type", "bucket"),
        "matching_criteria.value": matching(
            r"(?!google\.).*|google\.cloud\.storage\.object\.v1\.(finalized|deleted|archived|metadataUpdated)",
            "the type of a Cloud Storage event, or a bucket",
        ),
    },
    "google_kms_crypto_key": {"rotation_period": seconds(DAY, float("inf"))},
    "google_managed_kafka_acl": {
        "acl_id": matching(
            r"cluster|(topic|consumerGroup|transactionalId)(/\S+|Prefixed/\S+)"
            r"|all(Topics|ConsumerGroups|TransactionalIds)",
            "cluster, topic/NAME, consumerGroup/NAME, transactionalId/NAME, or such of all",
        ),
        "acl_entries.permission_type": one_of("ALLOW", "DENY"),
        "acl_entries.operation": one_of(
            *("ALL", "READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "CLUSTER_ACTION"),
            *("DESCRIBE_CONFIGS", "ALTER_CONFIGS", "IDEMPOTENT_WRITE"),
        ),
    },
    "google_managed_kafka_cluster": {
        "capacity_config.vcpu_count": between(3, float("inf")),
        "capacity_config.memory_bytes": between(3 * 2**30, float("inf")),
    },
    "google_managed_kafka_topic": {
        "partition_count": between(1, float("inf")),
        "replication_factor": between(1, float("inf")),
        "configs.cleanup.policy": one_of("delete", "compact", "compact,delete"),
    },
    "google_monitoring_dashboard": {"dashboard_json": is_json},
    "google_pubsub_subscription": {
        "ack_deadline_seconds": between(10, 600),
        "message_retention_duration": seconds(600, 31 * DAY),
        "retry_policy.minimum_backoff": seconds(0, 600),
        "retry_policy.maximum_backoff": seconds(0, 600),
        "dead_letter_policy.max_delivery_attempts": between(5, 100),
    },
    "google_pubsub_topic": {"message_retention_duration": seconds(600, 31 * DAY)},
    "google_service_account": {
        "account_id": matching(
            r"[a-z][-a-z0-9]{4,28}[a-z0-9]", "6 to 30 lower case letters, digits, hyphens"
        ),
    },
    "google_storage_bucket": {
        "name": matching(
            r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "3 to 63 lower case letters, digits, hyphens"
        ),
        "public_access_prevention": one_of("enforced", "inherited"),
        "storage_class": one_of("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"),
        "lifecycle_rule.action.type": LIFECYCLE_ACTION,
        "retention_policy.retention_period": between(1, 100 * 365.25 * DAY),
        "soft_delete_policy.retention_duration_seconds": whole_number_or_zero(7 * DAY, 90 * DAY),
    },
}

ENVIRONMENT_VALUE = ("value", "value_source")
READERS = (
    *("user_by_email", "group_by_email", "domain", "special_group", "iam_member"),
    *("view", "dataset", "routine"),
)

# By type: (path of the block, fewest, most, names). So many of the names must be there.
CHOICES: dict[str, list[tuple[str, int, int, tuple[str, ...]]]] = {
    "google_bigquery_dataset": [
        ("access", 1, 1, READERS),
    ],
    "google_bigquery_dataset_access": [
        ("", 1, 1, (*READERS, "authorized_dataset")),
    ],
    "google_bigquery_table": [
        ("", 0, 1, ("time_partitioning", "range_partitioning")),
        ("", 0, 1, ("view", "materialized_view", "time_partitioning")),
    ],
    "google_billing_budget": [("amount", 1, 1, ("specified_amount", "last_period_amount"))],
    "google_cloud_run_v2_service": [("template.containers.env", 0, 1, ENVIRONMENT_VALUE)],
    "google_cloud_run_v2_worker_pool": [("template.containers.env", 0, 1, ENVIRONMENT_VALUE)],
    "google_cloud_scheduler_job": [
        ("", 1, 1, ("http_target", "pubsub_target", "app_engine_http_target")),
        ("http_target", 0, 1, ("oauth_token", "oidc_token")),
    ],
    "google_eventarc_trigger": [
        ("destination", 1, 1, ("cloud_run_service", "gke", "http_endpoint", "workflow")),
    ],
    "google_monitoring_alert_policy": [
        ("conditions", 1, 1, (
            "condition_absent", "condition_matched_log", "condition_monitoring_query_language",
            "condition_prometheus_query_language", "condition_sql", "condition_threshold",
        )),
    ],
    "google_pubsub_subscription": [
        ("", 0, 1, ("push_config", "bigquery_config", "cloud_storage_config")),
    ],
}  # fmt: skip


def problems(type_name: str, block: Block, config: Block) -> Iterator[Problem]:
    """What is wrong with a resource's configuration."""
    yield from schema_problems(block, config, ())
    for path, test in VALUES.get(type_name, {}).items():
        yield from value_problems(config, path, test)
    if "_iam_" in type_name:
        yield from value_problems(config, "role", ROLE)
        yield from value_problems(config, "member", MEMBER)
        yield from value_problems(config, "members", MEMBER)
        yield from value_problems(config, "policy_data", iam_policy)
    for path, fewest, most, names in CHOICES.get(type_name, []):
        for where, value in values_at(config, path.split(".") if path else [], ()):
            chosen = [name for name in names if not is_absent(value.get(name))]
            if not fewest <= len(chosen) <= most:
                needed = "exactly one" if fewest == most else "at most one"
                found = ", ".join(chosen) or "none"
                yield where, f"needs {needed} of {', '.join(names)}; it has {found}"


def schema_problems(block: Block, config: Block, where: Path) -> Iterator[Problem]:
    """What the schema says and Terraform leaves to the provider."""
    for name, attribute in block["attributes"].items():
        value = config.get(name)
        if is_absent(value) or isinstance(value, ExtType):
            continue
        if not attribute.get("required") and not attribute.get("optional"):
            yield (*where, name), "can only be read, not set"
        allowed = attribute.get("enum")
        if allowed and isinstance(value, str) and value not in allowed:
            yield (*where, name), f"{value!r}: must be one of {', '.join(allowed)}"
    for name, nested in block["block_types"].items():
        for inner, value in values_at(config, [name], ()):
            yield from schema_problems(nested["block"], value, where + inner)


def value_problems(config: Block, path: str, test: Test) -> Iterator[Problem]:
    for where, value in values_at(config, path.split("."), ()):
        if problem := test(value):
            yield where, f"{value!r}: {problem}"


def values_at(value: Any, path: list[str], where: Path) -> Iterator[tuple[Path, Any]]:
    """Every known value at a path, whatever blocks and lists are on the way."""
    if isinstance(value, ExtType) or is_absent(value):
        return
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from values_at(element, path, (*where, index))
    elif not path:
        yield where, value
    elif isinstance(value, dict) and ".".join(path) in value:  # A key of a map with dots in it.
        yield from values_at(value[".".join(path)], [], (*where, ".".join(path)))
    elif isinstance(value, dict):
        yield from values_at(value.get(path[0]), path[1:], (*where, path[0]))


def is_absent(value: Any) -> bool:
    return value is None or value == [] or value == {}
