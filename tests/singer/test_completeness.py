"""When is a stream taken for complete? What taps write at its end."""

from __future__ import annotations

import pytest

from target_activecampaign.singer.completeness import Completeness, is_incremental


def opened(*streams: str, **message: object) -> Completeness:
    completeness = Completeness()
    for stream in streams:
        completeness.open(stream, [stream], message)
    return completeness


def is_complete(completeness: Completeness, stream: str = "people") -> bool:
    return completeness.reason_against(stream) is None


def test_a_stream_without_a_state_after_it_may_be_cut_short() -> None:
    completeness = opened("people")
    assert not is_complete(completeness)
    completeness.take_state({})
    assert is_complete(completeness)
    completeness.take_record("people")
    assert not is_complete(completeness)


def test_a_version_completes_its_own_stream_alone() -> None:
    completeness = opened("people", "vip")
    completeness.take_version("people")
    assert is_complete(completeness, "people")
    assert not is_complete(completeness, "vip")


@pytest.mark.parametrize(
    "state",
    [
        {"currently_syncing": "people", "bookmarks": {}},
        {"bookmarks": {"people": {"progress_markers": {"Note": "interrupted"}}}},
    ],
)
def test_a_state_that_says_the_stream_is_being_read_is_no_end(state: object) -> None:
    completeness = opened("people")
    completeness.take_state(state)
    assert not is_complete(completeness)


def test_a_stream_of_another_name_after_stream_maps_ends_with_its_own() -> None:
    completeness = Completeness()
    completeness.open("people", ["customers"], {})
    completeness.take_record("people")
    assert not is_complete(completeness, "customers")
    completeness.take_state({})
    assert is_complete(completeness, "customers")


def test_a_stream_that_nobody_announced_is_not_complete() -> None:
    assert not is_complete(Completeness())


def test_bookmark_properties_of_a_schema_say_that_a_stream_is_incremental() -> None:
    completeness = opened("people", bookmark_properties=["updated_at"])
    completeness.take_state({})
    reason = completeness.reason_against("people")
    assert reason is not None
    assert "incrementally" in reason


@pytest.mark.parametrize(
    "bookmark",
    [
        {"replication_key": "id", "replication_key_value": 3},
        {"updated_at": "2026-05-19"},
        {"lsn": 12},
        "2026-05-19",
        {"partitions": [{"context": {"shop": 1}, "replication_key_value": 3}]},
    ],
)
def test_a_bookmark_that_says_how_far_is_incremental(bookmark: object) -> None:
    assert is_incremental(bookmark)


@pytest.mark.parametrize(
    "bookmark",
    [
        None,
        {},
        {"version": 1, "initial_full_table_complete": True},
        {"replication_key": None},
        {"partitions": [{"context": {"shop": 1}}]},
    ],
)
def test_a_bookmark_of_a_full_table_is_not(bookmark: object) -> None:
    assert not is_incremental(bookmark)
