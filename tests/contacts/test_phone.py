"""How phone numbers are written."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.contacts.phone import _is_surely_e164, _normalise, normalise_phone


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+49 30 1234567", None, "+49301234567"),
        ("+1 (202) 555-0123", None, "+12025550123"),
        ("030 / 123 45 67", "DE", "+49301234567"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("+44 20 7946 0123", "DE", "+442079460123"),
        ("06 698 12345", "IT", "+390669812345"),
    ],
)
def test_a_number_that_can_be_read_becomes_e164(text: str, region: str | None, number: str) -> None:
    assert normalise_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("030 1234567", None),
        ("n/a", "DE"),
        ("", "DE"),
        ("12", "DE"),
        ("+49", None),
        ("+999 123456", None),
        ("+1 202 555 0123 456 789", None),
        ("+1 202 555 0123 ext. 45", None),
        ("555-0123", "US"),
        ("030 1234567", "XX"),
        ("9" * 10_000, "DE"),
        ("\ud800", "DE"),
    ],
)
def test_any_other_number_is_sent_as_it_came(text: str, region: str | None) -> None:
    assert normalise_phone(text, region) == text


@given(
    st.one_of(st.text(), st.text("+0123456789 ()-/.x", max_size=30)),
    st.sampled_from([None, "DE", "US", "IT", "XX"]),
)
def test_any_text_stays_or_becomes_e164_for_good(text: str, region: str | None) -> None:
    number = normalise_phone(text, region)
    assert number == text or re.fullmatch(r"\+\d{4,17}", number)
    assert normalise_phone(number, region) == number


@given(
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    st.text("0123456789 ().-", min_size=4, max_size=22),
    st.sampled_from([None, "DE", "US", "CA", "IT", "ar", "XX"]),
)
def test_the_quick_way_writes_a_number_as_the_library_does(code: int, rest: str, region: str | None) -> None:
    number = f"+{code}{rest}"
    assert normalise_phone(number, region) == _normalise(number, region)


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_the_quick_way_knows_every_country(code: int) -> None:
    dice = random.Random(code)  # noqa: S311 - digits
    taken = 0
    for length in [*range(2, 18)] * 10:
        number = f"+{code}{''.join(dice.choices('0123456789', k=length))}"
        taken += _is_surely_e164(number)
        assert normalise_phone(number, None) == _normalise(number, None)
    assert taken or code == 54, "any number of Argentina may have something to cut off"
