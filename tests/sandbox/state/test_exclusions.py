"""The exclusion list."""

from __future__ import annotations

import typing as t

import pytest
from support.sandbox_fixture import submit

from target_activecampaign.sandbox.state.exclusions import Exclusion

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.state.account import Account


@pytest.mark.parametrize(
    ("match_type", "phrase", "matches"),
    [
        ("exact", "a@spam.example", True),
        ("exact", "@spam.example", False),
        ("end", "@spam.example", True),
        ("end", "a@spam", False),
        ("begin", "a@", True),
        ("begin", "spam", False),
    ],
)
def test_an_exclusion_matches_as_it_says(match_type: str, phrase: str, matches: bool) -> None:  # noqa: FBT001
    assert Exclusion(phrase, match_type, frozenset()).matches("a@spam.example") is matches


@pytest.mark.parametrize(("match_type", "channel"), [("contains", "all"), ("exact", "nonsense")])
def test_an_exclusion_of_no_known_kind_is_refused(account: Account, match_type: str, channel: str) -> None:
    with pytest.raises(ValueError, match="an exclusion takes"):
        account.exclusions.add("x", match_type, channel)


def test_exclusions_of_text_messages_do_not_touch_imports(account: Account) -> None:
    account.exclusions.add("a@example.com", "exact", "allSms")

    submit(account, {"email": "a@example.com"})
    assert len(account.contacts) == 1
