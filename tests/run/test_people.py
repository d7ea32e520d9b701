"""Who the ledger names by a key is known by the identity that the address has now."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

from target_activecampaign.run.people import People


def test_a_key_leads_to_the_identity_of_an_address_that_an_earlier_version_noted() -> None:
    found = {b"key": [SimpleNamespace(email="ada@b\u00fccher.example")]}
    ledger = SimpleNamespace(people_of_keys=lambda *_: found, identity=None, source_key=None)
    people = People(
        t.cast("t.Any", None),
        t.cast("t.Any", ledger),
        is_mirror=False,
        takes_deletions=True,
        kept_lists=(),
        is_read_only=True,
        now=0,
    )
    assert people._find_by_keys("s", 1, [b"key"]) == {b"key": {"ada@xn--bcher-kva.example"}}
