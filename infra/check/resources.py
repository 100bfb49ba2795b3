"""What Terraform plans or has made, as a flat list."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource with its values."""

    address: str
    type: str
    values: Values

    def block(self, *path: str) -> Values:
        """The first of a block, through others; empty where there is none."""
        value = self.values
        for name in path:
            value = next(iter(value.get(name) or []), {})
        return value

    def blocks(self, name: str) -> list[Values]:
        return self.values.get(name) or []


@dataclass(frozen=True)
class Grant:
    """A role that somebody has on something."""

    address: str
    target: str
    role: str
    member: str


class Resources:
    """Every resource of `terraform show -json`."""

    def __init__(self, shown: Values) -> None:
        values = shown.get("planned_values") or shown.get("values") or {}
        self.all = list(resources_of(values.get("root_module", {})))

    def of(self, *types: str) -> list[Resource]:
        return [resource for resource in self.all if resource.type in types]

    def matching(self, part: str) -> list[Resource]:
        return [resource for resource in self.all if part in resource.type]

    def grants(self) -> list[Grant]:
        return [grant for resource in self.matching("_iam_") for grant in grants_of(resource)]


def resources_of(module: Values) -> Iterator[Resource]:
    for resource in module.get("resources", []):
        if resource["mode"] == "managed":
            yield Resource(resource["address"], resource["type"], resource["values"])
    for child in module.get("child_modules", []):
        yield from resources_of(child)


def grants_of(resource: Resource) -> Iterator[Grant]:
    """What an IAM resource grants, be it one member's role, a role's members, or a whole policy."""
    values = resource.values
    target = target_of(values)
    for role, members in bindings(values):
        for member in members:
            yield Grant(resource.address, target, role, member)


def bindings(values: Values) -> Iterable[tuple[str, list[str]]]:
    if values.get("policy_data"):
        policy = json.loads(values["policy_data"])
        return [(binding["role"], binding["members"]) for binding in policy.get("bindings", [])]
    if values.get("members"):
        return [(values["role"], values["members"])]
    return [(values["role"], [values["member"]])] if values.get("member") else []


def target_of(values: Values) -> str:
    """What a grant is on: the first of its attributes that names something."""
    names = (
        *("bucket", "topic", "subscription", "secret_id", "crypto_key_id", "service_account_id"),
        *("table_id", "dataset_id", "name", "repository", "project"),
    )
    return next((values[name] for name in names if values.get(name)), "")
