"""Every difference between a value and what is sent for it has a reason, which is so."""

from __future__ import annotations

import typing as t
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.contacts.custom_fields import CustomField, FieldOption, formatter_for
from target_activecampaign.contacts.email_address import normalise_email
from target_activecampaign.contacts.mapping import MappingOptions
from target_activecampaign.contacts.options import OptionReader
from target_activecampaign.contacts.phone import write_phone
from target_activecampaign.contacts.text import UnfitValueError, format_text
from target_activecampaign.preview.explaining import (
    explain_address,
    explain_custom_value,
    explain_no_address,
    explain_phone,
    explain_tags,
    explain_text,
)

if t.TYPE_CHECKING:
    import datetime as dt

    from target_activecampaign.preview.change import Change

LANGUAGES = (FieldOption("en", "English"), FieldOption("de", "German"))


def texts(changes: list[Change]) -> list[str]:
    return [change.text for change in changes]


@pytest.mark.parametrize(
    ("raw", "reasons"),
    [
        ("ada@example.com", []),
        ("Ada@Example.com", ["lower case"]),
        (" ada@example.com", ["trimmed"]),
        ("\u200eada@example.com", ["without invisible characters"]),
        ("Ada <Ada@example.com>", ["the address without the name", "lower case"]),
        ("mailto:ada@example.com?subject=x", ["the address of the link"]),
        ("ada@bücher.example", ["domain in ASCII"]),
    ],
)
def test_of_an_address(raw: str, reasons: list[str]) -> None:
    assert texts(explain_address(raw, str(normalise_email(raw)))) == reasons


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("not-an-address", "no @"),
        ("a@example.com b@example.com", "it holds several addresses"),
        ("a@b", "not an address"),
    ],
)
def test_of_no_address(raw: str, reason: str) -> None:
    assert texts(explain_no_address(raw)) == [reason]


@pytest.mark.parametrize(
    ("raw", "region", "reasons"),
    [
        ("030 1234567", "DE", ["read as a number of DE"]),
        ("0044 20 7946 0958", "DE", ["as dialled from DE"]),
        ("+49 30 1234567", None, ["the number without marks"]),
        ("+49301234567", "DE", []),
        ("030 1234567", None, ["not readable, sent as it is"]),
        ("ask her", "DE", ["not readable, sent as it is"]),
    ],
)
def test_of_a_phone_number(raw: str, region: str | None, reasons: list[str]) -> None:
    assert texts(explain_phone(raw, write_phone(raw, region), region)) == reasons


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("kind", "raw", "zone", "reasons"),
    [
        ("date", "2024-02-05", None, []),
        ("date", "2024-02-05 10:00:00", None, ["a date has no time"]),
        ("date", "20240205", None, ["as a date is written"]),
        ("date", "2024-02-05T23:30:00Z", BERLIN, ["the day in Europe/Berlin"]),
        ("datetime", "2024-02-05 10:00:00", None, ["a time of UTC"]),
        ("datetime", "2024-02-05 10:00:00", BERLIN, ["a time of Europe/Berlin"]),
        ("datetime", "2024-02-05 10:00:00+01", None, ["as a time is written"]),
        ("number", "7", None, []),
        ("number", "7.0", None, ["a plain number"]),
        ("text", " London", None, ["trimmed"]),
        ("text", True, None, []),
        ("text", ["a", "b"], None, ["as text"]),
    ],
)
def test_of_a_custom_field(kind: str, raw: object, zone: dt.tzinfo | None, reasons: list[str]) -> None:
    field = CustomField(1, "Field", "FIELD", kind)
    sent = formatter_for(kind, zone)(raw)
    assert (
        texts(explain_custom_value(raw, sent, field, MappingOptions(source_timezone=zone), None)) == reasons
    )


@pytest.mark.parametrize(
    ("kind", "raw", "reasons"),
    [
        ("dropdown", "en", ['the option "English"']),
        ("dropdown", "English", []),
        ("dropdown", "english ", ['the option "English"']),
        ("checkbox", "en;de", ["two options"]),
        ("checkbox", "en;xx", ['the option "English"', 'without "xx": no such option']),
    ],
)
def test_of_options(kind: str, raw: str, reasons: list[str]) -> None:
    field = CustomField(1, "Language", "LANGUAGE", kind, LANGUAGES)
    reader = OptionReader(LANGUAGES, takes_several=kind == "checkbox")
    sent = reader.read(raw).text
    assert texts(explain_custom_value(raw, sent, field, MappingOptions(), reader)) == reasons


def test_of_tags() -> None:
    assert texts(explain_tags(["coffee", "tea", "shop"], ["shop"])) == ["two, and one for all"]
    assert texts(explain_tags(["shop"], ["shop"])) == ["one for all"]
    assert texts(explain_tags(["coffee"], [])) == []


@given(st.text(max_size=20) | st.integers() | st.booleans() | st.lists(st.text(max_size=3), max_size=3))
def test_a_text_that_differs_has_a_reason_and_one_that_does_not_has_none(raw: object) -> None:
    try:
        sent = format_text(raw)
    except UnfitValueError:
        return
    shown = raw if isinstance(raw, str) else str(raw).lower() if isinstance(raw, bool) else str(raw)
    if sent and not isinstance(raw, list):
        assert bool(explain_text(raw, sent)) == (sent != shown)


@given(st.emails() | st.from_regex(r"[ \u200e]?[A-Za-z<]{1,6}@[A-Za-z\u00e4]{2,8}\.com[ >]?", fullmatch=True))
def test_an_address_that_differs_has_a_reason(raw: str) -> None:
    sent = normalise_email(raw)
    if sent is not None:
        assert bool(explain_address(raw, sent)) == (sent != raw)
        assert "changed" not in texts(explain_address(raw, sent))
