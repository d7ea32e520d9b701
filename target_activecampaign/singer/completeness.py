"""Owns whether a tap sent all of a stream: one that fails half-way looks like a normal end of input. Pure.

A stream is complete where, after its last record, the tap wrote a STATE or the stream's ACTIVATE_VERSION. A
STATE which says that the stream is still being read does not count, and one with a bookmark of it says that
the tap sends new records alone.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# What taps write in the bookmark of a stream that they read in full (those of the SDK nothing).
_OF_FULL_TABLES = frozenset(
    {
        "initial_full_table_complete",
        "last_pk_fetched",
        "last_replication_method",
        "max_pk_value",
        "max_pk_values",
        "partitions",
        "version",
    }
)


class Completeness:
    """Notes what the messages of a tap say of the end of its streams."""

    def __init__(self) -> None:
        self._is_open: dict[str, bool] = {}
        self._incremental: set[str] = set()
        self._sources: dict[str, str] = {}

    def open(self, stream: str, names: Iterable[str], schema_message: Mapping[str, t.Any]) -> None:
        """Note a SCHEMA.

        Args:
            stream: As the tap calls it.
            names: What stream maps make of it.
            schema_message: The whole message.
        """
        self._is_open[stream] = True
        self._sources.update(dict.fromkeys(names, stream))
        if schema_message.get("bookmark_properties"):
            self._incremental.add(stream)

    def take_record(self, stream: str) -> None:
        """Note a record of a stream, as the tap calls it."""
        self._is_open[stream] = True

    def take_version(self, stream: str) -> None:
        """Note that a stream is complete (ACTIVATE_VERSION)."""
        self._is_open[stream] = False

    def take_state(self, value: object) -> None:
        """Note a STATE: streams before it are complete, but those that it says are still being read."""
        for stream in self._is_open:
            bookmark = _bookmark_of(value, stream)
            if is_incremental(bookmark):
                self._incremental.add(stream)
            if not _is_being_read(value, stream, bookmark):
                self._is_open[stream] = False

    def is_incremental(self, name: str) -> bool:
        """Tell whether the tap sends new records alone, of a stream as stream maps call it."""
        return self._sources.get(name, name) in self._incremental

    def reason_against(self, name: str) -> str | None:
        """Return why a stream can't be taken for complete, or `None`.

        Args:
            name: As stream maps call it.
        """
        if self.is_incremental(name):
            return (
                "the tap reads it incrementally (its STATE has a bookmark), so who is missing is not gone. "
                "Read it in full, or set membership: add"
            )
        if self._is_open.get(self._sources.get(name, name), True):
            return (
                "no STATE or ACTIVATE_VERSION came after its last record, so the tap may have failed "
                "half-way. Look at the tap"
            )
        return None


def is_incremental(bookmark: object) -> bool:
    """Tell whether a bookmark says up to where a stream was read, so that a tap sends new records alone."""
    if not isinstance(bookmark, dict):
        return bookmark is not None
    partitions = bookmark.get("partitions")
    if isinstance(partitions, list) and any(
        is_incremental({key: value for key, value in one.items() if key != "context"})
        for one in partitions
        if isinstance(one, dict)
    ):
        return True
    return any(
        value is not None and key not in _OF_FULL_TABLES and value != {} for key, value in bookmark.items()
    )


def _bookmark_of(value: object, stream: str) -> object:
    """Return the bookmark of a stream, wherever in a STATE taps keep it; `None` without one."""
    for bookmarks in _objects_in(value):
        if stream in bookmarks:
            return bookmarks[stream]
    return None


def _objects_in(value: object) -> Iterator[dict[str, t.Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("bookmarks"), dict):
            yield value["bookmarks"]
        yield value


def _is_being_read(value: object, stream: str, bookmark: object) -> bool:
    is_current = isinstance(value, dict) and value.get("currently_syncing") == stream
    return is_current or (isinstance(bookmark, dict) and bool(bookmark.get("progress_markers")))
