"""Text that stands for a list is taken apart as it was put together, or not at all."""

from __future__ import annotations

import csv
import io
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_activecampaign.contacts.text import UnfitValueError
from target_activecampaign.contacts.text_lists import read_array, read_json_array, split_list

FEW = settings(max_examples=50)


def as_postgres(items: t.Sequence[str | None]) -> str:
    """Write an array as PostgreSQL does, each item in quotes."""
    quoted = [
        "NULL" if one is None else '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in items
    ]
    return "{" + ",".join(quoted) + "}"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('["a","b"]', ["a", "b"]),
        (' [ "a" , 1, null ]\n', ["a", 1, None]),
        ("[]", []),
        ("{}", []),
        ("{ }", []),
        ("{a,b}", ["a", "b"]),
        ("{a b, c }", ["a b", "c"]),
        ('{"a, b",c,NULL,"NULL"}', ["a, b", "c", None, "NULL"]),
        (r'{"a \"b\" \\ c"}', ['a "b" \\ c']),
        ("[0:1]={a,b}", ["a", "b"]),
    ],
)
def test_an_array_of_json_or_postgresql_is_read(text: str, items: list[object]) -> None:
    assert read_array(text) == items


@pytest.mark.parametrize(
    "text", ["", "a", "[", "{", "[vip]", "[vip] a, b", "{a", '["a"', "a, {b}", "[0:1]=a"]
)
def test_other_text_is_no_array(text: str) -> None:
    assert read_array(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("['a', 'b']", "['a']", "[a, b]", '["a",]', '["\\ud800"]', "[NaN, 1]", "[" * 5000 + "]" * 5000),
        *("{{a}}", "{{a,b},{c,d}}", '{"a": 1}', "{a,}", "{,a}", '{"a"b}', '{"a}', "{a\\,b}", "{,}"),
        pytest.param("[" + "1," * 250_000 + "1]", id="a long array of JSON"),
        pytest.param("{" + "a," * 250_000 + "a}", id="a long array of PostgreSQL"),
    ],
)
def test_an_array_that_cannot_be_read_is_refused_not_broken(text: str) -> None:
    with pytest.raises(UnfitValueError, match="was expected"):
        read_array(text)


def test_only_an_array_of_json_is_one_where_nothing_else_is_asked_for() -> None:
    assert read_json_array('["a"]') == ["a"]
    assert read_json_array("{a}") is None


@FEW
@given(st.lists(st.one_of(st.none(), st.text('ab",;{}\\ \n[]', max_size=5))))
def test_arrays_that_databases_write_are_read_again(items: list[str | None]) -> None:
    assert read_array(as_postgres(items)) == items
    assert read_array(json.dumps(items)) == items


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ('"a, b",c', ["a, b", "c"]),
        ('c, "a, b"', ["c", "a, b"]),
        ('12" pizza, b', ['12" pizza', " b"]),
        ('"Best of" 2024, b', ['"Best of" 2024', " b"]),
        ('"a"" b"', ['a" b']),
        ('"a', None),
        ('a, "b', None),
    ],
)
def test_text_is_divided_outside_of_quotes(text: str, parts: list[str] | None) -> None:
    found = split_list(text, ",")
    assert (found and [one.strip() for one in found]) == (parts and [one.strip() for one in parts])


@FEW
@given(st.lists(st.text('ab",; ', min_size=1, max_size=5), min_size=2))
def test_quoted_csv_is_read_again(items: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="").writerow(items)
    assert split_list(written.getvalue(), ",") == items
