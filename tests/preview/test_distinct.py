"""Different texts are counted exactly up to a bound, and about beyond it, in bounded memory."""

from __future__ import annotations

import pytest

from target_activecampaign.preview.distinct import DistinctCount


def test_it_is_exact_up_to_the_bound() -> None:
    count = DistinctCount(most_kept=100)
    for number in [*range(100), *range(50)]:
        count.add(str(number))
    assert (count.count, count.is_exact) == (100, True)


@pytest.mark.parametrize("different", [5_000, 60_000])
def test_beyond_it_it_is_about_right_and_keeps_no_more(different: int) -> None:
    count = DistinctCount(most_kept=4_096)
    for number in range(different):
        count.add(f"{number}@example.com")
        count.add(f"{number}@example.com")
    assert not count.is_exact
    assert count.count == pytest.approx(different, rel=0.1)
    assert len(count._kept) <= 4_096
