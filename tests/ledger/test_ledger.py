"""The ledger knows contacts and members by what runs write in it, on both databases."""

from __future__ import annotations

import threading
import typing as t

import pytest
from support.ledgers import address_of, addresses_of, comparison_of, fingerprint_of, fingerprints_of

from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.figures import Figures, ListFigures
from target_activecampaign.ledger.ledger import Comparison
from target_activecampaign.ledger.members import Members

if t.TYPE_CHECKING:
    from support.ledgers import OpenLedger

    from target_activecampaign.ledger.ledger import Ledger


def test_a_contact_is_unknown_until_its_delivery_was_confirmed(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    assert ledger.compare(1, fingerprints_of(ada="a"), 0) == comparison_of()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert ledger.compare(1, fingerprints_of(ada="a", bo="b"), 0) == comparison_of("ada", unchanged="ada")


def test_a_contact_is_unchanged_while_exactly_that_would_be_sent(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    ledger.confirm(1, fingerprints_of(bo="c"), sent_at=6, ended_at=6)
    comparison = ledger.compare(1, fingerprints_of(ada="a", bo="b"), 0)
    assert comparison.unchanged == addresses_of("ada")
    assert comparison.known == addresses_of("ada", "bo")
    assert ledger.compare(1, fingerprints_of(bo="c"), 0).unchanged == addresses_of("bo")


def test_a_confirmation_that_is_too_old_does_not_count(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert ledger.compare(1, fingerprints_of(ada="a"), 5).unchanged == addresses_of("ada")
    assert ledger.compare(1, fingerprints_of(ada="a"), 6) == comparison_of("ada")


def test_lists_do_not_know_of_each_other(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ledger.doubt(2, addresses_of("ada"), 5)
    ledger.forget(2, addresses_of("ada"))
    assert ledger.compare(2, fingerprints_of(ada="a"), 0).known == set()
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).unchanged == addresses_of("ada")


def test_streams_share_what_is_confirmed_for_a_list(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).unchanged == addresses_of("ada")


def test_what_is_in_doubt_is_known_and_not_unchanged_whatever_the_source_goes_back_to(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="old"), sent_at=5, ended_at=5)
    ledger.doubt(1, addresses_of("ada", "nobody"), 5)
    for value in ("old", "new"):
        assert ledger.compare(1, fingerprints_of(ada=value, nobody="n"), 0) == comparison_of("ada")
    ledger.confirm(1, fingerprints_of(ada="new"), sent_at=6, ended_at=6)
    assert ledger.compare(1, fingerprints_of(ada="new"), 0).unchanged == addresses_of("ada")


def test_a_refused_contact_is_unknown(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    ledger.forget(1, addresses_of("ada"))
    assert ledger.compare(1, fingerprints_of(ada="a", bo="b"), 0).known == addresses_of("bo")


def test_a_later_opening_knows_what_an_earlier_one_wrote(open_ledger: OpenLedger) -> None:
    first = open_ledger()
    first.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    identity = first.identity(address_of("ada"))
    first.close()
    second = open_ledger()
    assert second.compare(1, fingerprints_of(ada="a"), 0).unchanged == addresses_of("ada")
    assert second.identity(address_of("ada")) == identity
    assert len(identity) == 16


def test_thousands_at_a_time_are_told_apart(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    everyone = {address_of(f"a{number}"): fingerprint_of(str(number)) for number in range(4_000)}
    half = dict(list(everyone.items())[::2])
    ledger.confirm(1, half, sent_at=5, ended_at=5)
    assert ledger.compare(1, everyone, 0) == Comparison(*[frozenset(half)] * 3)


def test_an_empty_set_of_contacts_is_compared_and_written_without_harm(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.doubt(1, [])
    ledger.confirm(1, {}, sent_at=5, ended_at=5)
    ledger.forget(1, [])
    ledger.add_members(1, "people", [], now=5)
    ledger.remove_contacts(1, [])
    ledger.remove_members(1, "people", [])
    assert ledger.streams_of(1, []) == []
    assert ledger.compare(1, {}, 0) == comparison_of()


# Members


def members_of(ledger: Ledger, list_id: int = 1, stream: str = "people") -> dict[str, int]:
    return {member.email: member.since for member in ledger.members(list_id, stream)}


def test_a_delivered_contact_becomes_a_member_and_stays_one_since_then(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ledger.confirm(1, fingerprints_of(ada="b", bo="b"), sent_at=6, ended_at=6)
    assert members_of(ledger) == {address_of("ada"): 5, address_of("bo"): 6}
    assert ledger.count_members(1, "people") == 2
    assert ledger.count_members(1, "shops") == ledger.count_members(2, "people") == 0


def test_without_addresses_nobody_is_a_member(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ledger.add_members(1, "people", addresses_of("ada"), now=5)
    assert ledger.count_members(1, "people") == 0


def test_an_unchanged_contact_can_become_a_member(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ledger.close()
    ledger = open_ledger(keeps_people=True)
    assert ledger.compare(1, fingerprints_of(ada="a"), 0) == comparison_of("ada", unchanged="ada")
    ledger.add_members(1, "people", addresses_of("ada"), now=7)
    ledger.add_members(1, "people", addresses_of("ada"), now=8)
    # A contact that was delivered before is a member since then.
    assert members_of(ledger) == {address_of("ada"): 5}
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).members == addresses_of("ada")
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).members == set()


def test_members_come_in_the_order_of_their_identities_page_after_page(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    everyone = {address_of(f"a{number}"): fingerprint_of("x") for number in range(2_500)}
    ledger.confirm(1, everyone, sent_at=5, ended_at=5)
    ledger.confirm(1, fingerprints_of(zoe="z"), sent_at=5, ended_at=5)
    identities = [member.identity for member in ledger.members(1, "people")]
    assert identities == sorted(ledger.identity(email) for email in everyone)


def test_members_may_be_removed_while_they_are_listed(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    everyone = {address_of(f"a{number}"): fingerprint_of("x") for number in range(1_500)}
    ledger.confirm(1, everyone, sent_at=5, ended_at=5)
    for member in ledger.members(1, "people"):
        ledger.remove_members(1, "people", [member.identity])
    assert ledger.count_members(1, "people") == 0


def test_a_removed_member_stays_one_of_other_streams_and_lists(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    ledger.confirm(1, fingerprints_of(bo="b"), sent_at=5, ended_at=5)
    ledger.confirm(2, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    ada, bo = (ledger.identity(address_of(name)) for name in ("ada", "bo"))
    ledger.remove_members(1, "people", [ada, bo])
    assert ledger.streams_of(1, [ada, bo]) == [(bo, "shops")]
    ledger.remove_members(1, "shops", [bo])
    assert ledger.streams_of(1, [ada, bo]) == []
    assert members_of(ledger, 2) == {address_of("ada"): 5}
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).unchanged == addresses_of("ada")


def test_an_unsubscribed_contact_comes_back_as_a_change(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    for stream in ("people", "shops"):
        ledger.confirm(1, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    ledger.remove_contacts(1, addresses_of("ada"))
    assert ledger.compare(1, fingerprints_of(ada="a", bo="b"), 0) == comparison_of("bo", "bo")
    assert members_of(ledger) == members_of(ledger, stream="shops") == {address_of("bo"): 5}


def test_a_member_with_the_address_of_another_is_reported_as_damaged(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    with ledger._database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger_member SET address = (SELECT min(address) FROM ledger_member)"
        )
    with pytest.raises(LedgerError, match="the address of a member is damaged") as raised:
        members_of(ledger)
    assert "example.com" not in str(raised.value)


# Figures


def test_the_figures_say_what_is_there(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    assert ledger.figures() == Figures("acme.api-us1.com", 1, 0, {})
    ledger.begin_run(4)
    ledger.confirm(7, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    ledger.begin_run(6)
    ledger.confirm(7, fingerprints_of(cy="c"), sent_at=6, ended_at=6)
    ledger.doubt(7, addresses_of("ada"), 5)
    ledger.add_members(8, "people", addresses_of("ada"), now=6)
    assert ledger.figures() == Figures(
        account="acme.api-us1.com",
        version=1,
        runs=2,
        lists={
            7: ListFigures(3, 1, oldest=5, newest=6, members={"people": 2, "shops": 1}),
            8: ListFigures(0, 0, oldest=None, newest=None, members={"people": 1}),
        },
    )


def test_it_is_written_down_which_run_confirmed_a_contact(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    for now, name in ((4, "ada"), (6, "bo")):
        ledger.begin_run(now)
        ledger.confirm(7, fingerprints_of(**{name: "x"}), sent_at=now, ended_at=now)
    with ledger._database.transaction() as connection:
        query = (
            "SELECT started_at, confirmed_at FROM ledger_run JOIN ledger_contact ON ledger_run.id = run "
            "ORDER BY ledger_run.id"
        )
        assert [tuple(row) for row in connection.exec_driver_sql(query)] == [(4, 4), (6, 6)]


# Threads


def test_a_reader_and_workers_do_not_disturb_each_other(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                contacts = {address_of(f"c{number}-{turn}-{one}"): fingerprint_of("x") for one in range(20)}
                ledger.doubt(1, contacts)
                ledger.confirm(1, contacts, sent_at=5, ended_at=5)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in workers:
        thread.start()
    while any(thread.is_alive() for thread in workers):
        known = ledger.compare(1, fingerprints_of(**{"c0-0-0": "x"}), 0)
        assert known.unchanged <= known.members
    assert failures == []
    assert ledger.count_members(1, "people") == 800


def test_a_transaction_that_fails_leaves_nothing(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(keeps_people=True)

    def fail(*_: object) -> None:
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(Members, "add", fail)
        with pytest.raises(ValueError):  # noqa: PT011 - any would do
            ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).known == set()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).unchanged == addresses_of("ada")
