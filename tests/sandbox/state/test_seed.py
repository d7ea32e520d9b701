"""Seeds that an account starts over from."""

from __future__ import annotations

import typing as t

import pytest
from support.sandbox_fixture import submit

from target_activecampaign.sandbox.state.seed import SeedInvalidError, start_over
from target_activecampaign.sandbox.state.snapshot import take_snapshot

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.state.account import Account


def test_a_seed_that_is_none_leaves_the_account_as_it_was(account: Account) -> None:
    before = take_snapshot(account)

    with pytest.raises(SeedInvalidError):
        start_over(account, {"fields": [{"title": "New", "type": "text"}], "lists": [{}]})
    submit(account, {"email": "a@example.com", "fields": [{"id": 1, "value": "x"}]})
    after = take_snapshot(account)
    assert after["fields"] == before["fields"]
    assert after["contacts"][0]["fields"] == {"CITY": "x"}
