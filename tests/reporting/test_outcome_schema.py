"""A record's key is written as its schema says, and no address with it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import typing as t
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_activecampaign.reporting.outcome_schema import OutcomeSchema, end_line

END = end_line("delivered", None, "import-1", "2026-01-01T00:00:00.000+00:00")


def record_of(
    key: t.Sequence[object] | None, *types: object, personal: t.Collection[str] = (), **more: object
) -> tuple[str, dict[str, t.Any]]:
    """The stream and the record of an outcome, for keys `k0`, `k1`, …"""
    names = [f"k{number}" for number in range(len(types))]
    properties = {name: {"type": kind, **more} for name, kind in zip(names, types, strict=True)}
    stream, opening, _ = OutcomeSchema("people", names, {"properties": properties}, personal).begin(key)
    message = json.loads(opening + END)
    assert message["stream"] == stream.name
    return stream.name.removeprefix("people_outcomes"), message["record"]


def written(value: object, kind: object, **more: t.Any) -> object:  # noqa: ANN401
    """What stands for the value of a key; `...` where it stands in the stream without keys."""
    stream, record = record_of([value], kind, **more)
    return ... if stream else record["k0"]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_schema_has_the_key_properties_of_the_stream_with_their_types() -> None:
    properties = {"id": {"type": "integer"}, "code": {"anyOf": [{"type": "string"}, {"type": "null"}]}}
    schema = OutcomeSchema("people", ["id", "code"], {"properties": properties}, ())
    message = json.loads(schema.begin([1, "a"])[0].schema)
    assert (message["type"], message["stream"]) == ("SCHEMA", "people_outcomes")
    assert message["key_properties"] == ["id", "code"]
    columns = message["schema"]["properties"]
    described = {name for name, column in columns.items() if column.pop("description", "")}
    assert described == {"stream", "outcome", "reason", "import_id", "at"}
    assert columns == {
        "stream": {"type": "string"},
        "id": {"type": ["integer", "null"]},
        "code": {"type": ["string", "null"]},
        "outcome": {"type": "string"},
        "reason": {"type": ["string", "null"]},
        "import_id": {"type": ["string", "null"]},
        "at": {"type": "string", "format": "date-time"},
    }


def test_a_stream_without_keys_has_one_of_outcomes_without_keys() -> None:
    stream, record = record_of([])
    assert (stream, set(record)) == ("", {"stream", "outcome", "reason", "import_id", "at"})


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (7, ["integer", "null"], 7),
        (Decimal("7.0"), "integer", 7),
        (Decimal("7.5"), "number", 7.5),
        (7.5, "integer", ...),
        ("7", "integer", ...),
        (7, "string", ...),
        (True, "integer", ...),
        (True, "boolean", True),
        ("", "string", ""),
        ("a\u2028ä", ["null", "string"], "a\u2028ä"),
        (None, ["string", "null"], ...),
        (Decimal("NaN"), "number", ...),
        (10**40, "integer", ...),
        ([], "array", ...),
        ({}, "string", ...),
        ("\ud800", "string", ...),
        ("a\0", "string", ...),
        (dt.date(2026, 1, 2), "string", "2026-01-02"),
        (7, [], "7"),
        (True, {"odd": 1}, "true"),
        ("a", None, "a"),
    ],
)
def test_a_key_is_written_as_its_type_says_or_stands_in_a_stream_without_keys(
    value: object, kind: object, expected: object
) -> None:
    assert written(value, kind) == expected


def test_a_key_with_a_part_that_cannot_be_written_keeps_the_other_ones() -> None:
    stream, record = record_of([1, None], "integer", "string")
    assert (stream, record["k0"], record["k1"]) == ("_without_key", 1, None)
    assert record_of(None, "integer", "string")[1]["k0"] is None


@pytest.mark.parametrize(
    "text",
    ["ada@example.com", "mailto:Ada@example.com", "ada\uff20example.com", "ada%40example.com", "x" * 1001],
)
def test_a_text_that_may_hold_an_address_is_hashed(text: str) -> None:
    assert written(text, "string") == sha256(text)


@pytest.mark.parametrize(("value", "text"), [("Ada", "Ada"), (4930123456, "4930123456"), (None, None)])
def test_a_property_that_names_a_person_is_hashed(value: object, text: str | None) -> None:
    assert written(value, ["integer", "null"], personal={"k0"}) == (sha256(text) if text else ...)


def test_the_length_of_a_key_is_kept_as_far_as_a_hash_has_room() -> None:
    def longest(length: object) -> object:
        properties = {"id": {"type": "string", "maxLength": length}}
        schema = json.loads(OutcomeSchema("s", ["id"], {"properties": properties}, ()).begin(["a"])[0].schema)
        return schema["schema"]["properties"]["id"].get("maxLength")

    assert [longest(length) for length in (255, 10, "x")] == [255, 64, None]
    assert written("a" * 300, "string", maxLength=255) is ...


@pytest.mark.parametrize(
    ("keys", "columns"),
    [
        (["at"], ["key_at"]),
        (["AT", "key_at"], ["key_key_AT", "key_at"]),
        (["at", "key_at"], ["key_key_at", "key_at"]),
        (["stream", "stream"], ["key_stream"]),
        (["id", "ID"], ["id", "ID"]),
    ],
)
def test_a_key_property_with_the_name_of_a_column_has_another_one(
    keys: list[str], columns: list[str]
) -> None:
    stream, _, _ = OutcomeSchema("people", keys, {}, ()).begin(None)
    names = json.loads(stream.schema)["schema"]["properties"]
    assert list(names)[1:-4] == columns


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(), st.dates(), st.binary()
)
KINDS = st.sampled_from(["string", "integer", "number", "boolean", ["string", "integer"], [], 7])


@settings(max_examples=40)
@given(keys=st.lists(st.tuples(VALUES, KINDS), max_size=3), is_personal=st.booleans())
def test_any_key_makes_a_line_that_fits_its_schema(
    keys: list[tuple[object, object]], *, is_personal: bool
) -> None:
    kinds = [kind for _, kind in keys]
    stream, record = record_of([key for key, _ in keys], *kinds, personal={"k0"} if is_personal else ())
    columns = [record[f"k{number}"] for number in range(len(keys))]
    assert (None in columns) is bool(stream)
    assert not any(isinstance(column, str) and "@" in column for column in columns)
