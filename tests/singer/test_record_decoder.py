"""A record read as a struct surely fits its schema, holds what any reader finds in it, and is no deletion."""

from __future__ import annotations

import json
import typing as t
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from support.json_schemas import (
    COMMON,
    SCHEMAS,
    UNFIT,
    accepted_by_jsonschema,
    is_valid,
    keywords,
    schemas_of,
)

from target_activecampaign.singer.json_values import parse_json
from target_activecampaign.singer.record_decoder import RecordDecoder, compile_record_decoder
from target_activecampaign.singer.schema_keywords import REFUSING_KEYWORDS

METADATA = ("_sdc_deleted_at", "_sdc_sequence")
# Texts of JSON, or of what passes for it.
VALUES = [
    *["null", "true", "false", "0", "1", "-1", "2", "3", "-0", "1" + "0" * 400, "0.5", "1.0", "3.0", "1e2"],
    *["NaN", "Infinity", "1E+400", "1E-38", "1e999999999999", "9223372036854775808", "01", "1."],
    *['""', '"a"', '"ab"', r'"ab\n"', '"abcd"', r'"\u0061"', '"😀😀"', r'"\ud83d\ude00"', r'"\ud800"', "'a'"],
    *["[]", "[null]", "[1]", '["a", "a"]', "[1, true]", "{}", '{"a": 1}', '{"a": null, "b": "a"}', "[1"],
    *['"2024-02-29"', '{"c": {"a": 1}}', '{"a": 1, "a": "b"}', "[" * 2_000 + "]" * 2_000, '"\t"', "tru", ""],
]
RECORDS = [
    *[f'{{"a": {value}}}' for value in VALUES],
    *['{"a": 1, "a": "b"}', '{"a": "b", "a": 1}', r'{"\u0061": 1}', r'{"\u0061": "b"}', '{"b": 1}'],
    *["{}", "[]", "null", '"a"', "", "{", '{"a": "b"} x', ' {"a" : "b" } ', "\ufeff{}", '{"a": "b",}'],
]


def compile_decoder(
    schema: dict[str, t.Any], keys: t.Collection[str] = (), names: t.Collection[str] = REFUSING_KEYWORDS
) -> RecordDecoder | None:
    return compile_record_decoder(schema, keys=keys, metadata=METADATA, keywords=names)


def exactly(value: object) -> str:
    """Two values of one text are of one class, down to the digits of a number."""
    return repr(value)


@pytest.mark.parametrize("keyword", sorted(keywords(st.none())))
@given(data=st.data())
@settings(max_examples=20)
def test_what_is_read_is_accepted_by_jsonschema_and_is_what_any_reader_finds(
    keyword: str, data: st.DataObject
) -> None:
    own = data.draw(schemas_of(SCHEMAS)) | {keyword: data.draw(keywords(SCHEMAS)[keyword])}
    schema = data.draw(
        st.sampled_from(
            [
                own,
                {"properties": {"a": own}},
                {"type": ["object", "null"], "properties": {"a": own}, "required": ["a"]},
                {"properties": {"a": own, "b": True}, "additionalProperties": False},
            ]
        )
    )
    assume(is_valid(schema))
    keys = data.draw(st.sampled_from([(), ("a",)]))
    decoder = compile_decoder(schema, keys)
    if decoder is None:
        return
    pick = decoder.picker(["a", None])
    for raw in RECORDS:
        record = decoder.read(raw)
        if record is None:
            continue
        plain = parse_json(raw)
        assert isinstance(plain, dict)
        assert plain.keys() >= set(keys)
        assert accepts(schema, plain), raw
        if pick is not None:
            assert exactly(pick(record)) == exactly((plain.get("a", UNSET), UNSET))


def accepts(schema: dict[str, t.Any], record: dict[str, t.Any]) -> bool:
    return repr(record) in accepted_by_jsonschema(schema, of=[record])


@given(kinds=st.lists(st.sampled_from(["string", "integer", "boolean", "null"]), min_size=1, unique=True))
def test_types_and_lengths_are_checked_while_reading(kinds: list[str]) -> None:
    schema = {"properties": {"a": {"type": kinds, "minLength": 1, "maxLength": 2, "format": "date"}}}
    decoder = compile_decoder(schema)
    assert decoder is not None
    fits = {"string": '"ab"', "integer": "1", "boolean": "true", "null": "null"}
    for kind, text in {**fits, "number": "1.5", "short": '""', "long": '"abc"', "object": "{}"}.items():
        assert (decoder.read(f'{{"a": {text}}}') is not None) == (kind in kinds)


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1},
        {"id": 1, "email": "ada@example.com", "price": 1.10, "at": "2024-02-29T00:00:00Z", "plan": "free"},
        {"id": 1, "email": None, "price": None, "tags": ["a"], "address": {"city": "Bonn"}},
        {"id": 1, "_sdc_sequence": {"whatever": 1}, "_sdc_deleted_at": None},
    ],
)
def test_what_is_common_is_read(record: dict[str, t.Any]) -> None:
    decoder = compile_decoder(COMMON, keys=["id"])
    assert decoder is not None
    pick = decoder.picker(["id", "email", "price", None, "id"])
    found = decoder.read(json.dumps(record))
    assert found is not None
    assert pick is not None
    price = record.get("price", UNSET)
    expected_price = Decimal(str(price)) if isinstance(price, float) else price
    assert pick(found) == (1, record.get("email", UNSET), expected_price, UNSET, 1)


DELETED = [{"id": 1, "_sdc_deleted_at": "2024-02-29T00:00:00Z"}, {"id": 1, "_sdc_deleted_at": False}]


@pytest.mark.parametrize("record", [*UNFIT, *DELETED])
def test_the_rest_is_left_to_others(record: dict[str, t.Any]) -> None:
    decoder = compile_decoder(COMMON, keys=["id"])
    assert decoder is not None
    assert decoder.read(json.dumps(record, default=float)) is None


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        ({"properties": {}, "minProperties": 1}, ()),
        ({"properties": {}, "required": ["b"]}, ()),
        ({"properties": {}}, ("id",)),
        ({"properties": {"_sdc_sequence": {}}}, ("_sdc_sequence",)),
        ({"properties": {"_sdc_sequence": {}}, "required": ["_sdc_sequence"]}, ()),
        ({"type": "string", "properties": {}}, ()),
        ({"properties": {'a"b': {}}}, ()),
    ],
)
def test_a_schema_for_which_a_struct_cant_answer_has_none(schema: dict[str, t.Any], keys: tuple[str]) -> None:
    assert compile_decoder(schema, keys) is None


def test_what_is_taken_away_cant_be_picked() -> None:
    decoder = compile_decoder({"properties": {"a": {}, "_sdc_sequence": {}}})
    assert decoder is not None
    assert decoder.picker(["a", "_sdc_sequence"]) is None
    assert decoder.picker(["a", "b"]) is None


def test_without_validation_only_keys_are_needed() -> None:
    decoder = compile_decoder({"properties": {"a": {"type": "string"}}, "required": ["a"]}, names=())
    assert decoder is not None
    assert decoder.read('{"a": 1}') is not None
    assert decoder.read("{}") is not None
