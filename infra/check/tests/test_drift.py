"""What Terraform makes is what the local stack runs, and what the files beside it declare."""

from copy import deepcopy
from typing import Any

import pytest
from conftest import PROJECT

import drift
from resources import Resources
from terraform import REPOSITORY


def compare(topology: dict[str, Any], made: Resources) -> list[str]:
    return drift.everything(topology, made, PROJECT, REPOSITORY)


def test_the_local_stack_and_the_files_are_what_terraform_makes(
    topology: dict[str, Any], made: Resources
) -> None:
    found = compare(topology, made)
    assert not found, "\n".join(found)


def without_a_trigger(topology: dict[str, Any]) -> None:
    del topology["triggers"][0]


def with_another_variable(topology: dict[str, Any]) -> None:
    topology["services"]["purge-auditor"]["environment"].append("ANOTHER")


def with_another_schedule(topology: dict[str, Any]) -> None:
    topology["schedules"][0]["cron"] = "5 * * * *"


def with_another_age(topology: dict[str, Any]) -> None:
    topology["buckets"][0]["lifecycle"]["rule"][0]["condition"]["age"] = 6


def with_another_header(topology: dict[str, Any]) -> None:
    topology["buckets"][0]["cors"][0]["responseHeader"].append("x-another")


def with_another_topic(topology: dict[str, Any]) -> None:
    topology["topics"].append("darkroom.another")


def with_another_bucket(topology: dict[str, Any]) -> None:
    topology["buckets"].append(topology["buckets"][2] | {"name": "darkroom-another"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_a_trigger, "trigger ingest-finalized is in Terraform and not in the local stack"),
        (with_another_topic, "topic darkroom.another is in the local stack and not in topics.toml"),
        (with_another_bucket, "bucket another is in the local stack and not in Terraform"),
        (with_another_variable, "'ANOTHER'"),
        (with_another_schedule, "schedule sweep-hourly, when: '0 * * * * UTC' in Terraform"),
        (with_another_age, "bucket ingest, lifecycle: "),
        (with_another_header, "'x-another'"),
    ],
)  # fmt: skip
def test_a_change_of_the_local_stack_alone_is_found(
    topology: dict[str, Any], made: Resources, change: Any, message: str
) -> None:
    changed = deepcopy(topology)
    change(changed)
    found = set(compare(changed, made)) - set(compare(topology, made))
    assert len(found) == 1
    assert message in found.pop()
