"""What proves that a stream came whole, and what says that it is a stream of changes."""

from __future__ import annotations

import pytest

from target_activecampaign.singer.completeness import Completeness


def after(order: str, *, stream: str = "people", others: tuple[str, ...] = ()) -> Completeness:
    """Feed messages of a stream: S(CHEMA), R(ECORD), V for ACTIVATE_VERSION, T for a bare STATE."""
    completeness = Completeness()
    for other in others:
        completeness.open(other, [other], {})
    for letter in order:
        if letter == "T":
            completeness.take_state({"bookmarks": {stream: {}}})
        elif letter == "S":
            completeness.open(stream, [stream], {})
        elif letter == "V":
            completeness.take_version(stream, 1)
        else:
            completeness.take_record(stream)
    return completeness


@pytest.mark.parametrize("order", ["SRV", "SRRRVT", "SRTRV", "SRSRV", "SRVTTT"])
def test_one_version_behind_the_last_record_proves_that_a_stream_came_whole(order: str) -> None:
    assert after(order).reason_against("people") is None


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("S", "no record"),
        ("SV", "no record"),
        ("SVT", "no record"),
        ("SR", "no ACTIVATE_VERSION"),
        ("SRT", "no ACTIVATE_VERSION"),
        ("SVR", "did not come once"),
        ("SVRT", "did not come once"),
        ("SVRV", "did not come once"),
        ("SRVRV", "did not come once"),
        ("SRVV", "did not come once"),
        ("SRVR", "did not come once"),
        ("SRVS", "did not come once"),
        ("VSR", "did not come once"),
    ],
)
def test_anything_else_proves_nothing(order: str, words: str) -> None:
    assert words in (after(order).reason_against("people") or "")


@pytest.mark.parametrize("version", [None, "", "1", True, 1.5])
def test_a_version_without_a_number_proves_nothing(version: object) -> None:
    completeness = after("SR")
    completeness.take_version("people", version)
    assert completeness.reason_against("people")


@pytest.mark.parametrize(
    ("of_records", "is_proven"),
    [
        ([None, None], True),
        ([5, 5], True),
        ([4], False),
        ([4, 5], False),
        ([5, 4, 5], False),
        ([None, 5], False),
        (["5"], False),
        ([True], False),
        ([5.5], False),
    ],
)
def test_a_version_of_another_number_than_its_records_proves_nothing(
    of_records: list[object],
    is_proven: bool,  # noqa: FBT001 - a case
) -> None:
    completeness = after("S")
    for version in of_records:
        completeness.take_record("people", version)
    completeness.take_version("people", 5)
    assert (completeness.reason_against("people") is None) is is_proven


def test_a_version_proves_nothing_for_another_stream() -> None:
    completeness = after("SRV", others=("vip",))
    completeness.take_record("vip")
    assert completeness.reason_against("vip") is not None


def test_a_stream_that_nobody_announced_is_not_proven() -> None:
    assert Completeness().reason_against("people") is not None
    assert Completeness().incremental_sign("people") is None


def test_several_streams_that_a_map_makes_one_are_proven_together() -> None:
    completeness = Completeness()
    for stream in ("a", "b"):
        completeness.open(stream, ["all"], {})
        completeness.take_record(stream)
    completeness.take_version("b", 1)
    assert completeness.reason_against("all") is not None
    completeness.take_version("a", 1)
    assert completeness.reason_against("all") is None


def test_several_streams_that_a_map_makes_one_are_incremental_if_one_is() -> None:
    completeness = Completeness()
    completeness.open("a", ["all"], {"bookmark_properties": ["at"]})
    completeness.open("b", ["all"], {"bookmark_properties": []})
    assert completeness.incremental_sign("all") == "its SCHEMA has bookmark_properties"
    assert completeness.incremental_sign("b") is None, "that is the name before the maps"


def test_a_stream_is_asked_for_as_maps_call_it_and_its_bookmark_names_it_as_the_tap_does() -> None:
    completeness = Completeness()
    completeness.open("people", ["customers"], {})
    completeness.open("customers", ["others"], {})
    completeness.take_state({"bookmarks": {"people": {"lsn": 1}}})
    assert completeness.incremental_sign("customers") == "its STATE has the bookmark 'people.lsn'"
    assert completeness.incremental_sign("others") is None


def test_a_schema_after_the_state_may_be_the_one_that_a_bookmark_means() -> None:
    completeness = Completeness()
    completeness.open("people", ["people"], {})
    completeness.take_state({"bookmarks": {"shop-pets": {"lsn": 1}}})
    assert completeness.incremental_sign("people") is not None
    completeness.open("shop-pets", ["shop-pets"], {})
    assert completeness.incremental_sign("people") is None
    assert completeness.incremental_sign("shop-pets") is not None


HALF_READ = {"bookmarks": {"shop-people": {"max_pk_values": {"id": 20}, "last_pk_fetched": {"id": 10}}}}
READ = {"currently_syncing": None, "bookmarks": {"shop-people": {"initial_full_table_complete": True}}}


def test_a_table_that_the_tap_goes_on_with_from_an_earlier_run_did_not_come_whole() -> None:
    """tap-mysql that is resumed sends the rest, one version behind it, and a clean STATE."""
    completeness = Completeness()
    completeness.take_state(HALF_READ)
    completeness.open("people", ["people"], {})
    completeness.take_record("people")
    completeness.take_state(HALF_READ)
    completeness.take_version("people", 1)
    completeness.take_state(READ)
    assert completeness.reason_against("people") is None
    assert "goes on in the middle of 'shop-people." in (completeness.incremental_sign("people") or "")


def test_a_table_that_a_state_among_its_records_calls_half_read_came_whole() -> None:
    completeness = Completeness()
    completeness.open("pets", ["pets"], {})
    completeness.take_state({"currently_syncing": "shop-people", "bookmarks": {}})
    completeness.open("people", ["people"], {})
    completeness.take_record("people")
    completeness.take_state(HALF_READ)
    assert completeness.incremental_sign("people") is not None
    completeness.take_version("people", 1)
    completeness.take_state(READ)
    assert completeness.reason_against("people") is completeness.incremental_sign("people") is None
    assert completeness.incremental_sign("pets") is None
