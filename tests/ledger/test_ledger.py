"""The ledger knows contacts and members by what runs write in it, on both databases."""

from __future__ import annotations

import threading
import typing as t

import pytest
import sqlalchemy as sa
from support.ledgers import (
    address_of,
    addresses_of,
    comparison_of,
    fingerprint_of,
    fingerprints_of,
    members_of,
)

from target_activecampaign.ledger.crypto import DamagedAddressError
from target_activecampaign.ledger.figures import Figures, ListFigures
from target_activecampaign.ledger.ledger import Comparison
from target_activecampaign.ledger.migrations import NEWEST_VERSION
from target_activecampaign.ledger.removals import Removals
from target_activecampaign.ledger.schema import REMOVAL

if t.TYPE_CHECKING:
    from support.ledgers import OpenLedger

    from target_activecampaign.ledger.causes import Cause
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
    ledger.doubt(2, addresses_of("ada"))
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
    ledger.doubt(1, addresses_of("ada", "nobody"))
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
    assert ledger.compare(1, everyone, 0) == Comparison(frozenset(half), frozenset(half))


def test_an_empty_set_of_contacts_is_compared_and_written_without_harm(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.doubt(1, [])
    ledger.confirm(1, {}, sent_at=5, ended_at=5)
    ledger.forget(1, [])
    ledger.note_people(1, "people", [], 5)
    ledger.note_seen(1, [])
    ledger.replace_missing(1, "people", [], 5)
    ledger.remove_contacts(1, [])
    ledger.remove_members(1, "people", [])
    assert ledger.streams_of(1, []) == []
    assert ledger.people_of_keys(1, "people", []) == {}
    assert ledger.windows(1, []) == {}
    assert ledger.compare(1, {}, 0) == comparison_of()


# Members


def note(ledger: Ledger, names: str, stream: str = "people", list_id: int = 1, now: int = 5) -> None:
    """Note that records bring people, whose keys are their names, or what stands before a colon."""
    pairs = [name.split(":") for name in names.split()]
    people = [(key_of(ledger, pair[0]), address_of(pair[-1])) for pair in pairs]
    ledger.note_people(list_id, stream, people, now)


def delete(ledger: Ledger, names: str, stream: str = "people", now: int = 7) -> list[bool]:
    pairs = [name.split(":") for name in names.split()]
    return ledger.note_deletions(
        1, stream, [(key_of(ledger, pair[0]), address_of(pair[-1])) for pair in pairs], now
    )


def people_of(ledger: Ledger, *keys: bytes) -> dict[bytes, list[str]]:
    """Keys to the names of the people they lead to."""
    found = ledger.people_of_keys(1, "people", keys)
    return {key: sorted(one.email.partition("@")[0] for one in found[key]) for key in keys if key in found}


def key_of(ledger: Ledger, name: str) -> bytes:
    return ledger.source_key(name.encode())


def identities_of(ledger: Ledger, *names: str) -> list[bytes]:
    return [ledger.identity(address_of(name)) for name in names]


def pending_of(ledger: Ledger, cause: Cause | None = None, list_id: int = 1) -> dict[str, str]:
    """Names to causes."""
    return {removal.email.partition("@")[0]: removal.cause for removal in ledger.pending(list_id, cause)}


def test_whom_a_record_brings_is_a_member_since_the_first_import_or_since_then(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=4, ended_at=6)
    note(ledger, "ada bo", now=7)
    note(ledger, "ada bo", now=8)
    assert members_of(ledger) == {address_of("ada"): 4, address_of("bo"): 7}
    assert ledger.count_members(1, "people") == 2
    assert ledger.count_members(1, "shops") == ledger.count_members(2, "people") == 0


def test_without_people_nobody_is_a_member_and_nobody_is_noted_before_a_confirmation(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger()
    ledger.doubt(1, addresses_of("ada"))
    note(ledger, "ada")
    assert ledger.count_members(1, "people") == 0
    assert ledger.people_of_keys(1, "people", [key_of(ledger, "ada")]) == {}
    assert ledger.figures().lists == {}


def test_people_that_are_noted_already_are_read_and_not_written(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo")
    monkeypatch.setattr(ledger._database, "transaction", lambda: pytest.fail("written"))
    note(ledger, "ada bo", now=9)
    ledger.note_seen(1, addresses_of("ada"))


def test_a_key_leads_to_the_person_that_its_record_brought_last(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:bo 2:cy")
    one, two, three = (key_of(ledger, name) for name in "123")
    assert people_of(ledger, one, two, three) == {one: ["ada"], two: ["cy"]}
    note(ledger, "1:dé")
    assert people_of(ledger, one) == {one: ["dé"]}
    assert ledger.people_of_keys(1, "people", [three]) == {}
    assert ledger.people_of_keys(1, "shops", [one]) == ledger.people_of_keys(2, "people", [one]) == {}


def test_a_rejected_record_with_another_address_leads_to_both_until_it_is_accepted(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:bo")
    one = key_of(ledger, "1")
    ledger.note_people(1, "people", [(one, address_of("bo")), (one, address_of("cy"))], 6, are_rejected=True)
    assert people_of(ledger, one) == {one: ["ada", "bo", "cy"]}
    # The other record of one of them goes: it is brought all the same.
    assert delete(ledger, "2:bo") == [False]
    note(ledger, "1:cy")
    assert people_of(ledger, one) == {one: ["cy"]}


def test_a_record_that_is_gone_leads_to_its_person_while_the_removal_is_pending(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:ada 3:bo")
    one, two, three = (key_of(ledger, name) for name in "123")
    assert delete(ledger, "1:ada") == [False]
    assert people_of(ledger, one, two) == {two: ["ada"]}
    assert delete(ledger, "2:ada 3:bo") == [True, True]
    assert people_of(ledger, one, two, three) == {two: ["ada"], three: ["bo"]}
    ledger.note_people(1, "people", [(two, address_of("ada"))], 8, are_rejected=True)
    assert pending_of(ledger) == {"bo": "unfinished"}
    ledger.remove_contacts(1, addresses_of("bo"))
    assert people_of(ledger, two, three) == {two: ["ada"]}


def test_a_released_stream_s_records_lead_to_the_people_that_are_pending(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:bo")
    note(ledger, "bo", "shops")
    ledger.release_stream(1, "people", 9)
    one, two = key_of(ledger, "1"), key_of(ledger, "2")
    assert people_of(ledger, one, two) == {one: ["ada"]}


def test_what_nobody_can_read_makes_deletions_unproven_until_they_are_told_again(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo")
    delete(ledger, "ada")
    ledger.doubt_deletions(1, "shops")
    assert pending_of(ledger) == {"ada": "unfinished"}
    ledger.doubt_deletions(1, "people")
    ledger.note_deletions(1, "people", [(None, address_of("cy"))], 8, are_proven=False)
    assert pending_of(ledger) == {"ada": "unfinished_unproven", "cy": "unfinished_unproven"}
    delete(ledger, "ada")
    assert pending_of(ledger) == {"ada": "unfinished", "cy": "unfinished_unproven"}
    ledger.finish_deletions(1, ["shops"])
    assert pending_of(ledger) == {"ada": "unfinished", "cy": "unfinished_unproven"}
    ledger.finish_deletions(1, ["people", "shops"])
    assert pending_of(ledger) == {"ada": "deleted", "cy": "unproven"}


def test_members_come_in_the_order_of_their_identities_page_after_page(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    everyone = [address_of(f"a{number}") for number in range(2_500)]
    ledger.note_people(1, "people", [(None, email) for email in everyone], 5)
    note(ledger, "zoe", "shops")
    identities = [one for some in ledger.member_identities(1, "people") for one in some]
    assert identities == sorted(map(ledger.identity, everyone))
    found = list(ledger.members(1, "people", [*identities[1_990:], ledger.identity(address_of("zoe"))]))
    assert [member.identity for member in found] == identities[1_990:]
    assert {member.email for member in found} < set(everyone)


def test_members_may_be_removed_while_they_are_listed(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.note_people(1, "people", [(None, address_of(f"a{number}")) for number in range(1_500)], 5)
    for identities in ledger.member_identities(1, "people"):
        ledger.remove_members(1, "people", identities)
    assert ledger.count_members(1, "people") == 0


def test_a_removed_member_stays_one_of_other_streams_and_lists(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo")
    note(ledger, "bo", "shops")
    note(ledger, "ada", list_id=2)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=5, ended_at=5)
    assert ledger.count_members_on(1) == 2
    assert ledger.member_counts() == [(1, "people", 2), (1, "shops", 1), (2, "people", 1)]
    ada, bo = identities_of(ledger, "ada", "bo")
    ledger.remove_members(1, "people", [ada, bo])
    assert ledger.people_of_keys(1, "people", [key_of(ledger, "bo")]) == {}
    assert ledger.streams_of(1, [ada, bo]) == [(bo, "shops")]
    ledger.remove_members(1, "shops", [bo])
    assert ledger.streams_of(1, [ada, bo]) == []
    assert members_of(ledger, 2) == {address_of("ada"): 5}
    assert ledger.compare(1, fingerprints_of(ada="a"), 0).unchanged == addresses_of("ada")


def test_an_unsubscribed_contact_comes_back_as_a_change(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    for stream in ("people", "shops"):
        note(ledger, "ada bo", stream)
    ledger.replace_missing(1, "people", identities_of(ledger, "ada"), 6)
    ledger.remove_contacts(1, addresses_of("ada"))
    assert ledger.compare(1, fingerprints_of(ada="a", bo="b"), 0) == comparison_of("bo", "bo")
    assert members_of(ledger) == members_of(ledger, stream="shops") == {address_of("bo"): 5}
    assert ledger.people_of_keys(1, "people", [key_of(ledger, "ada")]) == {}
    assert pending_of(ledger) == {}
    assert ledger.windows(1, identities_of(ledger, "ada")) == {identities_of(ledger, "ada")[0]: ()}


# Times of imports


def windows_of(ledger: Ledger, name: str, list_id: int = 1) -> tuple[tuple[int, int], ...]:
    identity = ledger.identity(address_of(name))
    return ledger.windows(list_id, [identity])[identity]


def test_the_first_and_the_latest_import_are_remembered_from_submission_to_confirmation(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger(keeps_people=True)
    for sent_at in (10, 20, 30):
        ledger.doubt(1, addresses_of("ada"))
        ledger.confirm(1, fingerprints_of(ada="a"), sent_at=sent_at, ended_at=sent_at + 3)
    assert windows_of(ledger, "ada") == ((10, 13), (30, 33))
    assert windows_of(ledger, "ada", 2) == windows_of(ledger, "bo") == ()


def test_an_import_without_an_outcome_proves_nothing(open_ledger: OpenLedger) -> None:
    """A crash hid whether it took place: who joined since then may have done so by a form."""
    ledger = open_ledger(keeps_people=True)
    ledger.doubt(1, addresses_of("ada"))
    assert windows_of(ledger, "ada") == ()
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=20, ended_at=23)
    assert windows_of(ledger, "ada") == ((20, 23),)


def test_a_contact_that_is_refused_is_unknown_and_its_first_import_stays_proven(
    open_ledger: OpenLedger,
) -> None:
    ledger = open_ledger(keeps_people=True)
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=10, ended_at=13)
    ledger.confirm(1, fingerprints_of(ada="b"), sent_at=20, ended_at=23)
    ledger.doubt(1, addresses_of("ada", "bo"))
    ledger.forget(1, addresses_of("ada", "bo"))
    assert ledger.compare(1, fingerprints_of(ada="b", bo="b"), 0) == comparison_of()
    assert windows_of(ledger, "ada") == ((10, 13),)
    ledger.confirm(1, fingerprints_of(ada="b", bo="b"), sent_at=40, ended_at=43)
    assert windows_of(ledger, "ada") == ((10, 13), (40, 43))
    assert windows_of(ledger, "bo") == ((40, 43),)


def test_a_pending_removal_has_the_times_of_our_imports(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo")
    ledger.confirm(1, fingerprints_of(ada="a"), sent_at=10, ended_at=13)
    delete(ledger, "ada bo")
    windows = {removal.email: removal.windows for removal in ledger.pending(1)}
    assert windows == {address_of("ada"): ((10, 13),), address_of("bo"): ()}


# Removals


def test_a_deleted_record_leaves_whom_another_record_or_stream_brings(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:ada 3:bo 4:cy")
    note(ledger, "9:bo", "shops")
    assert delete(ledger, "2:ada 3:bo 4:cy") == [False, False, True]
    assert pending_of(ledger) == {"cy": "unfinished"}
    assert members_of(ledger) == {address_of("ada"): 5}
    assert delete(ledger, "1:ada") == [True]
    assert delete(ledger, "9:bo", "shops") == [True]
    assert pending_of(ledger, "unfinished") == {"ada": "unfinished", "bo": "unfinished", "cy": "unfinished"}


def test_two_deletions_of_one_person_at_once_leave_nobody_who_brings_them(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:ada")
    assert delete(ledger, "1:ada 2:ada") == [True, True]


def test_a_deletion_without_a_key_leaves_whom_a_key_leads_to(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada")
    ledger.note_people(1, "people", [(None, address_of("bo"))], 5)
    deletions = [(None, address_of(name)) for name in ("ada", "bo", "cy")]
    assert ledger.note_deletions(1, "people", deletions, 7) == [False, True, True]
    assert ledger.note_deletions(1, "people", [], 7) == []


def test_a_deletion_counts_again_where_somebody_was_left_alone(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    delete(ledger, "ada", now=7)
    ledger.leave_alone(1, address_of("ada"), "came back")
    assert pending_of(ledger) == {}
    assert ledger.count_pending(1) == 0
    assert ledger.figures().lists[1].left_alone == {"came back": 1}
    delete(ledger, "ada", now=8)
    assert [(removal.noted_at, removal.stream) for removal in ledger.pending(1)] == [(8, "people")]


def test_the_missing_of_a_later_run_replace_those_of_an_earlier_one(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo cy dé")
    note(ledger, "zoe", "shops")
    ledger.replace_missing(1, "shops", identities_of(ledger, "zoe"), 6)
    delete(ledger, "dé")
    ledger.replace_missing(1, "people", identities_of(ledger, "ada", "bo"), 6)
    ledger.leave_alone(1, identities_of(ledger, "ada")[0], "came back")
    assert pending_of(ledger) == {"bo": "missing", "dé": "unfinished", "zoe": "missing"}
    ledger.replace_missing(1, "people", identities_of(ledger, "ada", "cy", "dé", "nobody"), 8)
    assert pending_of(ledger) == {"cy": "missing", "dé": "unfinished", "zoe": "missing"}
    assert ledger.count_pending(1, "missing") == 2
    ledger.clear_missing(1, "people")
    assert pending_of(ledger) == {"dé": "unfinished", "zoe": "missing"}


@pytest.mark.parametrize("keeps_people", [True, False])
def test_who_is_seen_again_is_to_be_removed_no_more(open_ledger: OpenLedger, keeps_people: bool) -> None:  # noqa: FBT001
    ledger = open_ledger(keeps_people=keeps_people)
    delete(ledger, "ada bo cy dé")
    ledger.leave_alone(1, address_of("bo"), "came back")
    note(ledger, "ada bo", "shops")
    note(ledger, "cy", list_id=2)
    ledger.note_seen(1, [address_of("dé")])
    assert pending_of(ledger) == {"cy": "unfinished"}
    assert ledger.figures().lists[1].left_alone == {}


def test_removals_come_page_after_page_while_they_are_carried_out(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    emails = [address_of(f"a{number}") for number in range(2_100)]
    ledger.note_deletions(1, "people", [(None, email) for email in emails], 7)
    found = []
    for number, removal in enumerate(ledger.pending(1)):
        found.append(removal.identity)
        if number % 500 == 0:
            ledger.remove_contacts(1, [removal.email])
    assert found == sorted(map(ledger.identity, emails))
    assert ledger.count_pending(1) == 2_095


# Streams that go


def test_a_renamed_stream_takes_its_members_keys_and_removals_along(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:bo")
    note(ledger, "1:ada", list_id=2)
    note(ledger, "2:cy", "customers", now=9)
    ledger.replace_missing(1, "people", identities_of(ledger, "ada"), 6)
    assert ledger.rename_stream(1, "people", "customers") == 2
    assert ledger.member_counts() == [(1, "customers", 3), (2, "people", 1)]
    people = ledger.people_of_keys(1, "customers", [key_of(ledger, name) for name in "12"])
    assert [[person.email for person in people[key_of(ledger, name)]] for name in "12"] == [
        [address_of("ada")],
        [address_of("cy")],
    ]
    ledger.clear_missing(1, "customers")
    assert pending_of(ledger) == {}
    assert ledger.rename_stream(None, "people", "customers") == 1
    assert ledger.member_counts() == [(1, "customers", 3), (2, "customers", 1)]
    assert ledger.people_of_keys(2, "people", [key_of(ledger, "1")]) == {}


def test_a_released_stream_leaves_those_alone_that_another_one_brings(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "1:ada 2:bo 3:cy")
    note(ledger, "bo", "shops")
    note(ledger, "ada", list_id=2)
    delete(ledger, "3:cy")
    assert ledger.release_stream(1, "people", 8) == 1
    assert pending_of(ledger) == {"ada": "missing", "cy": "unfinished"}
    assert ledger.member_counts() == [(1, "shops", 1), (2, "people", 1)]
    assert ledger.people_of_keys(1, "people", [key_of(ledger, "2")]) == {}


def test_a_member_with_the_address_of_another_is_reported_as_damaged(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo")
    with ledger._database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger_member SET address = (SELECT min(address) FROM ledger_member)"
        )
    with pytest.raises(DamagedAddressError, match="the address of a member is damaged") as raised:
        members_of(ledger)
    assert "example.com" not in str(raised.value)


@pytest.mark.parametrize("damage", ["", "x", "dé"])
def test_one_damaged_address_leaves_the_others_readable(open_ledger: OpenLedger, damage: str) -> None:
    ledger = open_ledger(keeps_people=True)
    delete(ledger, "ada bo")
    with ledger._database.transaction() as connection:
        damaged = sa.update(REMOVAL).where(REMOVAL.c.identity == ledger.identity(address_of("ada")))
        connection.execute(damaged.values(address=damage))
    readable = []
    for removal in ledger.pending(1):
        try:
            readable.append(removal.email)
        except DamagedAddressError:  # noqa: PERF203 - one by one is the point
            ledger.leave_alone(1, removal.identity, "damaged")
    assert readable == [address_of("bo")]
    assert ledger.figures().lists[1].left_alone == {"damaged": 1}


# Figures


def test_the_figures_say_what_is_there(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    assert ledger.figures() == Figures("acme.api-us1.com", NEWEST_VERSION, 0, {})
    ledger.begin_run(4)
    note(ledger, "ada bo", list_id=7)
    note(ledger, "cy", "shops", list_id=7)
    ledger.confirm(7, fingerprints_of(ada="a", bo="b"), sent_at=5, ended_at=5)
    ledger.begin_run(6)
    ledger.confirm(7, fingerprints_of(cy="c"), sent_at=6, ended_at=6)
    ledger.doubt(7, addresses_of("ada", "unconfirmed"))
    note(ledger, "ada", list_id=8)
    ledger.replace_missing(7, "people", identities_of(ledger, "ada", "bo"), 6)
    ledger.leave_alone(7, address_of("bo"), "came back")
    ledger.note_deletions(9, "people", [(None, address_of("dé"))], 6)
    assert ledger.figures() == Figures(
        account="acme.api-us1.com",
        version=NEWEST_VERSION,
        runs=2,
        lists={
            7: ListFigures(
                contacts=3,
                in_doubt=1,
                oldest=5,
                newest=6,
                members={"people": 2, "shops": 1},
                pending={"missing": 1},
                left_alone={"came back": 1},
            ),
            8: ListFigures(0, 0, None, None, members={"people": 1}, pending={}, left_alone={}),
            9: ListFigures(0, 0, None, None, members={}, pending={"unfinished": 1}, left_alone={}),
        },
    )


def test_a_run_begins_after_each_earlier_one_whatever_the_clock_says(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    assert [ledger.begin_run(now) for now in (4, 4, 2, 9)] == [4, 5, 6, 9]
    assert ledger.last_run_started_at() == 9
    note(ledger, "ada", list_id=7)
    ledger.release_stream(7, "people", 3)
    assert [one.noted_at for one in ledger.pending(7)] == [9]


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
                ledger.note_people(1, "people", [(None, email) for email in contacts], 5)
                ledger.doubt(1, contacts)
                ledger.confirm(1, contacts, sent_at=5, ended_at=5)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in workers:
        thread.start()
    while any(thread.is_alive() for thread in workers):
        compared = ledger.compare(1, fingerprints_of(**{"c0-0-0": "x"}), 0)
        assert compared.unchanged <= compared.known
    assert failures == []
    assert ledger.count_members(1, "people") == 800


def test_a_transaction_that_fails_leaves_nothing(
    open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada")

    def fail(*_: object) -> None:
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(Removals, "note_deleted", fail)
        with pytest.raises(ValueError):  # noqa: PT011 - any would do
            delete(ledger, "ada")
    assert members_of(ledger) == {address_of("ada"): 5}
    assert delete(ledger, "ada") == [True]
    assert members_of(ledger) == {}


def test_whom_a_stream_released_stays_pending_when_the_stream_comes_again(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    note(ledger, "ada bo")
    ledger.release_stream(1, "people", 5)
    note(ledger, "ada cy")
    ledger.clear_missing(1, "people")
    ledger.replace_missing(1, "people", identities_of(ledger, "cy"), 6)
    assert pending_of(ledger) == {"bo": "missing", "cy": "missing"}
    ledger.replace_missing(1, "people", [], 7)
    assert pending_of(ledger) == {"bo": "missing"}
