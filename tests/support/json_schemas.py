"""JSON schemas and records for the tests of what validates them, and what `jsonschema` says of both."""

from __future__ import annotations

import datetime as dt
import decimal
import typing as t
from decimal import Decimal

import jsonschema
import referencing
from hypothesis import strategies as st

from target_activecampaign.singer.json_schema import DIGITS, VALIDATOR, raise_if_not_of_validator

NAMES = st.sampled_from(["a", "b", "c"])


NUMBERS = st.sampled_from(
    [0, 1, -1, 2, 5, 2**63, 10**400, 0.5, 1.0, 0.1, float("nan"), float("inf")]
    + [Decimal(text) for text in ("0.1", "1.0", "2", "1E+400", "NaN", "sNaN", "-Infinity", "1E-38")]
)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.sampled_from(["", "a", "ab\n", "2024-02-29", "0000-00-00", "\ud800"]),
)


VALUES = st.recursive(
    st.one_of(
        SCALARS, st.sampled_from([dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc)])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "object", "array"])


SIZES = st.integers(0, 3)


def keywords(inner: st.SearchStrategy[t.Any]) -> dict[str, st.SearchStrategy[t.Any]]:
    """Every keyword of the draft, with values that a valid schema may have."""
    schemas, some = st.dictionaries(NAMES, inner, max_size=3), st.lists(inner, min_size=1, max_size=3)
    names = st.lists(NAMES, unique=True, max_size=2)
    return {
        "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, unique=True)),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        **dict.fromkeys(
            ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], SIZES
        ),
        **dict.fromkeys(
            ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"], NUMBERS
        ),
        "pattern": st.sampled_from(["^a", "b$", "^$", "."]),
        "format": st.sampled_from(["date", "email"]),
        **dict.fromkeys(["properties", "patternProperties", "dependentSchemas", "$defs"], schemas),
        **dict.fromkeys(["additionalProperties", "items", "contains", "not", "if", "then", "else"], inner),
        **dict.fromkeys(["propertyNames", "unevaluatedProperties", "unevaluatedItems"], inner),
        **dict.fromkeys(["anyOf", "allOf", "oneOf", "prefixItems"], some),
        "required": names,
        "dependentRequired": st.dictionaries(NAMES, names, max_size=2),
        "uniqueItems": st.booleans(),
        "$ref": st.sampled_from(["#", "#/properties/a", "#/$defs/b"]),
        "$schema": st.just("http://json-schema.org/draft-04/schema#"),
        "definitions": st.just({"a": {"type": "string"}}),
        "unknown": VALUES,
    }


def schemas_of(inner: st.SearchStrategy[t.Any]) -> st.SearchStrategy[dict[str, t.Any]]:
    known = keywords(inner)
    return st.lists(st.sampled_from(sorted(known)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: known[name] for name in names})
    )


SCHEMAS = st.one_of(st.booleans(), schemas_of(st.booleans() | schemas_of(st.booleans())))


def is_valid(schema: dict[str, t.Any]) -> bool:
    try:
        VALIDATOR.check_schema(schema)
    except (jsonschema.SchemaError, ArithmeticError):
        return False
    return True


POOL: list[t.Any] = [
    *[None, True, False, 0, 1, -1, 2, 3, 2**63, 10**400, 0.5, 1.0, 3.0, float("nan"), float("inf")],
    *[Decimal(text) for text in ("0.1", "1.0", "2", "3", "1E+400", "NaN", "-Infinity", "1E-38")],
    *["", "a", "ab", "ab\n", "b", "abcd", "2024-02-29", "0000-00-00", "\ud800", dt.date(2024, 2, 29)],
    *[[], [None], [1], ["a", "a"], [1, True], ["a", 1, None], [[], {}], [1, 2, 3, 4]],
    *[{}, {"a": 1}, {"a": None, "b": "a"}, {"a": "ab", "b": 1, "c": []}, {"b": 2}, {"c": {"a": 1}}, {"d": 1}],
]


def accepted_by_jsonschema(
    schema: dict[str, t.Any], *, as_property: bool = False, of: t.Sequence[dict[str, t.Any]] = ()
) -> set[str]:
    validator = VALIDATOR(schema, registry=referencing.Registry())

    def accepts(record: dict[str, t.Any]) -> bool:
        try:
            with decimal.localcontext(DIGITS):
                return bool(validator.is_valid(record))
        except BaseException as error:  # noqa: BLE001 - as in `RecordValidator`
            raise_if_not_of_validator(error)
            return False  # the record is refused then

    return {repr(value) for value in of or records(as_property=as_property) if accepts(value)}


def records(*, as_property: bool) -> list[dict[str, t.Any]]:
    return [{"a": value} for value in POOL] if as_property else [v for v in POOL if isinstance(v, dict)]


COMMON: dict[str, t.Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
        "email": {"type": ["null", "string"], "format": "email", "maxLength": 255},
        "price": {"type": ["null", "number"], "multipleOf": Decimal("0.01"), "exclusiveMaximum": 10**9},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "plan": {"enum": ["free", "paid", None]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"city": {"type": "string", "minLength": 1}}},
        "odd": {"oneOf": [{"type": "string"}, {"type": "null"}]},
        "anything": {},
    },
}


UNFIT: list[dict[str, t.Any]] = [
    {},
    {"id": True},
    {"id": 2**31},
    {"id": 1, "other": 1},
    {"id": 1, "email": "a" * 256},
    {"id": 1, "odd": 1},
    {"id": 1, "price": Decimal("0.001")},
    {"id": 1, "tags": [1]},
    {"id": 1, "address": {"city": ""}},
]
