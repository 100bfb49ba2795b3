"""The google provider's schema, without the provider.

The package cdktf-cdktf-provider-google is generated from the provider's own schema. Its JavaScript
says of every resource which attributes and blocks it has, their types, which are required and which
can only be read; the comments in its type declarations say which values an attribute may have. This
module reads both and gives a schema in the form of `terraform providers schema -json`, with `enum`
besides.

What the package does not say: conflicts between attributes, ranges and patterns of values (rules.py
has those that matter here), and whether Google decides what is not set.
"""

import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import files
from pathlib import Path
from typing import Any

PACKAGE = "cdktf-cdktf-provider-google"

# The provider release that version 16.12.1 of the package was generated from.
PROVIDER_VERSION = "6.50.0"

# Set by the provider where the configuration does not.
OPTIONAL_AND_COMPUTED = {"id", "project", "region", "zone"}

Schema = dict[str, Any]
Type = str | list[Any]

SCALARS: dict[str, Type] = {
    "string": "string",
    "boolean": "bool",
    "number": "number",
    "any": "dynamic",
}
GETTERS: dict[str, Type] = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "interpolationForAttribute": "dynamic",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
    "getAnyMapAttribute": ["map", "dynamic"],
}
WRAPPERS: dict[str, Type] = {
    "cdktf.StringMap": ["map", "string"],
    "cdktf.NumberMap": ["map", "number"],
    "cdktf.BooleanMap": ["map", "bool"],
    "cdktf.AnyMap": ["map", "dynamic"],
    "cdktf.StringMapList": ["list", ["map", "string"]],
}

CLASS = re.compile(r"^class (\w+) extends cdktf\.(\w+) \{\n(.*?)^\}", re.S | re.M)
WRITER = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.S | re.M)
ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: .*?,\n +isBlock: (true|false),\n"
    r' +type: "(\w+)",\n +storageClassType: "(\w+)",\n',
    re.M,
)
GETTER = re.compile(r"\bthis\.(get\w+Attribute|interpolationForAttribute)\('(\w+)'\)")
MEMBER = re.compile(r'this\._\w+ = new ([\w.]+)\(this, "(\w+)"(?:, (true|false))?\)')
RESET = re.compile(r"^    reset(\w+)\(\)", re.M)
TERRAFORM_TYPE = re.compile(r'^(\w+)\.tfResourceType = "(\w+)";', re.M)
INTERFACE = re.compile(r"^export interface (\w+)[^{\n]*\{\n(.*?)^\}", re.S | re.M)
PROPERTY = re.compile(r"/\*\*((?:(?!\*/).)*?)\*/\s*readonly", re.S)
ANCHOR = re.compile(r"\{@link \S+#(\w+) ")
POSSIBLE_VALUES = re.compile(r"Possible values: \[([^\]]+)\]")


class SchemaError(Exception):
    """The package is not as this module expects it."""


@dataclass
class Entry:
    """An argument as the package writes it: an attribute or a block."""

    name: str
    is_block: bool
    kind: str
    storage: str


@dataclass
class Member:
    """A class that stands for a nested object."""

    class_name: str
    is_set: bool


@dataclass
class Class:
    """A resource, or an object nested in one."""

    base: str
    entries: list[Entry]
    attributes: dict[str, Type]
    members: dict[str, Member]
    optional: set[str]


@dataclass
class Module:
    """A resource's or a data source's part of the package."""

    script: str = ""
    declarations: str = ""
    classes: dict[str, Class] = field(default_factory=dict)
    writers: dict[str, list[Entry]] = field(default_factory=dict)
    enums: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def parse(self) -> None:
        self.writers = {name: entries(body) for name, body in WRITER.findall(self.script)}
        self.classes = {
            name: parse_class(base, body) for name, base, body in CLASS.findall(self.script)
        }
        self.enums = {name: enums(body) for name, body in INTERFACE.findall(self.declarations)}

    def resource(self) -> tuple[str, str, Schema]:
        """The kind (the class's base), Terraform's name and the schema of a module."""
        class_name, terraform_type = TERRAFORM_TYPE.findall(self.script)[0]
        top = self.classes[class_name]
        block = self.block(top, top.entries, self.enums.get(f"{class_name}Config", {}))
        for name in OPTIONAL_AND_COMPUTED & block["attributes"].keys():
            attribute = block["attributes"][name]
            attribute["computed"] = not attribute.get("required", False)
        return top.base, terraform_type, {"version": 0, "block": block}

    def block(self, owner: Class, arguments: list[Entry], enums: dict[str, list[str]]) -> Schema:
        attributes: Schema = {}
        blocks: Schema = {}
        for entry in arguments:
            required = flat(entry.name) not in owner.optional
            if entry.is_block and owner.base == "TerraformProvider":
                continue  # Its two blocks have no classes, and are not used here.
            if entry.is_block:
                blocks[entry.name] = self.nested(entry, owner.members[entry.name], required)
            else:
                attributes[entry.name] = self.attribute(entry, owner, required)
                if entry.name in enums:
                    attributes[entry.name]["enum"] = enums[entry.name]
        named = {entry.name for entry in arguments}
        for name in (owner.attributes.keys() | owner.members.keys()) - named:
            attributes[name] = {"type": self.type_of(name, owner), "computed": True}
        return {"attributes": attributes, "block_types": blocks}

    def nested(self, entry: Entry, member: Member, required: bool) -> Schema:
        is_single = self.classes[member.class_name].base == "ComplexObject"
        element = member.class_name if is_single else element_of(member.class_name)
        name = element.removesuffix("OutputReference")
        arguments = self.writers[name[0].lower() + name[1:]]
        block = self.block(self.classes[element], arguments, self.enums.get(name, {}))
        if entry.name == "timeouts":
            return {"nesting_mode": "single", "block": block}
        mode = "set" if entry.kind == "set" else "list"
        nested: Schema = {"nesting_mode": mode, "block": block}
        if is_single:
            nested["max_items"] = 1
        if required:
            nested["min_items"] = 1
        return nested

    def attribute(self, entry: Entry, owner: Class, required: bool) -> Schema:
        attribute: Schema = {"type": scalar_type(entry) or self.type_of(entry.name, owner)}
        if required:
            attribute["required"] = True
        else:
            attribute["optional"] = True
        return attribute

    def type_of(self, name: str, owner: Class) -> Type:
        if name in owner.attributes:
            return owner.attributes[name]
        if name not in owner.members:
            raise SchemaError(f"no type is given for {name}")
        member = owner.members[name]
        if member.class_name in WRAPPERS:
            return WRAPPERS[member.class_name]
        base = self.classes[member.class_name].base
        if base == "ComplexObject":
            return ["list", self.object_type(member.class_name)]
        element = self.object_type(element_of(member.class_name))
        if base == "ComplexMap":
            return ["map", element]
        return ["set" if member.is_set else "list", element]

    def object_type(self, class_name: str) -> Type:
        owner = self.classes[class_name]
        names = owner.attributes.keys() | owner.members.keys()
        return ["object", {name: self.type_of(name, owner) for name in names}]


def parse_class(base: str, body: str) -> Class:
    own = body.partition("synthesizeHclAttributes()")
    return Class(
        base=base,
        entries=entries(own[2]),
        attributes={name: GETTERS[getter] for getter, name in GETTER.findall(body)},
        members={
            name: Member(kind.rsplit(".")[-1] if kind not in WRAPPERS else kind, wraps == "true")
            for kind, name, wraps in MEMBER.findall(body)
        },
        optional={flat(name) for name in RESET.findall(body)},
    )


def entries(body: str) -> list[Entry]:
    found = ENTRY.findall(body)
    return [
        Entry(name, is_block == "true", kind, storage) for name, is_block, kind, storage in found
    ]


def enums(body: str) -> dict[str, list[str]]:
    """The values that the comments of an interface's properties allow, by attribute."""
    found = {}
    for comment in PROPERTY.findall(body):
        anchor, values = ANCHOR.search(comment), POSSIBLE_VALUES.search(comment)
        if anchor and values:
            found[anchor[1]] = re.findall(r'"([^"]*)"', values[1])
    return found


def scalar_type(entry: Entry) -> Type | None:
    if entry.kind == "simple":
        return SCALARS[entry.storage]
    collection = re.fullmatch(r"(string|number|boolean|any)(List|Map|Set)", entry.storage)
    if collection and entry.kind in ("list", "set", "map"):
        return [entry.kind, SCALARS[collection[1]]]
    return None


def element_of(class_name: str) -> str:
    return re.sub(r"(List|Map)$", "OutputReference", class_name)


def flat(name: str) -> str:
    return name.replace("_", "").lower()


def build(types: Iterable[str]) -> Schema:
    """The schema of the provider and of these types, data sources written as `data.TYPE`.

    A type that the provider does not have is left out: Terraform then says so.
    """
    folders = {"provider"} | {folder_of(name) for name in types}
    schema: Schema = {"provider": {}, "resource_schemas": {}, "data_source_schemas": {}}
    for module in read_modules(folders):
        module.parse()
        base, name, block = module.resource()
        if base == "TerraformProvider":
            schema["provider"] = block
        elif base == "TerraformDataSource":
            schema["data_source_schemas"][name] = block
        else:
            schema["resource_schemas"][name] = block
    return schema


def folder_of(name: str) -> str:
    """The folder of a type: `google_storage_bucket` is in storage-bucket."""
    prefix, _, terraform_type = name.rpartition(".")
    if prefix == "data":
        return "data-" + terraform_type.replace("_", "-")
    return terraform_type.removeprefix("google_").replace("_", "-")


def read_modules(folders: set[str]) -> list[Module]:
    modules: dict[str, Module] = {}
    with tarfile.open(archive_path(), mode="r|gz") as archive:
        for item in archive:
            parts = Path(item.name).parts
            if len(parts) < 4 or parts[2] not in folders:
                continue
            content = archive.extractfile(item)
            if content is None:
                continue
            module = modules.setdefault(parts[2], Module())
            if item.name.endswith(".d.ts"):
                module.declarations += content.read().decode()
            elif item.name.endswith(".js"):
                module.script += content.read().decode()
    return list(modules.values())


def archive_path() -> Path:
    """The JavaScript of the package, as it is installed."""
    for file in files(PACKAGE) or []:
        if file.name.endswith(".jsii.tgz"):
            return Path(str(file.locate()))
    raise SchemaError(f"{PACKAGE} holds no JavaScript")
