"""A word says whether somebody wants a list, and nothing else does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from target_activecampaign.config.subscription_words import DEFAULT_WORDS
from target_activecampaign.contacts.subscription import read_wish
from target_activecampaign.contacts.text import UnfitValueError

WORDS = {word: wants for wants, words in DEFAULT_WORDS.items() for word in words}


@pytest.mark.parametrize("value", [True, "true", "True", "subscribed", "YES", " yes ", "1", 1, 1.0, "Active"])
def test_these_subscribe(value: object) -> None:
    assert read_wish(value, WORDS) is True


@pytest.mark.parametrize(
    "value", [False, "false", "unsubscribed", "No\n", "0", 0, -0.0, Decimal("0.00"), "CLEANED"]
)
def test_these_take_off(value: object) -> None:
    assert read_wish(value, WORDS) is False


@pytest.mark.parametrize("value", [None, UNSET, "", " \t\u00a0"])
def test_these_say_nothing(value: object) -> None:
    assert read_wish(value, WORDS) is None


@pytest.mark.parametrize("value", [None, "", " \t\u00a0"])
def test_a_person_may_give_an_empty_value_its_meaning_and_nothing_at_all_has_none(value: object) -> None:
    words = {**WORDS, "": True}
    assert read_wish(value, words) is True
    assert read_wish(UNSET, words) is None


@pytest.mark.parametrize(
    "value",
    [
        *("y", "nope", "not subscribed", "1.0", "yes no", b"no", [], ["no"], {}, {"no": 1}),
        *(2, -1, 0.5, float("nan"), float("inf"), 10**30),
        *map(Decimal, ("NaN", "sNaN", "1e999999")),
    ],
)
def test_anything_else_is_no_value(value: object) -> None:
    with pytest.raises(UnfitValueError, match="is none of subscription_words"):
        read_wish(value, WORDS)


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=6), st.integers(), st.floats(), st.decimals(), st.lists(st.text())))
def test_nothing_but_a_word_is_an_answer(value: object) -> None:
    try:
        wish = read_wish(value, WORDS)
    except UnfitValueError:
        return
    if wish is None:
        assert isinstance(value, str)
        assert not value.strip()
    else:
        word = value if isinstance(value, str) else str(int(value))  # type: ignore[call-overload]
        assert WORDS[word.strip().casefold()] is wish


def test_words_that_are_set_replace_the_others() -> None:
    words = {"ja": True, "nein": False}
    assert (read_wish("Ja", words), read_wish("NEIN", words), read_wish(True, words)) == (True, False, True)  # noqa: FBT003
    with pytest.raises(UnfitValueError):
        read_wish("yes", words)
