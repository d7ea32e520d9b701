"""Owns the cutting of an iterable into parts, as Python 3.12 does it."""

from __future__ import annotations

import itertools
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_T = t.TypeVar("_T")


def batched(iterable: Iterable[_T], n: int) -> Iterator[tuple[_T, ...]]:
    """Cut an iterable into tuples of n items, the last one shorter: `itertools.batched`, which 3.12 brings.

    Items are taken only when their part is asked for.
    """
    iterator = iter(iterable)
    while part := tuple(itertools.islice(iterator, n)):
        yield part
