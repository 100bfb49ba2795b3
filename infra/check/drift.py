"""What differs between the local stack and what Terraform makes.

Each side is brought to one form, `{subject: {aspect: value}}`, and compared in both directions.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from resources import Resource, Resources, Values

View = dict[str, Values]

# What the local stack sets for a function, and Terraform does not.
LOCAL_ONLY = {
    "BIGQUERY_ENDPOINT": "in the cloud it is Google's",
    "CLOCK_ENDPOINT": "in the cloud the clock is the system's",
    "GOOGLE_APPLICATION_CREDENTIALS": "in the cloud a function runs as its service account",
    "HOST": "locally a function listens on loopback",
    "PORT": "in the cloud it is Cloud Run's, or 8080",
    "STORAGE_ENDPOINT": "in the cloud it is Google's",
}

# What the dashboard must have in its environment, and Terraform does not set.
SET_ELSEWHERE = {
    "K_SERVICE": "Cloud Run",
}

# What Terraform sets for a function, and the local stack does not.
CLOUD_ONLY = {
    "KAFKA_SERVICE_ACCOUNT": "whose tokens Google's brokers take; local brokers take anybody",
}


def differences(here: str, ours: View, there: str, theirs: View) -> list[str]:
    found = []
    for subject in sorted(ours.keys() | theirs.keys()):
        if subject not in theirs:
            found.append(f"{subject} is in {here} and not in {there}")
        elif subject not in ours:
            found.append(f"{subject} is in {there} and not in {here}")
        else:
            for aspect in sorted(ours[subject].keys() | theirs[subject].keys()):
                our, their = ours[subject].get(aspect), theirs[subject].get(aspect)
                if our != their:
                    found.append(
                        f"{subject}, {aspect}: {their!r} in {there}, and {our!r} in {here}"
                    )
    return found


def of_topology(topology: Values) -> View:
    """Buckets, triggers, schedules and functions of the local stack."""
    view: View = {}
    for bucket in topology["buckets"]:
        role = bucket["name"].removeprefix("darkroom-")
        view[f"bucket {role}"] = local_bucket(bucket)
    for trigger in topology["triggers"]:
        view[f"trigger {trigger['name']}"] = {
            "event": trigger["event_type"],
            "bucket": trigger["bucket"].removeprefix("darkroom-"),
            "service": trigger["service"],
        }
    for schedule in topology["schedules"]:
        view[f"schedule {schedule['name']}"] = {
            "when": f"{schedule['cron']} UTC",
            "request": f"POST {schedule['path']}",
            "service": schedule["service"],
        }
    for name, service in topology["services"].items():
        variables = sorted(set(service["environment"]) - LOCAL_ONLY.keys())
        view[f"function {name}"] = {"environment": variables}
    return view


def local_bucket(bucket: Values) -> Values:
    access = bucket["iamConfiguration"]
    retention = bucket.get("retentionPolicy")
    rules = bucket["lifecycle"]["rule"]
    return {
        "lifecycle": sorted(lifecycle_rule(rule["action"], rule["condition"]) for rule in rules),
        "CORS": [cors(rule["method"], rule["responseHeader"], rule["maxAgeSeconds"])
                 for rule in bucket.get("cors", [])],
        "soft delete": int(bucket["softDeletePolicy"]["retentionDurationSeconds"]),
        "versioning": bucket.get("versioning", {}).get("enabled", False),
        "retention": retention and locked(retention["retentionPeriod"], retention["isLocked"]),
        "uniform access": access["uniformBucketLevelAccess"]["enabled"],
        "public access prevention": access["publicAccessPrevention"],
    }  # fmt: skip


def of_terraform(resources: Resources, project: str) -> View:
    """The same of what Terraform has made."""
    view: View = {}
    for bucket in resources.of("google_storage_bucket"):
        view[f"bucket {bucket.values['name'].removeprefix(f'{project}-')}"] = cloud_bucket(bucket)
    for trigger in resources.of("google_eventarc_trigger"):
        criteria = {
            rule["attribute"]: rule["value"] for rule in trigger.blocks("matching_criteria")
        }
        destination = trigger.block("destination", "cloud_run_service")
        path = destination["path"]
        view[f"trigger {trigger.values['name']}"] = {
            "event": criteria["type"],
            "bucket": criteria["bucket"].removeprefix(f"{project}-"),
            "service": destination["service"] if path == "/" else f"{destination['service']}{path}",
        }
    services = resources.of("google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool")
    for job in resources.of("google_cloud_scheduler_job"):
        view[f"schedule {job.values['name']}"] = cloud_schedule(job, services)
    for service in services:
        names = {
            variable["name"] for variable in service.block("template", "containers").get("env", [])
        }
        view[f"function {service.values['name']}"] = {
            "environment": sorted(names - CLOUD_ONLY.keys())
        }
    return view


def cloud_bucket(bucket: Resource) -> Values:
    retention = bucket.block("retention_policy")
    rules = bucket.blocks("lifecycle_rule")
    return {
        "lifecycle": sorted(
            lifecycle_rule(rule["action"][0], rule["condition"][0]) for rule in rules
        ),
        "CORS": [cors(rule["method"], rule["response_header"], rule["max_age_seconds"])
                 for rule in bucket.blocks("cors")],
        "soft delete": bucket.block("soft_delete_policy").get("retention_duration_seconds"),
        "versioning": bucket.block("versioning").get("enabled"),
        "retention": locked(**retention) if retention else None,
        "uniform access": bucket.values["uniform_bucket_level_access"],
        "public access prevention": bucket.values["public_access_prevention"],
    }  # fmt: skip


def cloud_schedule(job: Resource, services: list[Resource]) -> Values:
    target = job.block("http_target")
    called = next(
        (
            service
            for service in services
            if target["uri"].startswith(f"{service.values.get('uri')}/")
        ),
        None,
    )
    path = target["uri"].removeprefix(called.values["uri"]) if called else target["uri"]
    zone = job.values["time_zone"]
    return {
        "when": f"{job.values['schedule']} {'UTC' if zone in ('Etc/UTC', 'UTC') else zone}",
        "request": f"{target['http_method']} {path}",
        "service": called.values["name"] if called else None,
    }


def lifecycle_rule(action: Values, condition: Values) -> str:
    """A rule in words; the API's names and Terraform's are the same but for their spelling."""
    set_ = {
        camel_case(name): value
        for name, value in condition.items()
        if value not in (None, "", [], 0, False)
    }
    conditions = " and ".join(f"{name} {value}" for name, value in sorted(set_.items()))
    return f"{action['type']} at {conditions}"


def cors(methods: list[str], headers: list[str], max_age: int) -> Values:
    """Without origins: which pages there are is known of an environment alone."""
    return {"methods": sorted(methods), "headers": sorted(headers), "max age": max_age}


def locked(retention_period: str | int, is_locked: bool) -> str:
    return f"{int(retention_period)} s, {'locked' if is_locked else 'not locked'}"


def camel_case(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)


def topics_of_file(path: Path) -> View:
    """The topics of infra/kafka/topics.toml."""
    declared = tomllib.loads(path.read_text())["topic"]
    return {
        f"topic {topic['name']}": {
            "partitions": topic["partitions"],
            "replication": topic["replication"],
            "min.insync.replicas": str(topic["min_insync_replicas"]),
            "retention.ms": str(milliseconds(topic["retention"])),
            "segment.ms": str(milliseconds(topic["segment"])),
            "max.message.bytes": str(topic["max_message_bytes"]),
            "message.timestamp.type": topic["timestamp_type"],
            "cleanup.policy": "delete",
        }
        for topic in declared
    }


def topics_of_terraform(resources: Resources) -> View:
    return {
        f"topic {topic.values['topic_id']}": {
            "partitions": topic.values["partition_count"],
            "replication": topic.values["replication_factor"],
            **topic.values["configs"],
        }
        for topic in resources.of("google_managed_kafka_topic")
    }


def milliseconds(duration: str) -> int:
    units = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h|d)", duration).groups()
    return int(number) * units[unit]


def warehouse_of_files(tables: Path, views: Path) -> View:
    """The tables of infra/warehouse and the views of analytics/sql."""
    view: View = {}
    for path in sorted(tables.glob("*.json")):
        table = json.loads(path.read_text())
        partitioning = table["timePartitioning"]
        view[f"table {path.stem}"] = {
            "description": table["description"],
            "schema": table["schema"]["fields"],
            "partitions": f"{partitioning['type']} of {partitioning['field']}",
            "expiry": int(partitioning["expirationMs"]),
            "clustering": table["clustering"]["fields"],
        }
    for path in sorted(views.glob("*.sql")):
        resource = json.loads(path.with_suffix(".json").read_text())
        view[f"view {path.stem}"] = {
            "description": resource["description"],
            "schema": resource["schema"]["fields"],
            "query": without_datasets(path.read_text()),
        }
    return view


def warehouse_of_terraform(resources: Resources) -> View:
    view: View = {}
    for table in resources.of("google_bigquery_table"):
        name = table.values["table_id"]
        if table.blocks("view"):
            view[f"view {name}"] = {
                "description": table.values["description"],
                "schema": json.loads(table.values["schema"]),
                "query": without_datasets(table.block("view")["query"]),
            }
            continue
        partitioning = table.block("time_partitioning")
        view[f"table {name}"] = {
            "description": table.values["description"],
            "schema": json.loads(table.values["schema"]),
            "partitions": f"{partitioning.get('type')} of {partitioning.get('field')}",
            "expiry": partitioning.get("expiration_ms"),
            "clustering": table.values["clustering"],
        }
    return view


def without_datasets(query: str) -> str:
    """The query with `table` for `project.dataset.table`: where a view is differs."""
    return re.sub(r"`[^`\s]+\.[^`\s]+\.([^`\s]+)`", r"`\1`", query)


def dashboard_of_files(folder: Path) -> View:
    """The variables without which the dashboard does not start, or is not that of the cloud."""
    asked = re.compile(r'os\.environ\["(\w+)"\](?! =)|"(\w+)" in os\.environ')
    found = {
        name
        for path in folder.glob("*.py")
        for names in asked.findall(path.read_text())
        for name in names
        if name
    }
    return {"function dashboard": {"environment": sorted(found - SET_ELSEWHERE.keys())}}


def dangling_references(resources: Resources) -> Iterator[str]:
    """Views that read what Terraform does not make: a table of another dataset, say."""
    tables = resources.of("google_bigquery_table")
    made = {
        tuple(table.values[name] for name in ("project", "dataset_id", "table_id"))
        for table in tables
    }
    for table in tables:
        for reference in references(table.block("view").get("query", "")):
            if reference not in made:
                yield f"{table.address} reads {'.'.join(reference)}, which is not there"


def references(query: str) -> Iterable[tuple[Any, ...]]:
    return re.findall(r"`([^`\s.]+)\.([^`\s.]+)\.([^`\s.]+)`", query)


def everything(topology: Values, made: Resources, project: str, repository: Path) -> list[str]:
    """Everything that differs between the local stack, Terraform and the files both are made of."""
    infra = repository / "infra"
    topics = topics_of_file(infra / "kafka/topics.toml")
    warehouse = warehouse_of_files(infra / "warehouse", repository / "analytics/sql")
    local_topics = {f"topic {name}": {} for name in topology["topics"]}
    named = {topic: {} for topic in topics}
    cloud = of_terraform(made, project)
    # It is no part of the local stack: it runs beside it, and asks it.
    dashboard = {name: cloud.pop(name) for name in ["function dashboard"] if name in cloud}
    code = dashboard_of_files(repository / "analytics/dashboard")
    return [
        *differences("the local stack", of_topology(topology), "Terraform", cloud),
        *differences("the local stack", local_topics, "topics.toml", named),
        *differences("topics.toml", topics, "Terraform", topics_of_terraform(made)),
        *differences("the files", warehouse, "Terraform", warehouse_of_terraform(made)),
        *differences("the dashboard's code", code, "Terraform", dashboard),
        *dangling_references(made),
    ]
