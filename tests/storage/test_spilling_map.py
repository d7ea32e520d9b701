"""The spilling map holds what a dictionary would hold, also when it moves to disk."""

from __future__ import annotations

import sqlite3
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.errors import OutputError
from target_activecampaign.storage.spilling_map import SpillingMap

ONE, TWO, THREE = (b"%016d" % number for number in (1, 2, 3))

keys = st.integers(0, 9).map(lambda number: b"%016d" % number)
values = st.one_of(st.none(), st.binary(max_size=16))
changes = st.lists(st.dictionaries(keys, values, max_size=4), max_size=30)


@given(changes=changes, most=st.integers(1, 5))
def test_a_map_is_a_dictionary_also_when_it_moves_to_disk(
    changes: list[dict[bytes, bytes | None]], most: int
) -> None:
    store = SpillingMap(most)
    plain: dict[bytes, bytes] = {}
    for entries in changes:
        store.put_all(entries)
        for key, value in entries.items():
            plain.pop(key, None)
            if value is not None:
                plain[key] = value
        assert store.find(entries) == {key: value for key, value in plain.items() if key in entries}
    assert store.find(b"%016d" % number for number in range(10)) == plain
    store.close()


def test_more_entries_than_one_statement_takes_are_found_on_disk() -> None:
    store = SpillingMap(2_000)
    plain = {b"%016d" % number: str(number).encode() for number in range(5_000)}
    for key, value in plain.items():
        store.put(key, value)
    assert store.find(plain) == plain
    store.put_all(dict.fromkeys(plain))
    assert store.find(plain) == {}
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
    store.put(ONE, b"1")
    store.put(TWO, b"2")
    assert store.find([ONE]) == {ONE: b"1"}
    store.close()


def test_a_full_temporary_folder_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> t.NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    store = SpillingMap(1)
    with pytest.raises(OutputError, match=r"^the temporary folder can't be used .*TMPDIR"):
        store.put(ONE, b"1")


def test_a_temporary_file_that_can_not_be_read_is_said_with_the_remedy() -> None:
    store = SpillingMap(1)
    for key in (ONE, TWO, THREE):
        store.put(key, b"1")
    assert store._database is not None
    store._database.execute("DROP TABLE entry")
    with pytest.raises(OutputError, match=r"^the temporary folder can't be used .*TMPDIR"):
        store.find([ONE])
    store.close()
