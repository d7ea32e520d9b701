"""What other drafts mean is understood; a keyword that is not says nothing, and is named."""

from __future__ import annotations

import typing as t
import warnings
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.json_schemas import SCHEMAS, accepted_by_jsonschema, is_valid, keywords, schemas_of

from target_activecampaign.singer.json_schema import VALIDATOR
from target_activecampaign.singer.schema_keywords import NotUnderstood, describe_problems, understand


def understood(schema: object) -> tuple[t.Any, list[tuple[str, str]]]:
    problems: list[NotUnderstood] = []
    return understand(schema, "$.a", problems), [(path, keyword) for path, keyword in problems]


@pytest.mark.parametrize(
    ("schema", "accepted", "refused"),
    [
        ({"type": "number", "maximum": 10, "exclusiveMaximum": True}, [9.5], [10]),
        ({"type": "number", "maximum": 10, "exclusiveMaximum": False}, [10], [11]),
        ({"minimum": Decimal("-1E+38"), "exclusiveMinimum": True}, [0], [Decimal("-1E+38")]),
        ({"exclusiveMaximum": True}, [10**9, "a"], []),
        ({"type": "string", "required": True}, ["a"], [1]),
        ({"type": "string", "required": False}, ["a"], [1]),
        ({"type": ["string", None]}, ["a", None], [1]),
        ({"type": ["string", "string"]}, ["a"], [1]),
        ({"type": "any", "maxLength": 1}, ["a", 1, None], ["ab"]),
        ({"type": "string", "nullable": True}, ["a", None], [1]),
        ({"items": [{"type": "string"}], "additionalItems": False}, [["a"], "a"], [[1], ["a", 1]]),
        ({"items": [{"type": "string"}]}, [["a", 1]], [[1]]),
        ({"maxLength": Decimal("2.0")}, ["ab"], ["abc"]),
        ({"title": 7, "default": [], "examples": "none", "format": 7, "$id": "::", "id": 7}, ["a", 1], []),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "type": "string"}, ["a"], [1]),
    ],
)
def test_what_other_drafts_mean_is_understood(
    schema: dict[str, t.Any], accepted: list[object], refused: list[object]
) -> None:
    read, problems = understood(schema)
    assert problems == []
    VALIDATOR.check_schema(read)
    assert all(VALIDATOR(read).is_valid(value) for value in accepted)
    assert not any(VALIDATOR(read).is_valid(value) for value in refused)


FOREIGN_PATTERNS = [
    *("^[[:alpha:]]+$", "^[^[:space:]]+$", "[_[:alpha:]]", "[[:<:]]a", "[a[=b=]]", "[a[.-.]]"),
    *("[a-z&&[^b]]", "[a-z--b]", "[[a]b]", "/^[a-z]+$/", "/^a/", "/a$/i", r"\h", "(?<name>a)"),
]


@pytest.mark.parametrize("pattern", FOREIGN_PATTERNS)
def test_python_warns_nobody_of_a_pattern_of_another_dialect(pattern: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert understood({"pattern": pattern})[0] == understood({"pattern": pattern})[0] == {}
    assert caught == []


@pytest.mark.parametrize("pattern", [r"^[\[\]:.]+$", "[:;]", "^/users/", "[.]", r"^[^@\s]+@[^@]+$", "a/$"])
def test_a_pattern_that_python_reads_is_understood(pattern: str) -> None:
    assert understood({"pattern": pattern}) == ({"pattern": pattern}, [])


@pytest.mark.parametrize(
    ("schema", "keyword", "rest"),
    [
        ({"type": "string", "pattern": r"^\p{L}+$"}, "pattern", {"type": ["string"]}),
        *(({"pattern": pattern}, "pattern", {}) for pattern in FOREIGN_PATTERNS),
        ({"pattern": "(" * 5_000, "maxLength": 3}, "pattern", {"maxLength": 3}),
        ({"pattern": "a{99999999999}"}, "pattern", {}),
        ({"type": "jsonb"}, "type", {}),
        ({"type": ["string", "text"], "maxLength": 3}, "type", {"maxLength": 3}),
        ({"type": [{"type": "string"}, "null"]}, "type", {}),
        ({"$ref": "https://example.com/s", "type": "string"}, "$ref", {"type": ["string"]}),
        ({"$dynamicRef": "#x"}, "$dynamicRef", {}),
        ({"maxLength": "5"}, "maxLength", {}),
        ({"minimum": "0", "maximum": 5}, "minimum", {"maximum": 5}),
        ({"multipleOf": 0}, "multipleOf", {}),
        ({"enum": "a"}, "enum", {}),
        ({"anyOf": []}, "anyOf", {}),
        ({"required": "a"}, "required", {}),
        ({"properties": 7}, "properties", {}),
        ("string", "type", True),
        (None, "type", True),
    ],
)
def test_a_keyword_that_is_not_understood_is_named_and_says_nothing(
    schema: object, keyword: str, rest: object
) -> None:
    assert understood(schema) == (rest, [("$.a", keyword)])


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"pattern": r"\p{L}"}},
        {"oneOf": [{"pattern": r"\p{L}"}, {"type": "string"}]},
        {"if": {"pattern": r"\p{L}"}, "then": False},
        {"if": {"pattern": "a"}, "then": {"pattern": r"\p{L}"}, "else": False},
        {"contains": {"pattern": r"\p{L}"}, "maxContains": 0},
        {"patternProperties": {r"\p{L}": {}}, "additionalProperties": False},
        {"items": [{"type": "string"}, 7], "additionalItems": False},
        {"allOf": [{"patternProperties": {r"\p{L}": {}}}], "unevaluatedProperties": False},
    ],
)
def test_what_looks_at_something_that_is_not_understood_refuses_nothing(schema: dict[str, t.Any]) -> None:
    read, problems = understood(schema)
    assert len(problems) == 1
    for value in ("a", {"a": 1}, ["a", "b", "c"], None):
        assert VALIDATOR(read).is_valid(value), value


@pytest.mark.parametrize("keyword", sorted(keywords(st.none()).keys() - {"$ref", "$schema", "required"}))
@given(data=st.data())
@settings(max_examples=5)
def test_a_valid_schema_refuses_what_it_refused(keyword: str, data: st.DataObject) -> None:
    schema = data.draw(schemas_of(SCHEMAS)) | {keyword: data.draw(keywords(SCHEMAS)[keyword])}
    read, problems = understood(schema)
    if is_valid(schema) and "$ref" not in str(schema) and "$schema" not in str(schema):
        assert problems == []
        assert accepted_by_jsonschema(read) == accepted_by_jsonschema(schema)


def test_the_message_names_keywords_and_the_way_out_and_no_odd_name() -> None:
    problems: list[NotUnderstood] = []
    understand({"properties": {"a": {"type": "x"}, "b\nERROR": {"pattern": "("}}}, "$", problems)
    said = describe_problems("people", problems)
    assert "'type' at $.a, 'pattern' at $.* can't be understood" in said
    assert "validate_records: false" in said
    assert said.isprintable()
