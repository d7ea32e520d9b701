"""Owns how STATEs are read: whether one says up to where a stream was read, and of which stream. Pure.

A tap that keeps a place to go on from sends changes alone. The keys of a STATE are the tap's own ids of its
streams (`shop-people`), and a mapper in between may have renamed the streams. So a bookmark that can't be
attributed speaks against every stream that it may mean. STATEs come in any shape: nothing here raises.
"""

from __future__ import annotations

import functools
import itertools
import re
import typing as t

from target_activecampaign.config.names import shown_name

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_Path: t.TypeAlias = "tuple[str, ...]"

# Keys whose value taps write of a stream that they read in full.
_OF_FULL_TABLES = frozenset({"initial_full_table_complete", "version"})
_PARTITIONS, _CONTEXT = "partitions", "context"  # the SDK's parts of a stream, and of which each is
# Keys that taps fill while they read a stream in full, and empty at its end.
_OF_HALF_READ_TABLES = frozenset(
    {
        "last_evaluated_key",
        "last_id_fetched",
        "last_id_fetched_type",
        "last_pk_fetched",
        "max_id_type",
        "max_id_value",
        "max_pk_value",
        "max_pk_values",
        "ORA_ROWSCN",
        "progress_markers",
        "xmin",
    }
)
_COMPLETE = "initial_full_table_complete"
_METHOD = "last_replication_method"
_FULL_TABLE = "FULL_TABLE"
_WRAPPERS = ("bookmarks", "singer_state")
_CURRENT = "currently_syncing"
_SEPARATORS = re.compile(r"[-_.:/]+")
_DEEPEST = 20  # objects in each other; a deeper one is a sign by itself
_MOST_SIGNS = 1_000  # of different bookmarks; more speak against all streams
_WHOLE: _Path = ()
_ENDS_WITH, _EXACT = 2, 3  # how near a key is to a name, above 1


class _Sign(t.NamedTuple):
    """Something in a STATE that a tap does not write of a stream that it reads in full and has read.

    Attributes:
        path: Keys that lead to it; one may be the id of its stream.
        is_passing: Whether it says no more than that a table is still being read.
    """

    path: _Path
    is_passing: bool = False


class Bookmarks:
    """Signs in the STATEs of a run that the tap reads streams incrementally."""

    def __init__(self) -> None:
        self._kept: set[_Path] = set()
        self._last: set[_Path] = set()
        self._entries: set[str] = set()  # keys of entries, empty ones included
        self._half_read: dict[_Path, frozenset[str]] = {}  # to the streams that had records before it

    def take(self, value: object, begun: Collection[str] = ()) -> None:
        """Note the value of a STATE.

        A table that is half read is one that the tap goes on with where an earlier run stopped, unless
        records came before; after records the last STATE alone counts.

        Args:
            value: Of any form.
            begun: Streams of which records came before it.
        """
        self._last.clear()
        self._entries.update(itertools.islice(_entries_in(value), _MOST_SIGNS - len(self._entries)))
        for path, is_passing in _signs_in(value):
            if not is_passing:
                self._kept.add(_bounded(path, self._kept))
                continue
            self._last.add(_bounded(path, self._last))
            if path[-1] in _OF_HALF_READ_TABLES and path not in self._half_read:
                self._half_read.setdefault(_bounded(path, self._half_read), frozenset(begun))

    def signs_against(self, streams: Collection[str]) -> dict[str, str]:
        """Return the streams that a sign may mean, each with words for one of its signs.

        Args:
            streams: All of the input, as the tap calls them.
        """
        found: dict[str, str] = {}
        meant = _Attribution(streams, self._entries).meant
        for path in sorted(self._kept):
            for stream in meant(path):
                found.setdefault(stream, f"its STATE has the bookmark {_shown(path)}")
        for path, begun in self._half_read.items():
            for stream in meant(path):
                if stream not in begun:
                    found.setdefault(stream, f"its STATE goes on in the middle of {_shown(path)}")
        for path in sorted(self._last):
            for stream in meant(path):
                found.setdefault(stream, f"its STATE ends in the middle of {_shown(path)}")
        return found


class _Attribution:
    """Knows which streams of an input the key of a bookmark may mean."""

    def __init__(self, streams: Collection[str], entries: Collection[str]) -> None:
        self._streams = streams
        # With more entries than are kept nobody knows which of them a stream has of its own.
        is_known = len(entries) < _MOST_SIGNS
        self._nearest = {
            stream: max((_nearness(stream, key) for key in entries), default=0) if is_known else _EXACT
            for stream in streams
        }

    def meant(self, path: _Path) -> Collection[str]:
        """Return the streams that a bookmark may mean: those with a name in its path, else those near one.

        A stream is not near a key where another entry of the STATEs is nearer to it: that one is its own.
        """
        exact = [stream for stream in self._streams if stream in path]
        # The last key of several is what is kept, such as `log_pos`.
        ids = path[:-1] or path
        return exact or [stream for stream in self._streams if self._is_near(stream, ids)] or self._streams

    def _is_near(self, stream: str, ids: _Path) -> bool:
        nearness = max((_nearness(stream, key) for key in ids), default=0)
        return nearness > 0 and nearness >= self._nearest[stream]


def _bounded(path: _Path, known: Collection[_Path]) -> _Path:
    return path if len(known) < _MOST_SIGNS or path in known else _WHOLE


def _signs_in(state: object, depth: int = 0) -> Iterator[_Sign]:
    """Yield the signs in the value of a STATE, or in an object that holds bookmarks."""
    if not isinstance(state, dict) or depth == _DEEPEST:
        if not _is_empty(state):
            yield _Sign(_WHOLE)
        return
    for key, value in state.items():
        if key in _WRAPPERS:
            yield from _signs_in(value, depth + 1)
        elif key == _CURRENT:
            yield from _signs_of_current(value)
        else:
            yield from _signs_of_entry((key,), value)


def _signs_of_current(value: object) -> Iterator[_Sign]:
    if not _is_empty(value):
        yield _Sign((value,) if isinstance(value, str) else (_CURRENT,), is_passing=True)


def _signs_of_entry(path: _Path, value: object) -> Iterator[_Sign]:
    """Yield the signs in an entry of a STATE.

    Args:
        path: Keys that lead to it.
        value: What stands there.
    """
    if _is_incomplete(path, value):
        yield _Sign(path, is_passing=True)
        return
    key = path[-1]
    if _is_empty(value) or _is_of_full_table(path, value):
        return
    if key in _OF_HALF_READ_TABLES:
        yield _Sign(path, is_passing=True)
    elif isinstance(value, dict) and len(path) < _DEEPEST:
        for inner, part in value.items():
            yield from _signs_of_entry((*path, inner), part)
    elif isinstance(value, list):
        for part in value:
            yield from _signs_of_part(path, part)
    else:
        yield _Sign(path)


def _is_of_full_table(path: _Path, value: object) -> bool:
    """Tell whether taps write an entry of a stream that they read in full; any name may be a stream's id."""
    if len(path) == 1:
        return False
    if path[-1] == _CONTEXT:
        return path[-2] == _PARTITIONS
    is_known = path[-1] in _OF_FULL_TABLES and not isinstance(value, (dict, list))
    return is_known or (path[-1] == _METHOD and value == _FULL_TABLE)


def _signs_of_part(path: _Path, part: object) -> Iterator[_Sign]:
    """Yield the signs in one item of an array, as the SDK keeps the bookmarks of parts of a stream."""
    if isinstance(part, dict) and len(path) < _DEEPEST:
        for inner, value in part.items():
            yield from _signs_of_entry((*path, inner), value)
    elif not _is_empty(part):
        yield _Sign(path)


def _is_incomplete(path: _Path, value: object) -> bool:
    """Tell whether a tap says of a stream that it has not read all of its table."""
    # Of one key alone nobody can tell whether it is a stream's id.
    is_said = len(path) > 1 and path[-1] == _COMPLETE and not isinstance(value, (dict, list))
    return is_said and value not in (None, True)


def _is_empty(value: object) -> bool:
    """Tell whether a value says nothing of a place to go on from."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or isinstance(value, bool) or value in ({}, [])


def _shown(path: _Path) -> str:
    """Return keys for a message. One with an address is not shown; nor is any value."""
    names = (f"(a name of {len(key)} characters)" if "@" in key else shown_name(key) for key in path)
    return repr(".".join(names)) if path else "of an odd form"


def _entries_in(state: object, depth: int = 0) -> Iterator[str]:
    """Yield the keys of the entries of a STATE, whatever they hold."""
    if not isinstance(state, dict) or depth == _DEEPEST:
        return
    for key, value in state.items():
        if key in _WRAPPERS:
            yield from _entries_in(value, depth + 1)
        elif key != _CURRENT:
            yield key


def _nearness(stream: str, key: str) -> int:
    """Tell how near a key is to a stream's name; 0 where neither is the other's end or beginning.

    A key that ends with the name is nearer (`shop-people`) than another one; the letter case does not count.
    """
    if stream == key:
        return _EXACT
    own, other = _parts(stream), _parts(key)
    if other[-len(own) :] == own:
        return _ENDS_WITH
    shorter, longer = sorted((own, other), key=len)
    return int(shorter in (longer[: len(shorter)], longer[-len(shorter) :]))


@functools.lru_cache(maxsize=4096)
def _parts(name: str) -> list[str]:
    return _SEPARATORS.split(name.casefold())
