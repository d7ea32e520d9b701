"""Paging: all items of a collection, whatever the size of its pages (paging reference).

`limit` and `offset` are asked for, and neither is trusted: a service may cap its pages below the limit,
ignore the offset, or tell a `meta.total` that is missing or wrong. A collection ends with a page that brings
nothing new, or with a page that is not full and completes the total.
"""

from __future__ import annotations

import logging
import typing as t
from dataclasses import dataclass

from target_activecampaign.errors import ServiceError
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)

_MOST_PAGES = 5_000
"""Pages of one collection: more than a hundred thousand items at 20 a page, 17 minutes at 5 a second."""

_T = t.TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Page(t.Generic[_T]):
    """A part of a collection.

    Attributes:
        items: Id and value of each, in order.
        total: How many items the collection has, as it says; `None` where that can't be read.
    """

    items: list[tuple[str, _T]]
    total: int | None


def read_pages(name: str, fetch: Callable[[int], Page[_T]]) -> Iterator[_T]:
    """Yield each item of a collection once.

    Args:
        name: For messages.
        fetch: Returns the page at an offset.

    Raises:
        ServiceError: If it does not end.
    """
    seen: set[str] = set()
    offset = 0
    for _ in range(_MOST_PAGES):
        page = fetch(offset)
        new = {item_id: value for item_id, value in page.items if item_id not in seen}
        yield from new.values()
        seen.update(new)
        offset += len(page.items)
        if not new or (len(seen) == page.total and len(page.items) < PAGE_SIZE):
            _warn_if_cut(name, len(seen), page.total)
            return
    raise ServiceError(
        f"GET {name}: did not end after {_MOST_PAGES} pages. The fault is ActiveCampaign's; run again later"
    )


def _warn_if_cut(name: str, seen: int, total: int | None) -> None:
    if total is not None and seen < total:
        logger.warning(
            "GET %s: ActiveCampaign says that there are %d, and shows %d; what it does not show can't be "
            "named in the settings. Where something is missing, use an administrator's key (api_key)",
            name,
            total,
            seen,
        )
