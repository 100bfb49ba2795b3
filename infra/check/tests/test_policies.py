"""Rules that no single mistake in production breaks, on resources made for it."""

from typing import Any

import pytest

import policies
from resources import Resources

SAFE_BUCKET: dict[str, Any] = {
    "name": "example-archive",
    "public_access_prevention": "enforced",
    "uniform_bucket_level_access": True,
    "soft_delete_policy": [{"retention_duration_seconds": 0}],
    "versioning": [{"enabled": False}],
    "lifecycle_rule": [{"action": [{"type": "Delete"}], "condition": [{"age": 8}]}],
}
SAFE_TOPIC = {"retention.ms": "518400000", "segment.ms": "3600000", "cleanup.policy": "delete"}


def check(kind: str, values: dict[str, Any]) -> list[str]:
    resource = {"mode": "managed", "address": "it", "type": kind, "values": values}
    return policies.check(Resources({"values": {"root_module": {"resources": [resource]}}}))


def test_what_keeps_the_rules_passes() -> None:
    assert check("google_storage_bucket", SAFE_BUCKET) == []
    assert check("google_managed_kafka_topic", {"configs": SAFE_TOPIC}) == []


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (
            "google_storage_bucket",
            SAFE_BUCKET | {"default_event_based_hold": True},
            "a hold keeps objects",
        ),
        (
            "google_storage_bucket",
            SAFE_BUCKET | {"name": "example-tfstate"},
            "a broken state could not be replaced",
        ),
        (
            "google_bigquery_dataset",
            {
                "dataset_id": "example",
                "max_time_travel_hours": "48",
                "access": [{"role": "OWNER", "iam_member": "allUsers"}],
            },
            "everybody may read the dataset",
        ),
        (
            "google_managed_kafka_topic",
            {"configs": SAFE_TOPIC | {"segment.ms": "86400001"}},
            "keeps messages for more than seven days",
        ),
        (
            "google_managed_kafka_topic",
            {"configs": SAFE_TOPIC | {"cleanup.policy": "compact"}},
            "keeps messages for more than seven days",
        ),
        (
            "google_managed_kafka_acl",
            {"acl_entries": [{"principal": "User:*"}]},
            "is no account's email",
        ),
        ("google_eventarc_trigger", {}, "calls as the project's default account"),
        (
            "google_project_iam_binding",
            {"project": "example", "role": "roles/owner", "members": ["user:a@b.c"]},
            "roles/owner for user:a@b.c",
        ),
        (
            "google_storage_bucket_iam_policy",
            {
                "bucket": "example",
                "policy_data": '{"bindings": [{"role": "roles/x", "members": ["allUsers"]}]}',
            },
            "roles/x on example for allUsers",
        ),
    ],
)
def test_what_breaks_a_rule_is_found(kind: str, values: dict[str, Any], message: str) -> None:
    found = check(kind, values)
    assert len(found) == 1
    assert message in found[0]
