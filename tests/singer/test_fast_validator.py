"""The fast validator tells of a record what `jsonschema` tells, or nothing."""

from __future__ import annotations

import typing as t
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.json_schemas import (
    COMMON,
    SCHEMAS,
    UNFIT,
    accepted_by_jsonschema,
    is_valid,
    keywords,
    records,
    schemas_of,
)

from target_activecampaign.singer.fast_validator import compile_fast_validator
from target_activecampaign.singer.mapped_schema import Part
from target_activecampaign.singer.schema_keywords import REFUSING_KEYWORDS
from target_activecampaign.singer.validator import RecordValidator


@pytest.mark.sweep
@pytest.mark.parametrize("keyword", sorted(keywords(st.none())))
@given(data=st.data())
@settings(max_examples=20)
def test_it_tells_what_jsonschema_tells_or_nothing(keyword: str, data: st.DataObject) -> None:
    known = keywords(SCHEMAS)
    schema = data.draw(schemas_of(SCHEMAS)) | {keyword: data.draw(known[keyword])}
    assume(is_valid(schema))
    assert_same_answers(schema)
    within = [
        schema,
        {"not": schema},
        {"oneOf": [schema, {"type": "string"}, {"minimum": 1}]},
        {"if": schema, "then": {"type": "object"}, "else": {"type": "array"}},
    ]
    assert_same_answers({"properties": {"a": data.draw(st.sampled_from(within))}}, as_property=True)


def assert_same_answers(schema: dict[str, t.Any], *, as_property: bool = False) -> None:
    fits = compile_fast_validator(schema, REFUSING_KEYWORDS)
    accepted = accepted_by_jsonschema(schema, as_property=as_property)
    for record in records(as_property=as_property):
        if (answer := answer_of(fits, record)) is not None:
            assert answer == (repr(record) in accepted), record


def answer_of(fits: t.Callable[[t.Any], bool], record: dict[str, t.Any]) -> bool | None:
    try:
        return fits(record)
    except Exception:  # noqa: BLE001 - as in `RecordValidator`
        return None


@pytest.mark.parametrize("keyword", sorted(keywords(st.none()).keys() & REFUSING_KEYWORDS - {"$ref"}))
def test_it_tells_something_under_each_keyword(keyword: str) -> None:
    """So none costs more than the value that it stands for."""
    schema = {"properties": {"a": {keyword: VALUES_OF_KEYWORDS[keyword]}}}
    fits = compile_fast_validator(schema, REFUSING_KEYWORDS)
    values: list[t.Any] = ["a", 1, Decimal("0.5"), True, None, {"a": 1}, ["a"]]
    assert None not in [answer_of(fits, {"a": value}) for value in values]


_TEXT = {"type": "string"}
_TEXTS = [_TEXT, {"type": "null"}]
VALUES_OF_KEYWORDS: dict[str, t.Any] = {
    "type": ["string", "null"],
    "enum": ["a", 1],
    "const": "a",
    "pattern": "^a",
    "multipleOf": Decimal("1e-38"),
    "minimum": 1,
    "maximum": 1,
    "exclusiveMinimum": 1,
    "exclusiveMaximum": 1,
    "minLength": 1,
    "maxLength": 1,
    "minItems": 1,
    "maxItems": 1,
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {"a": _TEXT},
    "patternProperties": {"a": _TEXT},
    "dependentSchemas": {"a": _TEXT},
    "additionalProperties": _TEXT,
    "unevaluatedProperties": _TEXT,
    "propertyNames": _TEXT,
    "items": _TEXT,
    "prefixItems": _TEXTS,
    "unevaluatedItems": _TEXT,
    "contains": _TEXT,
    "uniqueItems": True,
    "anyOf": _TEXTS,
    "allOf": _TEXTS,
    "oneOf": _TEXTS,
    "not": _TEXT,
    "if": _TEXT,
    "required": ["a"],
    "dependentRequired": {"a": ["b"]},
}


def test_the_keywords_are_those_of_the_validator() -> None:
    """Were one missing, it would be taken for a remark."""
    assert {
        name for name in keywords(st.none()) if name not in {"$defs", "then", "else", "$schema"}
    } >= REFUSING_KEYWORDS - {"$dynamicRef"}


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1},
        {
            "id": 1,
            "email": "ada@example.com",
            "price": Decimal("1.10"),
            "at": "2024-02-29T00:00:00Z",
            "plan": "free",
        },
        {
            "id": 1,
            "email": None,
            "price": None,
            "at": None,
            "plan": None,
            "tags": ["a"],
            "address": {"city": "Bonn"},
        },
        {"id": 1, "anything": [1, {"a": None}], "address": {"zip": 1}},
    ],
)
def test_it_is_sure_of_what_is_common(record: dict[str, t.Any]) -> None:
    assert compile_fast_validator(COMMON, REFUSING_KEYWORDS)(record)


@pytest.mark.parametrize("record", UNFIT)
def test_it_is_sure_of_no_other(record: dict[str, t.Any]) -> None:
    assert not answer_of(compile_fast_validator(COMMON, REFUSING_KEYWORDS), record)


def test_what_it_cannot_compare_is_left_to_jsonschema() -> None:
    validator = RecordValidator([Part(("id",), {"properties": {"id": {"minimum": 0}}})])
    assert validator.find_faults({"id": float("nan")}) == {}
