"""The fast validator is sure only where `jsonschema` accepts, and is sure of common records."""

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
def test_it_is_never_sure_of_what_jsonschema_refuses(keyword: str, data: st.DataObject) -> None:
    known = keywords(SCHEMAS)
    schema = data.draw(schemas_of(SCHEMAS)) | {keyword: data.draw(known[keyword])}
    assume(is_valid(schema))
    assert sure_of(schema) <= accepted_by_jsonschema(schema)
    inner = {"properties": {"a": schema}}
    assert sure_of(inner, as_property=True) <= accepted_by_jsonschema(inner, as_property=True)


def sure_of(schema: dict[str, t.Any], *, as_property: bool = False) -> set[str]:
    check = compile_fast_validator(schema, REFUSING_KEYWORDS)
    return {repr(value) for value in records(as_property=as_property) if is_sure(check, value)}


def is_sure(check: t.Callable[[t.Any], bool], record: dict[str, t.Any]) -> bool:
    try:
        return check(record)
    except Exception:  # noqa: BLE001 - as in `RecordValidator`
        return False  # it is asked no further


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
def test_it_is_not_sure_of_the_rest(record: dict[str, t.Any]) -> None:
    assert not is_sure(compile_fast_validator(COMMON, REFUSING_KEYWORDS), record)


def test_what_it_cannot_compare_is_left_to_jsonschema() -> None:
    validator = RecordValidator([Part(("id",), {"properties": {"id": {"minimum": 0}}})])
    assert validator.find_faults({"id": float("nan")}) == {}
