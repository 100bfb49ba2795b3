"""The schema is the provider's, as far as the package says it."""

import pytest

import schema

TYPES = [
    "google_storage_bucket",
    "google_eventarc_trigger",
    "data.google_project",
    "google_no_such",
]


@pytest.fixture(scope="module")
def built() -> schema.Schema:
    return schema.build(TYPES)


def test_only_types_that_the_provider_has_are_in_it(built: schema.Schema) -> None:
    assert built["resource_schemas"].keys() == {"google_storage_bucket", "google_eventarc_trigger"}
    assert built["data_source_schemas"].keys() == {"google_project"}
    assert "project" in built["provider"]["block"]["attributes"]


def test_attributes_have_types_and_say_who_sets_them(built: schema.Schema) -> None:
    attributes = built["resource_schemas"]["google_storage_bucket"]["block"]["attributes"]
    assert attributes["name"] == {"type": "string", "required": True}
    assert attributes["labels"] == {"type": ["map", "string"], "optional": True}
    assert attributes["self_link"] == {"type": "string", "computed": True}
    assert attributes["project"] == {"type": "string", "optional": True, "computed": True}


def test_blocks_say_how_often_they_come(built: schema.Schema) -> None:
    blocks = built["resource_schemas"]["google_eventarc_trigger"]["block"]["block_types"]
    counts = {
        name: (block["nesting_mode"], block.get("min_items", 0), block.get("max_items", 0))
        for name, block in blocks.items()
    }
    assert counts == {
        "destination": ("list", 1, 1),
        "matching_criteria": ("set", 1, 0),
        "transport": ("list", 0, 1),
        "timeouts": ("single", 0, 0),
    }


def test_an_attribute_knows_the_values_it_may_have() -> None:
    service = schema.build(["google_cloud_run_v2_service"])["resource_schemas"]
    attributes = service["google_cloud_run_v2_service"]["block"]["attributes"]
    assert "INGRESS_TRAFFIC_ALL" in attributes["ingress"]["enum"]
