"""Records that say no are remembered until they say yes; an import that subscribed nobody proves nothing."""

from __future__ import annotations

import typing as t

from support.ledgers import address_of, comparison_of, fingerprints_of

from target_activecampaign.ledger import opt_outs

if t.TYPE_CHECKING:
    import pytest
    from support.ledgers import OpenLedger

    from target_activecampaign.ledger.ledger import Ledger

ONE, TWO = bytes(16), bytes([1]) * 16


def pending(ledger: Ledger, list_id: int = 1) -> list[tuple[str, str]]:
    return sorted((held.stream, held.email) for held in ledger.pending_opt_outs(list_id))


def test_a_no_stands_until_the_same_record_says_yes(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ada = address_of("ada")
    ledger.note_opt_outs(1, "people", [(ONE, ada), (TWO, ada), (ONE, ada)], 5)
    ledger.note_opt_outs(1, "shops", [(ONE, ada)], 5)
    ledger.take_back_opt_outs(1, "people", [(ONE, ada), (ONE, address_of("bo"))])
    ledger.take_back_opt_outs(2, "people", [(TWO, ada)])
    held = [(one.stream, one.source_key) for one in ledger.opt_outs(1)]
    assert held == [("people", TWO), ("shops", ONE)]
    assert (ledger.count_pending(1), ledger.count_pending(2)) == (1, 0)
    ledger.take_back_opt_outs(1, "people", [(TWO, ada)])
    ledger.take_back_opt_outs(1, "shops", [(ONE, ada)])
    assert not ledger.has_opt_outs(1)


def test_who_said_no_is_no_member_and_a_yes_is_a_change(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ada = address_of("ada")
    ledger.note_people(1, "people", [(ONE, ada)], 4)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=6)
    ledger.note_opt_outs(1, "people", [(ONE, ada)], 7)
    assert ledger.count_members_on(1) == 0
    assert ledger.compare(1, fingerprints_of(ada="a"), 0) == comparison_of(known="ada")


def test_a_no_is_settled_when_its_person_is_off_and_keeps_no_address(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(now=9)
    ada, bo, cy = map(address_of, ("ada", "bo", "cy"))
    ledger.note_opt_outs(1, "people", [(ONE, ada), (TWO, bo), (TWO, cy)], 5)
    assert pending(ledger) == sorted(("people", email) for email in (ada, bo, cy))
    ledger.remove_contacts(1, [ada])
    ledger.settle_opt_outs(1, [bo])
    ledger.settle_opt_outs(2, [cy])
    assert pending(ledger) == [("people", cy)]
    settled = {held.identity: held for held in ledger.opt_outs(1) if held.settled_at is not None}
    assert settled.keys() == {ledger.identity(ada), ledger.identity(bo)}
    assert {(held.settled_at, held._sealed) for held in settled.values()} == {(9, "")}
    ledger.note_opt_outs(1, "people", [(ONE, ada)], 10)
    assert ("people", ada) in pending(ledger)


def test_somebody_who_is_a_pending_removal_besides_is_counted_once(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ada = address_of("ada")
    ledger.note_deletions(1, "people", [(None, ada)], 4)
    ledger.note_opt_outs(1, "people", [(ONE, ada), (ONE, address_of("bo"))], 5)
    assert ledger.count_pending(1) == 2


def test_pages_end_amid_a_person_and_lose_nobody(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger()
    records = [(bytes([number]) * 16, address_of(name)) for name in "abc" for number in range(4)]
    ledger.note_opt_outs(1, "people", records, 5)
    ledger.note_opt_outs(1, "shops", records, 5)
    monkeypatch.setattr(opt_outs, "_PAGE", opt_outs._page().limit(5))
    found = [(held.identity, held.stream, held.source_key) for held in ledger.opt_outs(1)]
    assert len(set(found)) == len(found) == 24
    assert found == sorted(found)


def test_an_import_that_subscribed_nobody_proves_no_membership(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ada = ledger.identity(address_of("ada"))
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=6, has_subscribed=False)
    assert ledger.windows(1, [ada]) == {ada: ()}
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).unchanged == {address_of("ada")}
    # The window of the first one that did begins with that one.
    ledger.confirm(1, fingerprints_of(ada="b"), sent_at=20, ended_at=21)
    assert ledger.windows(1, [ada]) == {ada: ((20, 21),)}
    ledger.confirm(1, fingerprints_of(ada="c"), sent_at=30, ended_at=31, has_subscribed=False)
    assert ledger.windows(1, [ada]) == {ada: ((20, 21),)}
