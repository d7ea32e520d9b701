"""Which custom field of the account is meant, and how values are written for its type."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.contacts.custom_fields import (
    CustomField,
    find_custom_field,
    format_options,
    formatter_for,
)
from target_activecampaign.contacts.dates import format_date, format_datetime
from target_activecampaign.contacts.text import UnfitValueError, format_number, format_text

LANGUAGE = CustomField(7, "Language", "LANGUAGE", "dropdown")
INTERESTS = CustomField(8, " Main interests ", "MAIN_INTERESTS", "checkbox")
SEVEN = CustomField(9, "7", "SEVEN", "text")
TWIN = CustomField(10, "Twin", "TWIN_1", "text")
OTHER_TWIN = CustomField(11, "twin", "TWIN_2", "text")
UNTAGGED = CustomField(12, "Untagged", "", "")
FIELDS = [LANGUAGE, INTERESTS, SEVEN, TWIN, OTHER_TWIN, UNTAGGED]

BERLIN = dt.timezone(dt.timedelta(hours=2))
NOON = dt.datetime(2026, 5, 19, 12, 30, 15, 999_000, tzinfo=BERLIN)


# Finding


@pytest.mark.parametrize("key", ["8", "LANGUAGE", "language", "%LANGUAGE%", " Language "])
def test_a_field_is_found_by_id_tag_or_title_in_any_letter_case(key: str) -> None:
    assert find_custom_field(key, FIELDS) is (INTERESTS if key == "8" else LANGUAGE)


def test_a_title_with_blanks_around_it_is_found() -> None:
    assert find_custom_field("main interests", FIELDS) is INTERESTS


def test_an_id_that_is_the_title_of_another_field_is_refused_with_a_sure_name_of_each() -> None:
    assert find_custom_field("7", FIELDS) == (
        'field_mapping.custom_fields: "7" is ambiguous in this account: it is the id of field 7 (write '
        "%LANGUAGE%) and the title of field 9 (write 9)"
    )
    assert find_custom_field("%LANGUAGE%", FIELDS) is LANGUAGE
    assert find_custom_field("9", FIELDS) is SEVEN
    assert find_custom_field("7", [SEVEN]) is SEVEN


def test_a_tag_that_is_the_title_of_another_field_is_refused_but_in_percent_signs() -> None:
    tagged = CustomField(20, "Town", "UNTAGGED", "")
    assert find_custom_field("untagged", [*FIELDS, tagged]) == (
        'field_mapping.custom_fields: "untagged" is ambiguous in this account: it is the personalization tag '
        "of field 20 (write 20) and the title of field 12 (write 12)"
    )
    assert find_custom_field("%Untagged%", [*FIELDS, tagged]) is tagged


def test_a_field_without_a_name_of_its_own_needs_another_one() -> None:
    fields = [CustomField(7, "x", "", ""), CustomField(8, "7", "", ""), CustomField(9, "x", "", "")]
    problem = find_custom_field("7", fields)
    assert isinstance(problem, str)
    assert "the id of field 7 (which needs another title in ActiveCampaign)" in problem


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("title", ["Stra\u00dfe \u00e4", "Lie\u0302\u0301u", "\u1ec6"])
def test_a_title_is_the_same_in_each_form_of_its_accents(title: str, form: t.Literal["NFC", "NFD"]) -> None:
    for own in ("NFC", "NFD"):
        field = CustomField(30, unicodedata.normalize(t.cast("t.Literal['NFC']", own), title), "X", "text")
        assert find_custom_field(unicodedata.normalize(form, title.upper()), [*FIELDS, field]) is field


def test_a_title_that_two_fields_share_is_refused_with_their_ids() -> None:
    problem = find_custom_field("twin", FIELDS)
    assert isinstance(problem, str)
    assert "10, 11" in problem


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("langauge", '"Language" (7)'),
        ("%MAIN_INTEREST%", '"MAIN_INTERESTS" (8)'),
        ("untaged", '"Untagged" (12)'),
    ],
)
def test_an_unknown_field_is_refused_with_the_nearest_name(key: str, nearest: str) -> None:
    problem = find_custom_field(key, FIELDS)
    assert problem == (
        f'field_mapping.custom_fields: the account has no field "{key}". Nearest: {nearest}. All fields: '
        "target-activecampaign fields"
    )


@pytest.mark.parametrize("key", ["zzzzzz", "99", "", "%"])
def test_a_field_unlike_any_is_refused_without_a_guess(key: str) -> None:
    problem = find_custom_field(key, [LANGUAGE, SEVEN, UNTAGGED])
    assert isinstance(problem, str)
    assert 'Fields: "Language", "7", "Untagged". All fields: target-activecampaign fields' in problem
    assert "Fields: none." in str(find_custom_field(key, []))


# Writing


@pytest.mark.parametrize(
    ("field_type", "writes"),
    [
        ("text", format_text),
        ("textarea", format_text),
        ("hidden", format_text),
        ("dropdown", format_text),
        ("radio", format_text),
        ("NULL", format_text),
        ("", format_text),
        ("of tomorrow", format_text),
        ("date", format_date),
        ("Date", format_date),
        ("datetime", format_datetime),
        ("number", format_number),
        ("currency", format_number),
        ("checkbox", format_options),
        ("listbox", format_options),
        ("multiselect", format_options),
    ],
)
def test_the_type_of_a_field_decides_how_its_values_are_written(field_type: str, writes: object) -> None:
    assert formatter_for(field_type) is writes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  as it is ", "as it is"),
        (1067.0, "1067"),
        (Decimal("1067.0"), "1067"),
        (Decimal("7.00"), "7.00"),
        ("1067.0", "1067.0"),
        (["a ", " ", 7.0], "a, 7"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (2**80, str(2**80)),
        (1.5, "1.5"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("12.50"), "12.50"),
        (Decimal("1E+3"), "1000"),
        (dt.date(2026, 5, 19), "2026-05-19"),
        (dt.time(12, 30), "12:30:00"),
        (NOON, "2026-05-19T12:30:15.999000+02:00"),
        (-0.0, "0"),
        (["a", None, 1, True], "a, 1, true"),
        (("a", "b"), "a, b"),
        ([], ""),
    ],
)
def test_text_is_written_as_people_read_it(value: object, text: str) -> None:
    assert format_text(value) == text


@pytest.mark.parametrize("value", ["12.50", " 12.50 ", Decimal("12.50")])
def test_a_number_keeps_its_digits(value: object) -> None:
    assert format_number(value) == "12.50"


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), ("1e3", "1000"), (0.1, "0.1"), ("-0", "0"), (-0.0, "0"), ("-0E+5", "0")]
)
def test_a_number_is_written_without_an_exponent(value: object, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    "value", ["2026-05-19", dt.date(2026, 5, 19), NOON, "2026-05-19T23:59:59-11:00", " 2026-05-19T00:00:00Z "]
)
def test_a_date_is_written_as_the_day_in_its_own_offset(value: object) -> None:
    assert format_date(value) == "2026-05-19"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, "2026-05-19T12:30:15+02:00"),
        ("2026-05-19T12:30:15.999Z", "2026-05-19T12:30:15+00:00"),
        ("2026-05-19 12:30", "2026-05-19T12:30:00+00:00"),
        (dt.datetime(2026, 5, 19, 12), "2026-05-19T12:00:00+00:00"),  # noqa: DTZ001 - what a tap may send
        (dt.date(2026, 5, 19), "2026-05-19T00:00:00+00:00"),
        ("2026-05-19", "2026-05-19T00:00:00+00:00"),
    ],
)
def test_a_point_in_time_is_written_with_its_offset_utc_where_it_has_none(value: object, text: str) -> None:
    assert format_datetime(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "||a||"),
        (["a", " b ", None, "", 3, True], "||a||b||3||true||"),
        ("||a||b||", "||a||b||"),
        ("||a||b", "||a||b||"),
        ("a|b", "||a|b||"),
        ("a, b", "||a, b||"),
        ([], ""),
        ("", ""),
        ([None, " "], ""),
    ],
)
def test_options_stand_between_two_pipes_each(value: object, text: str) -> None:
    assert format_options(value) == text


@given(st.lists(st.text("ab| ,", max_size=4)))
def test_options_that_are_written_can_be_told_apart_again(options: list[str]) -> None:
    try:
        text = format_options(options)
    except UnfitValueError:
        assert any("|" in option for option in options)
    else:
        written = text[2:-2].split("||") if text else []
        assert written == [option.strip() for option in options if option.strip()]
        assert format_options(text) == text


@pytest.mark.parametrize(
    ("write", "value"),
    [
        (format_text, {"a": 1}),
        (format_text, [{"a": 1}]),
        (format_text, [["a"]]),
        (format_text, float("nan")),
        (format_text, float("inf")),
        (format_text, Decimal("NaN")),
        (format_text, Decimal("sNaN")),
        (format_text, Decimal("-Infinity")),
        (format_text, Decimal("1E+999999")),
        (format_text, Decimal("1E-999999")),
        pytest.param(format_text, 10**5000, id="an integer of 5,001 digits"),
        (format_text, object()),
        (format_number, "seven"),
        (format_number, "1_000"),
        (format_number, ""),
        (format_number, "NaN"),
        (format_number, "sNaN"),
        (format_number, "Infinity"),
        (format_number, "1e999999999999999999999"),
        (format_number, True),
        (format_number, [1]),
        (format_number, None),
        (format_date, "19.05.2026"),
        (format_date, "2024-00-00"),
        (format_date, "2026-02-30"),
        (format_date, 20_260_519.0),
        (format_date, dt.time(12)),
        (format_date, "\ud800"),
        (format_datetime, "soon"),
        (format_datetime, ["2026-05-19"]),
        (format_options, ["a||b"]),
        (format_options, ["a|"]),
        (format_options, ["|a"]),
        (format_options, "||||"),
        (format_options, {"a": 1}),
        (format_options, [["a"]]),
    ],
)
def test_what_cannot_be_written_is_refused_without_being_shown(
    write: t.Callable[[object], str], value: object
) -> None:
    with pytest.raises(UnfitValueError) as refusal:
        write(value)
    assert re.fullmatch(r"[a-zA-Z0-9 |]+", str(refusal.value))


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(), st.dates(), st.datetimes()
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=5
)


@given(_VALUES, st.sampled_from(["text", "number", "date", "datetime", "checkbox"]))
def test_any_value_is_written_or_refused(value: object, field_type: str) -> None:
    try:
        text = formatter_for(field_type)(value)
    except UnfitValueError as refusal:
        text = str(refusal)
    assert type(text) is str


@given(st.one_of(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.integers()))
def test_a_number_means_the_same_when_it_is_read_again(value: Decimal | int) -> None:
    assert Decimal(format_number(value)) == value


@given(st.datetimes(timezones=st.timezones()))
def test_a_point_in_time_means_the_same_when_it_is_read_again(value: dt.datetime) -> None:
    text = format_datetime(value)
    assert format_datetime(text) == text
