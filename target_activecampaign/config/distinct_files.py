"""Owns which files of a run must be different ones: one that is written would destroy the other."""

from __future__ import annotations

import itertools
import os
import stat
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class NamedFile(t.NamedTuple):
    """A file of a run.

    Attributes:
        name: The setting or option that names it, or what it is.
        place: Its path, or a descriptor that is open on it.
    """

    name: str
    place: Path | int


def find_shared(written: Iterable[NamedFile], others: Iterable[NamedFile] = ()) -> list[str]:
    """Return a problem for each two names of one file, whatever links lead to it.

    Args:
        written: Files that the run writes or replaces.
        others: Files that are one with none of these, and may be one with each other.
    """
    written = list(written)
    pairs = (*itertools.combinations(written, 2), *itertools.product(written, others))
    return [
        f"{one.name}: is the file of {other.name}; write another"
        for one, other in pairs
        if _is_one(one, other)
    ]


def _is_one(one: NamedFile, other: NamedFile) -> bool:
    first, second = _status(one), _status(other)
    if first is None or second is None:
        return _path_of(one) == _path_of(other)
    # A device, like /dev/null or a terminal, keeps nothing that could be destroyed.
    return os.path.samestat(first, second) and not stat.S_ISCHR(first.st_mode)


def _path_of(file: NamedFile) -> str | int:
    return file.place if isinstance(file.place, int) else os.path.realpath(file.place)


def _status(file: NamedFile) -> os.stat_result | None:
    try:
        return os.stat(file.place)  # noqa: PTH116 - of a descriptor, too
    except OSError:
        return None
