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
    """A role that somebody has on something, or on the part of it that a condition names."""

    address: str
    target: str
    role: str
    member: str
    condition: Values | None = None


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

    def accesses(self) -> list[Grant]:
        """What datasets grant, in the words of the others."""
        datasets = self.of("google_bigquery_dataset")
        return [access for dataset in datasets for access in accesses_of(dataset)]


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
    for binding in bindings(values):
        for member in binding["members"]:
            yield Grant(resource.address, target, binding["role"], member, binding.get("condition"))


def bindings(values: Values) -> Iterable[Values]:
    if values.get("policy_data"):
        return json.loads(values["policy_data"]).get("bindings", [])
    members = values.get("members") or [values.get("member")]
    if None in members:
        return []
    condition = next(iter(values.get("condition") or []), None)
    return [{"role": values["role"], "members": members, "condition": condition}]


def accesses_of(dataset: Resource) -> Iterator[Grant]:
    for access in dataset.blocks("access"):
        if member := member_of(access):
            yield Grant(dataset.address, dataset.values["dataset_id"], access["role"], member)


def member_of(access: Values) -> str | None:
    """Who an access of a dataset is for; nobody where it is for a view, or for another dataset."""
    if email := access.get("user_by_email"):
        kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
        return f"{kind}:{email}"
    if email := access.get("group_by_email"):
        return f"group:{email}"
    if domain := access.get("domain"):
        return f"domain:{domain}"
    return access.get("iam_member") or access.get("special_group")


def target_of(values: Values) -> str:
    """What a grant is on: the first of its attributes that names something."""
    names = (
        *("bucket", "topic", "subscription", "secret_id", "crypto_key_id", "service_account_id"),
        *("table_id", "dataset_id", "name", "cloud_run_service_name", "repository", "project"),
    )
    return next((values[name] for name in names if values.get(name)), "")
