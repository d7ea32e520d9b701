"""Names in messages, and which name was meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.config.names import folded_name, is_showable, nearest_name, shown_name


@pytest.mark.parametrize("name", ["people", "a b", "Kundën", "x" * 60])
def test_a_plain_name_is_shown(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[2J", "\ud800", "x" * 61])
def test_a_long_or_odd_name_is_counted_instead(name: str) -> None:
    assert shown_name(name) == f"(a name of {len(name)} characters)"


@given(st.text())
def test_a_shown_name_is_one_short_line(name: str) -> None:
    assert shown_name(name).isprintable()
    assert len(shown_name(name)) <= 60
    assert not is_showable(name) or name in {"", shown_name(name)}


def test_the_nearest_name_is_found_in_any_letter_case_and_given_as_it_is_known() -> None:
    assert nearest_name("CTY", ["Country", "City", "Plan"]) == "City"
    assert nearest_name("e_mail", ["email"]) == "email"


def test_a_name_that_is_like_no_other_has_no_nearest() -> None:
    assert nearest_name("zzz", ["email", "phone"]) is None
    assert nearest_name("email", []) is None
    assert nearest_name("mail", ["emails"], least_likeness=0.9) is None


@pytest.mark.parametrize("name", ["Stra\u00dfe", "STRASSE ", " strasse", "strasse"])
def test_a_name_is_compared_without_letter_case_and_blanks(name: str) -> None:
    assert folded_name(name) == "strasse"


@given(st.text("aA\u00c4a\u0308\u0323\u1ead \u00df"))
def test_a_name_is_the_same_in_each_form_of_its_accents(name: str) -> None:
    forms = {folded_name(unicodedata.normalize(form, name)) for form in ("NFC", "NFD")}
    assert len(forms) == 1
    assert folded_name(forms.pop()) == folded_name(name)
