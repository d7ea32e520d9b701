"""What a run remembers of what it sent, exactly, however much that is."""

from __future__ import annotations

from target_activecampaign.delivery.sent_contacts import UNCONFIRMED, SentContacts
from target_activecampaign.storage.keyed_hash import KeyedHash

ADA, BOB = "ada@example.com", "bob@example.com"
ADA_KEY, BOB_KEY = map(KeyedHash(b"key"), (ADA.encode(), BOB.encode()))


def test_a_run_starts_without_memories() -> None:
    memory = SentContacts()
    assert len(memory) == 0
    assert memory.find([ADA]) == {}


def test_what_is_sent_counts_and_is_remembered_from_its_verdict_on() -> None:
    memory = SentContacts()
    memory.count(1)
    assert len(memory) == 1
    assert memory.find([ADA]) == {}
    memory.confirm({ADA: b"1"})
    assert memory.find([ADA, BOB]) == {ADA: b"1"}


def test_what_was_confirmed_last_is_remembered() -> None:
    memory = SentContacts()
    memory.confirm({ADA: b"1"})
    memory.confirm({ADA: b"2"})
    assert memory.find([ADA]) == {ADA: b"2"}


def test_a_refused_contact_is_not_confirmed_and_counts_still() -> None:
    memory = SentContacts()
    memory.count(1)
    memory.confirm({ADA: b"1"})
    memory.forget(ADA)
    assert len(memory) == 1
    assert memory.find([ADA]) == {ADA: UNCONFIRMED}


def test_who_needed_nothing_is_remembered_unless_more_is() -> None:
    memory = SentContacts()
    memory.confirm({ADA: b"1"})
    memory.leave_alone(ADA)
    memory.leave_alone(BOB)
    assert memory.find([ADA, BOB]) == {ADA: b"1", BOB: UNCONFIRMED}


def test_what_was_not_sent_after_all_does_not_count() -> None:
    memory = SentContacts()
    memory.count(1)
    memory.confirm({ADA: b"1"})
    memory.count_out(ADA)
    assert len(memory) == 0
    assert memory.find([ADA]) == {}
