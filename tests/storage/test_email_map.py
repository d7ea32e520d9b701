"""The map of addresses is exact, whatever the Bloom filter before it says."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.storage import email_map as email_map_module
from target_activecampaign.storage.email_map import EmailMap
from target_activecampaign.storage.spilling_map import SpillingMap

EMAILS = st.integers(0, 30).map("person{}@example.com".format)
CHANGES = st.lists(st.tuples(EMAILS, st.one_of(st.none(), st.binary(max_size=16))), max_size=60)


@pytest.fixture(params=[2**26, 8], ids=["bits enough", "eight bits for all"])
def _bits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_map_module, "_FILTER_BITS", request.param)
    monkeypatch.setattr(email_map_module, "_LAST_BIT", request.param - 1)


@pytest.mark.usefixtures("_bits")
@given(changes=CHANGES)
def test_a_map_is_a_dictionary(changes: list[tuple[str, bytes | None]]) -> None:
    store = EmailMap()
    entries: dict[str, bytes] = {}
    for email, value in changes:
        store.put_all({email: value})
        entries.pop(email, None)
        if value is not None:
            entries[email] = value
        assert store.find([email]) == {key: kept for key, kept in entries.items() if key == email}
    assert store.find({email for email, _ in changes}) == entries
    assert store.find(["nobody@example.com"]) == {}
    store.close()


def test_new_addresses_are_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bytes] = []

    def find(_: SpillingMap, keys: t.Iterable[bytes]) -> dict[bytes, bytes]:
        searched.extend(keys)
        return {}

    monkeypatch.setattr(SpillingMap, "find", find)
    store = EmailMap()
    store.put_all({f"person{number}@example.com": b"" for number in range(1_000)})
    store.find(f"new{number}@example.com" for number in range(10_000))
    assert len(searched) < 10, "one in 67,000 at these figures"
    store.find(["person1@example.com"])
    assert searched
