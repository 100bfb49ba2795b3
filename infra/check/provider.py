"""A google provider that knows the schema and calls nobody, for the real Terraform.

It speaks plugin protocol 6 from this process: Terraform finds it by TF_REATTACH_PROVIDERS, so
nothing is installed, no lock file is written, and one provider serves any number of runs. A plan
leaves unknown what Google decides; an apply answers with made-up values for it, which shows the
values that hang on them, such as the URL of a scheduled job.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import msgpack
from tf.gen import grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

import rules
from schema import Schema

ADDRESS = "registry.terraform.io/hashicorp/google"
UNKNOWN = msgpack.ExtType(0, b"\x00")
NESTING = {
    "single": pb.Schema.NestedBlock.SINGLE,
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
}

# Blocks that Google fills where the configuration does not, so that others can refer into them.
FILLED_BLOCKS: dict[str, dict[str, Any]] = {
    "google_eventarc_trigger": {
        "transport": [{"pubsub": [{"subscription": UNKNOWN, "topic": UNKNOWN}]}],
    },
}

Value = dict[str, Any]


class Provider(rpc.ProviderServicer):
    """The answers to Terraform's questions."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.answer = schema_response(schema)
        self.defaults: Value = {}

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return self.answer

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        config = unpack(request.config)
        self.defaults = {name: config.get(name) for name in ("project", "region", "zone")}
        return pb.ConfigureProvider.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        found = rules.problems(
            request.type_name, self.resource(request.type_name), unpack(request.config)
        )
        return pb.ValidateResourceConfig.Response(diagnostics=map(to_diagnostic, found))

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        state = json.loads(request.raw_state.json)
        return pb.UpgradeResourceState.Response(upgraded_state=pack(state))

    def ReadResource(self, request: Any, context: Any) -> Any:
        return pb.ReadResource.Response(new_state=request.current_state)

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        block = self.schema["data_source_schemas"][request.type_name]["block"]
        value = made_up(block, with_unknowns(block, unpack(request.config)), self.defaults)
        return pb.ReadDataSource.Response(state=pack(value))

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        proposed = unpack(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        planned = self.plan(request.type_name, proposed)
        # As the real provider does: it lets blocks differ from the configuration.
        return pb.PlanResourceChange.Response(planned_state=pack(planned), legacy_type_system=True)

    def plan(self, type_name: str, proposed: Value) -> Value:
        block = self.resource(type_name)
        for name in self.defaults.keys() & block["attributes"].keys():
            if proposed[name] is None:
                proposed[name] = self.defaults[name]
        for name, value in FILLED_BLOCKS.get(type_name, {}).items():
            proposed[name] = proposed[name] or value
        if type_name == "google_service_account":
            plan_email(proposed)
        return with_unknowns(block, proposed)

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        planned = unpack(request.planned_state)
        if planned is not None:
            planned = made_up(self.resource(request.type_name), planned, self.defaults)
        return pb.ApplyResourceChange.Response(new_state=pack(planned), legacy_type_system=True)

    def StopProvider(self, request: Any, context: Any) -> Any:
        return pb.StopProvider.Response()

    def resource(self, type_name: str) -> Schema:
        return self.schema["resource_schemas"][type_name]["block"]


class Output(grpc_stdio_pb2_grpc.GRPCStdioServicer):
    """Terraform asks for the plugin's output; there is none."""

    def StreamStdio(self, request: Any, context: Any) -> Iterator[Any]:
        return iter(())


@contextmanager
def serve(schema: Schema) -> Iterator[dict[str, str]]:
    """Serves the schema, and gives the environment by which Terraform finds it."""
    server = grpc.server(ThreadPoolExecutor(8))
    rpc.add_ProviderServicer_to_server(Provider(schema), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Output(), server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(
        grpc_controller_pb2_grpc.GRPCControllerServicer(), server
    )
    with tempfile.TemporaryDirectory() as folder:
        socket = str(Path(folder) / "provider.sock")
        server.add_insecure_port(f"unix://{socket}")
        server.start()
        reattach = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,  # Terraform does not end the process when it is done.
            "Addr": {"Network": "unix", "String": socket},
        }
        try:
            yield {"TF_REATTACH_PROVIDERS": json.dumps({ADDRESS: reattach})}
        finally:
            server.stop(grace=None).wait()


def unpack(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, strict_map_key=False)


def pack(value: Any) -> Any:
    return pb.DynamicValue(msgpack=msgpack.packb(value))


def schema_response(schema: Schema) -> Any:
    resources, sources = schema["resource_schemas"], schema["data_source_schemas"]
    return pb.GetProviderSchema.Response(
        provider=to_schema(schema["provider"]),
        resource_schemas={name: to_schema(each) for name, each in resources.items()},
        data_source_schemas={name: to_schema(each) for name, each in sources.items()},
    )


def to_schema(schema: Schema) -> Any:
    return pb.Schema(version=schema["version"], block=to_block(schema["block"]))


def to_block(block: Schema) -> Any:
    attributes = [
        pb.Schema.Attribute(
            name=name,
            type=json.dumps(attribute["type"]).encode(),
            required=attribute.get("required", False),
            optional=attribute.get("optional", False),
            computed=attribute.get("computed", False),
        )
        for name, attribute in block["attributes"].items()
    ]
    nested = [
        pb.Schema.NestedBlock(
            type_name=name,
            block=to_block(inner["block"]),
            nesting=NESTING[inner["nesting_mode"]],
            min_items=inner.get("min_items", 0),
            max_items=inner.get("max_items", 0),
        )
        for name, inner in block["block_types"].items()
    ]
    return pb.Schema.Block(attributes=attributes, block_types=nested)


def to_diagnostic(problem: rules.Problem) -> Any:
    path, message = problem
    steps = [
        pb.AttributePath.Step(attribute_name=step)
        if isinstance(step, str)
        else pb.AttributePath.Step(element_key_int=step)
        for step in path
    ]
    where = ".".join(step for step in path if isinstance(step, str))
    return pb.Diagnostic(
        severity=pb.Diagnostic.ERROR,
        summary=f"{where or 'resource'}: {message}",
        attribute=pb.AttributePath(steps=steps),
    )


def plan_email(account: Value) -> None:
    """The real provider knows a service account's email when it plans the account."""
    known = isinstance(account["account_id"], str) and isinstance(account["project"], str)
    if known and account["email"] is None:
        account["email"] = f"{account['account_id']}@{account['project']}.iam.gserviceaccount.com"
        account["member"] = f"serviceAccount:{account['email']}"


def with_unknowns(block: Schema, value: Any) -> Any:
    """The value with what is computed, and not set, as unknown."""
    if isinstance(value, list):
        return [with_unknowns(block, element) for element in value]
    if not isinstance(value, dict):
        return value
    filled = dict(value)
    for name, attribute in block["attributes"].items():
        if attribute.get("computed") and filled.get(name) is None:
            filled[name] = UNKNOWN
    for name, nested in block["block_types"].items():
        filled[name] = with_unknowns(nested["block"], filled.get(name))
    return filled


def made_up(block: Schema, value: Any, defaults: Value) -> Any:
    """The value with something plausible for what is unknown."""
    if isinstance(value, list):
        return [made_up(block, element, defaults) for element in value]
    if not isinstance(value, dict):
        return value
    filled = dict(value)
    for name, attribute in block["attributes"].items():
        if isinstance(filled.get(name), msgpack.ExtType):
            filled[name] = example(name, attribute["type"], value, defaults)
    for name, nested in block["block_types"].items():
        filled[name] = made_up(nested["block"], filled.get(name), defaults)
    return filled


def example(name: str, kind: Any, owner: Value, defaults: Value) -> Any:
    if kind == "string":
        return example_text(name, owner, defaults)
    if kind == "number":
        return 123456789012
    if kind == "bool":
        return False
    if kind == "dynamic":
        return None
    if kind[0] == "map":
        return {}
    if kind[0] == "object":
        return {field: example(field, inner, owner, defaults) for field, inner in kind[1].items()}
    return []


def example_text(name: str, owner: Value, defaults: Value) -> str:
    label = owner.get("name") if isinstance(owner.get("name"), str) else "example"
    if name in ("project", "project_id"):
        return defaults.get("project") or "example-project"
    if name in ("number", "project_number"):
        return "123456789012"
    if name in ("email", "email_address"):
        return "service-123456789012@example.iam.gserviceaccount.com"
    if name == "member":
        return "serviceAccount:service-123456789012@example.iam.gserviceaccount.com"
    if name == "uri":
        return f"https://{label}-example.a.run.app"
    return f"{name}-of-{label}"
