"""What a run remembers of what it sent, exactly, however much that is."""

from __future__ import annotations

import sqlite3
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.delivery.sent_contacts import UNCONFIRMED, SentContacts
from target_activecampaign.errors import OutputError
from target_activecampaign.storage.keyed_hash import KeyedHash
from target_activecampaign.storage.spilling_map import SpillingMap

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


keys = st.integers(0, 9).map(lambda number: b"%016d" % number)
changes = st.lists(st.tuples(keys, st.one_of(st.none(), st.binary(max_size=16))), max_size=60)


@given(changes=changes, most=st.integers(1, 5))
def test_a_store_is_a_dictionary_also_when_it_moves_to_disk(
    changes: list[tuple[bytes, bytes | None]], most: int
) -> None:
    store = SpillingMap(most)
    entries: dict[bytes, bytes] = {}
    for key, value in changes:
        if value is None:
            store.put_all({key: None})
            entries.pop(key, None)
        else:
            store.put(key, value)
            entries[key] = value
        assert store.find([key]) == {k: v for k, v in entries.items() if k == key}
    assert store.find({key for key, _ in changes}) == entries
    store.close()


def test_entries_move_to_disk_a_few_at_a_time() -> None:
    class Watched(SpillingMap):
        moved: t.ClassVar[list[int]] = []

        def _move(self, count: int) -> None:
            self.moved.append(count)
            super()._move(count)

    store = Watched(1_000)
    for number in range(20_000):
        store.put(b"%016d" % number, b"")
    assert len(store.moved) > 1_000
    assert max(store.moved[1:]) <= 10, "of a thousand, two hundred steps"
    store.close()


def test_few_entries_need_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> t.NoReturn:
        raise AssertionError

    monkeypatch.setattr(sqlite3, "connect", refuse)
    store = SpillingMap(3)
    store.put(ADA_KEY, b"1")
    store.put(BOB_KEY, b"2")
    assert store.find([ADA_KEY]) == {ADA_KEY: b"1"}


def test_a_temporary_folder_that_is_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> t.NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    store = SpillingMap(1)
    with pytest.raises(OutputError, match="TMPDIR"):
        store.put(ADA_KEY, b"1")
