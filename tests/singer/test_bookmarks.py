"""Which STATE says that a tap sends changes alone, and of which streams."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.singer.bookmarks import Bookmarks

STREAMS = ("people", "pets")


def meant(*states: object, streams: tuple[str, ...] = STREAMS) -> set[str]:
    """The streams that STATEs behind the first records of all streams speak against."""
    bookmarks = Bookmarks()
    for state in states:
        bookmarks.take(state, streams)
    return set(bookmarks.signs_against(streams))


@pytest.mark.parametrize(
    "bookmark",
    [
        {"replication_key": "id", "replication_key_value": 3},
        {"updated_at": "2026-05-19"},
        {"lsn": 0},
        {"log_file": "bin.000003", "log_pos": 154},
        {"gtid": "0-1-7"},
        "2026-05-19",
        7,
        [["a", 1]],
        {"partitions": [{"context": {"shop": 1}, "replication_key_value": 3}]},
        {"last_replication_method": "LOG_BASED"},
        {"last_replication_method": "FULL_TABLE", "version": 1, "lsn": 4},
        {"metadata": {"offset": {"value": 4}}},
    ],
)
def test_a_bookmark_that_says_how_far_speaks_against_its_stream(bookmark: object) -> None:
    assert meant({"bookmarks": {"people": bookmark}}) == {"people"}
    assert meant({"people": bookmark}) == {"people"}
    assert meant({"singer_state": {"bookmarks": {"people": bookmark}}}) == {"people"}
    assert meant({"bookmarks": {"shop": {"people": bookmark}}}) == {"people"}
    assert meant({"bookmarks": {"people": bookmark}}, {"bookmarks": {}}) == {"people"}, (
        "an earlier one counts"
    )


@pytest.mark.parametrize(
    "bookmark",
    [
        *[None, {}, [], "", " ", True, False],
        {"version": 1, "initial_full_table_complete": True},
        {"version": 1, "last_replication_method": "FULL_TABLE", "xmin": None},
        {"max_pk_values": None, "last_pk_fetched": {}},
        {"replication_key": None, "starting_replication_value": None, "replication_key_signpost": None},
        {"partitions": [{"context": {"shop": 1}}, {"context": {"shop": "2026-01-01"}}]},
    ],
)
def test_a_bookmark_of_a_table_that_was_read_in_full_does_not(bookmark: object) -> None:
    assert meant({"bookmarks": {"people": bookmark}, "currently_syncing": None}) == set()
    assert meant({"bookmarks": {"shop": {"people": bookmark}}}) == set()
    assert meant({"people": bookmark}) == set()


@pytest.mark.parametrize(
    "state",
    [
        {"currently_syncing": "people"},
        {"currently_syncing": "shop-people", "bookmarks": {"shop-people": {"version": 1}}},
        {"bookmarks": {"people": {"version": 1, "max_pk_values": {"id": 9}, "last_pk_fetched": {"id": 4}}}},
        {"bookmarks": {"people": {"xmin": 123}}},
        {"bookmarks": {"people": {"initial_full_table_complete": False}}},
        {"bookmarks": {"shop-people": {"version": 1, "initial_full_table_complete": 0}}},
        {
            "bookmarks": {
                "people": {"progress_markers": {"Note": "Progress is not resumable if interrupted."}}
            }
        },
    ],
)
def test_a_table_that_is_still_being_read_counts_in_the_last_state_alone(state: object) -> None:
    assert meant(state) == {"people"}
    assert meant(state, {"bookmarks": {"people": {"version": 1}}}) == set()


@pytest.mark.parametrize(
    ("key", "streams", "expected"),
    [
        ("people", ("people", "pets"), {"people"}),
        ("shop-people", ("people", "pets"), {"people"}),
        ("shop_people", ("people", "pets"), {"people"}),
        ("shop.public.people", ("people", "pets"), {"people"}),
        ("people:eu", ("people", "pets"), {"people"}),
        ("SHOP-PEOPLE", ("people", "pets"), {"people"}),
        ("shop-people", ("public-people", "shop-people"), {"shop-people"}),
        ("people", ("shop_people", "pets"), {"shop_people"}),
        ("shop-people", ("shop", "people", "pets"), {"shop", "people"}),
        ("salespeople", ("people", "pets"), {"people", "pets"}),
        ("kunden", ("people", "pets"), {"people", "pets"}),
        ("shop-s", ("s",), {"s"}),
        ("", ("people", "pets"), {"people", "pets"}),
    ],
)
def test_a_key_speaks_against_each_stream_that_it_may_mean(
    key: str, streams: tuple[str, ...], expected: set[str]
) -> None:
    bookmark = {"log_file": "bin.000003", "log_pos": 154}
    assert meant({"bookmarks": {key: bookmark}}, streams=streams) == expected
    if key:
        assert meant({"currently_syncing": key}, streams=streams) == expected


@pytest.mark.parametrize(
    "state",
    [
        *["2026-01-01", 7, [1], {"last_sync": "2026-01-01"}, {"lsn": 4}, {"xmin": 4}],
        *[{"bookmarks": [1]}, {"bookmarks": "x"}, {"currently_syncing": ["shop", 4]}],
        {"bookmarks": {"kunden": {"log_pos": 154}}},
    ],
)
def test_a_bookmark_of_nobody_knows_which_stream_speaks_against_all(state: object) -> None:
    assert meant(state, streams=("people", "log")) == {"people", "log"}


@pytest.mark.parametrize(
    "state", [None, {}, [], "", True, {"bookmarks": {}}, {"bookmarks": None}, {"done": True}]
)
def test_a_state_that_says_nothing_speaks_against_nobody(state: object) -> None:
    assert meant(state) == set()


def test_words_name_the_entry_and_show_neither_values_nor_odd_names() -> None:
    bookmarks = Bookmarks()
    bookmarks.take({"bookmarks": {"shop-s": {"log_file": "zqx", "log_pos": 154}}})
    assert bookmarks.signs_against(["s"]) == {"s": "its STATE has the bookmark 'shop-s.log_file'"}
    bookmarks = Bookmarks()
    bookmarks.take({"bookmarks": {"ada@example.com": {"x\nERROR forged" + "y" * 99: "zqx"}}})
    (words,) = bookmarks.signs_against(["s"]).values()
    assert words.isprintable()
    assert not any(part in words for part in ("zqx", "ada", "forged"))


def deep(levels: int, key: str) -> dict[str, t.Any]:
    state: dict[str, t.Any] = {key: 1}
    for _ in range(levels):
        state = {key: state}
    return state


@pytest.mark.parametrize("key", ["bookmarks", "singer_state", "x"])
def test_a_bottomless_state_speaks_against_all(key: str) -> None:
    assert meant(deep(900, key)) == set(STREAMS)


def test_endless_bookmarks_take_bounded_memory_and_speak_against_all() -> None:
    bookmarks = Bookmarks()
    for number in range(3_000):
        bookmarks.take({"bookmarks": {"people": {f"at{number}": 1}}})
    assert len(bookmarks._kept) <= 1_001
    assert set(bookmarks.signs_against(STREAMS)) == set(STREAMS)


NAMES = st.sampled_from(
    ["people", "bookmarks", "singer_state", "currently_syncing", "partitions", "xmin", "-", ""]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(NAMES, part, max_size=3),
    max_leaves=12,
)


@given(state=JSON)
def test_any_state_can_be_read(state: object) -> None:
    bookmarks = Bookmarks()
    bookmarks.take(state)
    for words in bookmarks.signs_against(STREAMS).values():
        assert words.isprintable()


@pytest.mark.parametrize(
    ("bookmarks", "stream"),
    [
        ({"customers": {"log_pos": 154}, "customers_orders": {}}, "customers_orders"),
        ({"shop-customer": {"log_pos": 154}, "customer": {}}, "customer"),
        ({"customers": {"log_pos": 154}, "shop-customers_orders": {}}, "customers_orders"),
    ],
)
def test_a_bookmark_near_a_stream_that_has_one_of_its_own_may_mean_any(
    bookmarks: dict[str, t.Any], stream: str
) -> None:
    found = Bookmarks()
    found.take({"bookmarks": bookmarks})
    assert set(found.signs_against(["people", stream])) == {"people", stream}


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": {"context": {"log_pos": 5}}},
        {"bookmarks": {"version": {"log_pos": 5}}},
        {"bookmarks": {"people": {"version": {"lsn": 5}}}},
        {"bookmarks": {"people": {"context": {"log_pos": 5}}}},
    ],
)
def test_a_place_to_go_on_from_counts_under_any_key(state: object) -> None:
    assert "people" in meant(state)
