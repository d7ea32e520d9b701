"""Different texts are counted exactly up to a bound, and about beyond it, in bounded memory."""

from __future__ import annotations

import pytest

from target_activecampaign.preview.distinct import DistinctCount


def test_it_is_exact_up_to_the_bound() -> None:
    count = DistinctCount(most_kept=100)
    for numbers in (range(100), range(50), ()):
        count.add(str(number) for number in numbers)
    assert (count.count, count.is_exact) == (100, True)


@pytest.mark.parametrize("different", [5_000, 60_000])
def test_beyond_it_it_is_about_right_and_keeps_no_more(different: int) -> None:
    count = DistinctCount(most_kept=4_096)
    for number in range(different):
        count.add([f"{number}@example.com", f"{number}@example.com"])
    assert not count.is_exact
    assert count.count == pytest.approx(different, rel=0.1)
    assert len(count._kept) <= 4_096


@pytest.mark.parametrize("at_once", [1, 7, 20_000])
def test_how_many_come_at_once_does_not_matter(at_once: int) -> None:
    texts = [f"{number}@example.com" for number in range(20_000)]
    one, other = DistinctCount(most_kept=100), DistinctCount(most_kept=100)
    one.add(texts)
    for begin in range(0, len(texts), at_once):
        other.add(texts[begin : begin + at_once])
    assert one.count == other.count
