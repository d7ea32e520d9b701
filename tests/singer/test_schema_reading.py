"""Any schema of a tap goes on in a form that the SDK takes; a reference is replaced, never fetched."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.helpers._flattening import flatten_schema

from target_activecampaign.contacts.schema_paths import FREE_RECORDS, keys_along, nearest_path
from target_activecampaign.singer.schema_reading import ANY_TYPE, SCALARS, read_schema

if t.TYPE_CHECKING:
    from pathlib import Path

CITY = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {},
        {"properties": {}},
        {"properties": []},
        {"properties": None},
        {"type": "object", "additionalProperties": True},
        {"type": ["object", "null"], "required": ["_id"]},
        {"patternProperties": {"^": {}}},
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    ],
)
def test_a_schema_that_names_no_property_is_one_of_free_records(schema: dict[str, t.Any]) -> None:
    read = read_schema(schema, ["_id"])
    assert read["properties"] == {"_id": {}}
    assert keys_along(read, "email") == ("email",)
    assert keys_along(read, "address.city") == ("address", "city")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"name": {}}},
        {"additionalProperties": False},
        {"type": "array"},
        {"anyOf": [{"properties": {"name": {}}}]},
        {"properties": {"name": {}}, "additionalProperties": True},
    ],
)
def test_a_schema_that_names_a_property_or_allows_none_is_not_one_of_free_records(
    schema: dict[str, t.Any],
) -> None:
    read = read_schema(schema, ["name"])
    assert FREE_RECORDS not in read
    assert keys_along(read, "email") is None


@pytest.mark.parametrize(
    ("reference", "root"),
    [
        ("#/definitions/a", {"definitions": {"a": CITY}}),
        ("#/$defs/a", {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": CITY}}),
        ("#/$defs/a~1b%20c~0", {"$defs": {"a/b c~": CITY}}),
        ("#/parts/1", {"parts": [{}, CITY]}),
        ("https://example.com/s#/$defs/a", {"$id": "https://example.com/s", "$defs": {"a": CITY}}),
        ("#/properties/other", {"properties": {"other": CITY}}),
    ],
)
def test_a_reference_into_the_schema_is_replaced(reference: str, root: dict[str, t.Any]) -> None:
    properties = {**root.get("properties", {}), "address": {"$ref": reference, "title": "Address"}}
    read = read_schema({**root, "properties": properties}, ())
    assert read["properties"]["address"] == {**CITY, "title": "Address"}
    assert keys_along(read, "address.city") == ("address", "city")


def test_the_whole_schema_may_be_a_reference() -> None:
    schema = {"$ref": "#/definitions/r", "definitions": {"r": {"properties": {"email": {"type": "string"}}}}}
    assert read_schema(schema, ()) == {"properties": {"email": {"type": "string"}}}


def test_a_reference_that_leads_elsewhere_or_nowhere_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "schema.json"
    elsewhere.write_text("{}")
    for target in (elsewhere.as_uri(), "#/none", "#/properties/a/9", "#name", "other.json#/a", ""):
        schema = {"properties": {"a": {"$ref": target}}}
        assert read_schema(schema, ()) == schema


def test_a_reference_in_itself_is_replaced_once() -> None:
    tree = {"type": "object", "properties": {"name": {}, "child": {"$ref": "#/$defs/tree"}}}
    read = read_schema({"properties": {"root": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": tree}}, ())
    child = {"type": "object", "properties": {"name": {}, "child": {}}}
    assert read["properties"]["root"] == child
    assert nearest_path(read, "root.nam") == "root.name"


def test_references_that_multiply_end() -> None:
    definitions = {
        f"d{depth}": {"properties": {name: {"$ref": f"#/$defs/d{depth + 1}"} for name in "abcd"}}
        for depth in range(25)
    }
    read = read_schema({"$ref": "#/$defs/d0", "$defs": definitions}, ())
    assert keys_along(read, "a.a.a") == ("a", "a", "a")


def test_what_stands_too_deep_says_nothing() -> None:
    schema: dict[str, t.Any] = {}
    for _ in range(300):
        schema = {"properties": {"child": schema}}
    read = read_schema(schema, ())
    assert 20 < str(read).count("child") < 40


def test_a_property_whose_schema_is_none_is_one_all_the_same() -> None:
    schema = {"properties": {"a": "string", "b": True, "c": False, "d": {"type": None}, "e": {"type": 7}}}
    properties = {"a": {"type": ["string"]}, "b": {}, "c": {"not": {}}, "d": {}, "e": {"type": [7]}}
    assert read_schema(schema, ()) == {"properties": properties}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({}, [*SCALARS]),
        ({"enum": ["a", 1, None]}, ["string", "number", "null"]),
        ({"anyOf": [{"type": "integer"}, {"type": ["null"]}]}, ["integer", "null"]),
        ({"anyOf": [{"type": {}}, 7]}, [*SCALARS]),
        ({"type": "string"}, "string"),
        ({"$ref": "#/none"}, [*SCALARS]),
    ],
)
def test_a_property_that_is_flattened_keeps_its_column(schema: dict[str, t.Any], types: object) -> None:
    read = read_schema({"properties": {"a": schema}}, (), default_types=SCALARS)
    assert read["properties"]["a"]["type"] == types
    assert flatten_schema(read, max_level=2)["properties"].keys() == {"a"}


_JUNK = st.sampled_from(
    [None, 7, "string", [], {}, ["a"], [7], {"a": 7}, {"type": 7}, True, "#", "#/properties/a"]
)
_KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "anyOf",
        "items",
        "$ref",
        "enum",
        "required",
        "additionalProperties",
        "allOf",
        "not",
    ]
)
_SCHEMAS = st.recursive(
    _JUNK,
    lambda inner: st.dictionaries(_KEYWORDS | st.sampled_from(["a", "b"]), inner, max_size=3),
    max_leaves=8,
)


@given(schema=st.dictionaries(_KEYWORDS, _SCHEMAS, max_size=3), types=st.sampled_from([SCALARS, ANY_TYPE]))
@settings(max_examples=60)
def test_any_schema_can_be_flattened_and_searched(schema: dict[str, t.Any], types: tuple[str, ...]) -> None:
    read = read_schema(schema, ["id"], default_types=types)
    assert isinstance(flatten_schema(read, max_level=3)["properties"], dict)
    nearest_path(read, "email")
    keys_along(read, "a.b")
