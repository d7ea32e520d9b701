"""Parts are cut as `itertools.batched` cuts them."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from target_activecampaign.batched import batched


@pytest.mark.parametrize(
    ("count", "parts"), [(0, []), (1, [(0,)]), (4, [(0, 1), (2, 3)]), (5, [(0, 1), (2, 3), (4,)])]
)
def test_the_last_part_is_shorter_and_none_is_empty(count: int, parts: list[tuple[int, ...]]) -> None:
    assert list(batched(range(count), 2)) == parts


@pytest.mark.skipif(not hasattr(itertools, "batched"), reason="Python 3.12 brings it")
def test_parts_are_those_of_the_standard_library() -> None:
    standard: t.Any = vars(itertools)["batched"]
    for count in range(10):
        for n in range(1, 5):
            assert list(batched(range(count), n)) == list(standard(range(count), n))


def test_items_are_taken_only_when_their_part_is_asked_for() -> None:
    items = iter(range(5))
    parts = batched(items, 2)
    assert next(parts) == (0, 1)
    assert next(items) == 2
