"""A collection is read whole and ends, whatever its pages look like."""

from __future__ import annotations

import pytest

from target_activecampaign.api.paging import Page, read_pages
from target_activecampaign.errors import ServiceError


class Collection:
    """Gives pages of numbers, and counts how often it is asked."""

    def __init__(
        self, size: int, cap: int = 100, total: int | None = None, *, ignores_offset: bool = False
    ) -> None:
        self.size, self.cap, self.total, self.ignores_offset = size, cap, total, ignores_offset
        self.requests = 0

    def page(self, offset: int) -> Page[int]:
        self.requests += 1
        start = 0 if self.ignores_offset else offset
        numbers = range(start, min(self.size, start + self.cap))
        return Page([(str(number), number) for number in numbers], self.total)

    def read(self) -> list[int]:
        return list(read_pages("lists", self.page))


@pytest.mark.parametrize("cap", [100, 50, 20, 7, 1000])
@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200])
@pytest.mark.parametrize("total", ["right", None, 0, 1, 30])
def test_every_item_comes_once_whatever_the_page_size_and_the_total(
    size: int, cap: int, total: str | int | None
) -> None:
    told = size if total == "right" else total
    assert isinstance(told, int) or told is None
    assert Collection(size, cap, told).read() == list(range(size))


def test_a_usual_collection_takes_one_request() -> None:
    lists = Collection(3, total=3)
    assert (lists.read(), lists.requests) == ([0, 1, 2], 1)


def test_an_offset_that_is_ignored_ends_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    lists = Collection(200, total=200, ignores_offset=True)
    assert (lists.read(), lists.requests) == (list(range(100)), 2)
    assert "GET lists: ActiveCampaign says that there are 200, and shows 100" in caplog.text


def test_a_collection_without_end_is_given_up() -> None:
    lists = Collection(10**9, cap=1)
    with pytest.raises(ServiceError, match="GET lists: did not end after 5000 pages"):
        lists.read()
