"""What is said of a record that breaks its schema: where and how, never what."""

from __future__ import annotations

import typing as t
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import InvalidJSONSchema, InvalidRecord

from target_activecampaign.singer.validator import RecordValidator

if t.TYPE_CHECKING:
    from pathlib import Path

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


def problem_of(record: dict[str, t.Any], schema: dict[str, t.Any] = SCHEMA) -> str:
    with pytest.raises(InvalidRecord) as refusal:
        RecordValidator(schema).validate(record)
    assert refusal.value.__cause__ is None
    assert refusal.value.record == {}
    return str(refusal.value.error_message)


@pytest.mark.parametrize(
    "record",
    [
        {"plan": "free"},
        {"plan": "free", "age": None, "unknown": 1},
        {"plan": "free", "price": Decimal("1.10"), "tags": ["a"], "address": {"city": "Bonn"}},
        {"plan": "free", "joined": "0000-00-00"},
    ],
)
def test_a_record_that_fits_its_schema_passes_formats_aside(record: dict[str, t.Any]) -> None:
    assert RecordValidator(SCHEMA).validate(record) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({}, "$: required"),
        ({"plan": SECRET}, "$.plan: enum"),
        ({"plan": "free", "email": 7}, "$.email: type"),
        ({"plan": "free", "email": SECRET}, "$.email: maxLength"),
        ({"plan": "free", "email": "abc"}, "$.email: pattern"),
        ({"plan": "free", "age": -1}, "$.age: minimum"),
        ({"plan": "free", "tags": ["a", 7]}, "$.tags[1]: type"),
        ({"plan": "free", "address": {"city": 7}}, "$.address.city: type"),
        ({"plan": "free", "people": {SECRET: 7}}, "$.people.*: type"),
    ],
)
def test_a_problem_names_the_path_and_the_keyword(record: dict[str, t.Any], problem: str) -> None:
    assert problem_of(record) == problem


@pytest.mark.parametrize("price", [float("nan"), Decimal("1E+999999"), Decimal("NaN"), Decimal("Infinity")])
def test_a_number_that_cannot_be_compared_breaks_the_record_not_the_run(price: object) -> None:
    assert problem_of({"plan": "free", "price": price}).startswith("$")


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        (3, None),
        (Decimal("12.5"), None),
        (Decimal("9" * 38), None),
        (Decimal(f"{'9' * 38}.{'9' * 38}"), None),
        (Decimal(f"{'9' * 38}.{'9' * 39}"), "$.price: multipleOf"),
        (Decimal("1E-39"), "$.price: multipleOf"),
    ],
)
def test_a_number_is_compared_with_the_last_digit_that_a_database_keeps(
    price: object, fault: str | None
) -> None:
    schema = {"properties": {"price": {"type": "number", "multipleOf": Decimal("1E-38")}}}
    assert RecordValidator(schema).find_fault({"price": price}) == fault


def test_a_bottomless_record_breaks_the_record_not_the_run() -> None:
    record: dict[str, t.Any] = {}
    for _ in range(10_000):
        record = {"child": record}
    schema = {"properties": {"child": {"$ref": "#"}}}
    # The depth of the stack decides in which part of the validator the bottom is reached.
    for frames in range(40):
        problem = deeper(frames, lambda: problem_of(record, schema))
        assert problem == "$: can't be compared with the schema"


def deeper(frames: int, call: t.Callable[[], str]) -> str:
    """Call with so many frames more on the stack."""
    return deeper(frames - 1, call) if frames else call()


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"properties": {"email": {"type": SECRET}}}, "$.properties.email.type"),
        ({"properties": {"age": {"minimum": SECRET}}}, "$.properties.age.minimum"),
    ],
)
def test_a_schema_that_is_none_is_refused_by_its_path(schema: dict[str, t.Any], where: str) -> None:
    with pytest.raises(InvalidJSONSchema) as refusal:
        RecordValidator(schema)
    assert "not a valid JSON schema at $" in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert str(refusal.value).count(".") == where.count(".")


def test_nothing_that_a_schema_refers_to_is_fetched(tmp_path: Path) -> None:
    elsewhere = tmp_path / "schema.json"
    elsewhere.write_text("{}")
    for target in (elsewhere.as_uri(), "#/definitions/none"):
        schema = {"properties": {"email": {"$ref": target}}}
        assert problem_of({"email": SECRET}, schema) == "$: can't be compared with the schema"


def test_a_bottomless_schema_is_refused() -> None:
    schema: dict[str, t.Any] = {}
    for _ in range(10_000):
        schema = {"properties": {"child": schema}}
    with pytest.raises(InvalidJSONSchema, match="not a JSON schema that can be used"):
        RecordValidator(schema)


_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text("QXZ", min_size=3)
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text("QXZ", min_size=3), inner)),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "QXZQXZ"]), _VALUES))
def test_any_record_passes_or_is_refused_without_being_shown(record: dict[str, t.Any]) -> None:
    problem = ""
    try:
        RecordValidator(SCHEMA).validate(record)
    except InvalidRecord as refusal:
        problem = str(refusal)
    assert not {"QXZ", "ZXQ", "XXX", "QQQ", "ZZZ"} & {problem[i : i + 3] for i in range(len(problem))}
