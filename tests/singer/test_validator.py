"""What is said of a record that breaks its schema: where and how, never what."""

from __future__ import annotations

import typing as t
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_activecampaign.singer.mapped_schema import find_parts
from target_activecampaign.singer.schema_reading import read_schema
from target_activecampaign.singer.validator import RecordValidator

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from target_activecampaign.singer.schema_keywords import NotUnderstood

SECRET = "ada@example.com"
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "maxLength": 5, "pattern": "^x"},
        "age": {"type": ["integer", "null"], "minimum": 0},
        "price": {"type": "number", "multipleOf": Decimal("0.01")},
        "plan": {"enum": ["free", "paid"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "people": {"type": "object", "additionalProperties": {"type": "object"}},
        "joined": {"type": "string", "format": "date-time"},
    },
    "required": ["plan"],
}


VALUES = [
    ("email",),
    ("age",),
    ("price",),
    ("plan",),
    ("tags",),
    ("address", "city"),
    ("people",),
    ("joined",),
]


def validator_of(
    schema: dict[str, t.Any],
    values: Iterable[tuple[str, ...]] = VALUES,
    not_understood: Iterable[object] = (),
) -> RecordValidator:
    problems: list[NotUnderstood] = []
    parts = find_parts(read_schema(schema, ()), values, problems)
    assert problems == list(not_understood)
    return RecordValidator(parts)


def faults_of(record: dict[str, t.Any], schema: dict[str, t.Any] = SCHEMA) -> list[str]:
    return list(validator_of(schema).find_faults(record).values())


@pytest.mark.parametrize(
    "record",
    [
        {"plan": "free"},
        {"plan": "free", "age": None, "unknown": 1},
        {"plan": "free", "price": Decimal("1.10"), "tags": ["a"], "address": {"city": "Bonn"}},
        {"plan": "free", "joined": "0000-00-00"},
        {"plan": "free", "age": Decimal("5.0"), "tags": ["a", None]},
        {"plan": "free", "age": 5.0, "address": {"city": "Bonn", "zip": 7, "more": [None]}},
    ],
)
def test_a_record_fits_what_its_schema_says_of_mapped_values_formats_aside(record: dict[str, t.Any]) -> None:
    assert faults_of(record) == []


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({}, "$: required"),
        ({"plan": SECRET}, "$.plan: enum"),
        ({"plan": "free", "email": 7}, "$.email: type"),
        ({"plan": "free", "email": SECRET}, "$.email: maxLength"),
        ({"plan": "free", "email": "abc"}, "$.email: pattern"),
        ({"plan": "free", "age": -1}, "$.age: minimum"),
        ({"plan": "free", "age": Decimal("5.5")}, "$.age: type"),
        ({"plan": "free", "age": 5.5}, "$.age: type"),
        ({"plan": "free", "age": Decimal("NaN")}, "$.age: type"),
        ({"plan": "free", "age": "1,234.56"}, "$.age: type"),
        ({"plan": "free", "tags": ["a", 7]}, "$.tags[1]: type"),
        ({"plan": "free", "address": {"city": 7}}, "$.address.city: type"),
        ({"plan": "free", "address": 7}, "$.address: type"),
        ({"plan": "free", "people": {SECRET: 7}}, "$.people.*: type"),
    ],
)
def test_a_fault_names_path_and_keyword(record: dict[str, t.Any], problem: str) -> None:
    assert faults_of(record) == [problem]


def test_each_value_has_its_own_fault() -> None:
    schema = {
        "properties": {
            "id": {"type": "integer"},
            "address": {
                "anyOf": [
                    {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}},
                    {"type": "null"},
                ]
            },
        }
    }
    validator = validator_of(schema, [("id",), ("address", "city"), ("address", "zip")])
    assert validator.find_faults({"id": 1, "address": None}) == {}
    assert validator.find_faults({"id": 1, "address": {"city": "Bonn", "zip": 53111}}) == {
        ("address", "zip"): "$.address: anyOf"
    }
    assert validator.find_faults({"id": "x", "address": 7}) == {
        ("id",): "$.id: type",
        ("address", "city"): "$.address: anyOf",
        ("address", "zip"): "$.address: anyOf",
    }


UNMAPPED = [
    {"additionalProperties": False},
    {"required": ["other"]},
    {"minProperties": 9},
    {"maxProperties": 1},
    {"propertyNames": {"maxLength": 1}},
    {"patternProperties": {"^o": {"type": "null"}}},
    {"dependentRequired": {"name": ["other"]}},
    {"not": {}},
    {"anyOf": [{"required": ["other"]}, {"required": ["more"]}]},
    {"properties": {"other": {"type": "array", "items": {"type": "string"}}}},
    {"properties": {"other": False}},
]


@pytest.mark.parametrize("keywords", UNMAPPED)
def test_what_concerns_other_columns_refuses_nothing(keywords: dict[str, t.Any]) -> None:
    properties = {"name": {"type": "string"}, **keywords.get("properties", {})}
    validator = validator_of({**keywords, "properties": properties}, [("name",)])
    assert validator.find_faults({"name": "Ada", "others": ["a", None]}) == {}
    assert validator.find_faults({"name": 7, "other": ["a", None]}) == {("name",): "$.name: type"}


@pytest.mark.parametrize("price", [float("nan"), Decimal("1E+999999"), Decimal("NaN"), Decimal("Infinity")])
def test_a_number_that_cannot_be_compared_is_a_fault(price: object) -> None:
    (fault,) = faults_of({"plan": "free", "price": price})
    assert fault.startswith("$.price: ")


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        (3, []),
        (Decimal("12.5"), []),
        (Decimal("9" * 38), []),
        (Decimal(f"{'9' * 38}.{'9' * 38}"), []),
        (Decimal(f"{'9' * 38}.{'9' * 39}"), ["$.price: multipleOf"]),
        (Decimal("1E-39"), ["$.price: multipleOf"]),
    ],
)
def test_a_number_is_compared_with_the_last_digit_that_a_database_keeps(
    price: object, fault: list[str]
) -> None:
    schema = {"properties": {"price": {"type": "number", "multipleOf": Decimal("1E-38")}}}
    assert faults_of({"price": price}, schema) == fault


_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text("QXZ", min_size=3)
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text("QXZ", min_size=3), inner)),
    max_leaves=5,
)
_VALIDATOR = validator_of(SCHEMA)


@settings(max_examples=20)
@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "QXZQXZ"]), _VALUES))
def test_any_record_fits_or_is_refused_without_being_shown(record: dict[str, t.Any]) -> None:
    said = "".join(_VALIDATOR.find_faults(record).values())
    assert not {"QXZ", "ZXQ", "XXX", "QQQ", "ZZZ"} & {said[i : i + 3] for i in range(len(said))}
