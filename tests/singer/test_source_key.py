"""The bytes that stand for a record's key at its source."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.singer.source_key import compile_key_reader


def key_of(value: object, *more: object) -> bytes | None:
    names = [f"k{number}" for number in range(1 + len(more))]
    read = compile_key_reader(names)
    assert read is not None
    return read(dict(zip(names, (value, *more), strict=True)))


@pytest.mark.parametrize(
    "values",
    [
        (1, 1.0, Decimal(1), Decimal("1.0"), Decimal("1.000"), Decimal("0.1E1")),
        (100, Decimal("1E+2"), Decimal("100.0"), 100.0),
        (0, 0.0, -0.0, Decimal("0.00"), Decimal("-0"), Decimal("0E+9")),
        (1.5, Decimal("1.5"), Decimal("1.50")),
        (-7, Decimal("-7.0")),
        (12345678901234567890123, Decimal(12345678901234567890123)),
        ("2026-01-01", dt.date(2026, 1, 1)),
        ("2026-01-01T00:00:00", dt.datetime(2026, 1, 1)),  # noqa: DTZ001 - as a file has it
    ],
)
def test_values_that_are_the_same_are_one_key(values: tuple[object, ...]) -> None:
    assert key_of(values[0]) is not None
    assert len({key_of(value) for value in values}) == 1


def test_values_that_are_not_the_same_are_several_keys() -> None:
    values = [
        1,
        "1",
        True,
        "true",
        1.5,
        "1.5",
        15,
        -1,
        10,
        "a",
        "A",
        "a ",
        "s",
        False,
        0,
        Decimal("1E+999999"),
    ]
    assert len({key_of(value) for value in values}) == len(values)


@pytest.mark.parametrize(
    "value", [None, "", "  ", [], [1], {}, {"a": 1}, float("nan"), Decimal("Infinity"), Decimal("sNaN")]
)
def test_a_key_without_a_value_is_none(value: object) -> None:
    assert key_of(value) is None
    assert key_of(1, value) is None
    assert key_of(value, 1) is None


def test_a_stream_without_key_properties_has_no_keys() -> None:
    assert compile_key_reader([]) is None


def test_a_record_that_lacks_a_part_of_the_key_has_none() -> None:
    read = compile_key_reader(["id", "shop"])
    assert read is not None
    assert read({"id": 1}) is None


@given(
    st.lists(st.text(min_size=1), min_size=2, max_size=2),
    st.lists(st.text(min_size=1), min_size=2, max_size=2),
)
def test_parts_of_a_key_do_not_run_together(one: list[str], other: list[str]) -> None:
    first, second = key_of(*one), key_of(*other)
    assert first is None or (first == second) is (one == other)


def test_the_order_in_which_a_schema_names_the_key_does_not_matter() -> None:
    record = {"a": 1, "b": 2}
    one, other = compile_key_reader(["a", "b"]), compile_key_reader(["b", "a", "a"])
    assert one is not None
    assert other is not None
    assert one(record) == other(record) is not None


def test_the_same_value_of_another_property_or_stream_is_another_key() -> None:
    record = {"a": 1, "b": 1}
    readers = [
        compile_key_reader(["a"]),
        compile_key_reader(["b"]),
        compile_key_reader(["a"], stream="pets"),
        compile_key_reader(["a"], stream="people"),
    ]
    assert len({read(record) for read in readers if read is not None}) == 4


@given(st.text() | st.integers() | st.floats() | st.decimals() | st.booleans() | st.binary())
def test_any_value_can_be_read(value: object) -> None:
    key = key_of(value)
    assert key is None or key.startswith(b'[null,["k0"]]')


def test_half_of_a_surrogate_pair_and_endless_numbers_are_no_faults() -> None:
    assert key_of("\ud800") is not None
    assert key_of(10**5000) is None
    assert key_of(Decimal("1" * 500)) is None
