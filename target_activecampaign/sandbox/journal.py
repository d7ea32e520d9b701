"""Owns the record of requests: the last ones with body and response, and counts for each second."""

from __future__ import annotations

import threading
import typing as t
from collections import deque
from collections.abc import Mapping  # noqa: TC003 - `msgspec` reads the annotations of `Entry`
from dataclasses import dataclass

KEPT_REQUESTS = 2_000
KEPT_BYTES = 4_096
"""Bytes kept of each request's body, and as many of its response."""
KEPT_SECONDS = 600


class Excerpt(t.NamedTuple):
    """The start of a body, and the length of the whole in bytes."""

    kept: str
    length: int


@dataclass(frozen=True)
class Entry:
    """A request and its response, without the key.

    Attributes:
        account: Number of the key's account, `None` for an unknown key.
        query: The query string, decoded.
        headers: The headers that the page shows, never the key.
        status: The response's status; `None` where the connection was cut.
        faults: The lines of the faults that matched it.
    """

    id: int
    at: str
    account: int | None
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Excerpt
    status: int | None
    response: Excerpt
    milliseconds: float
    faults: tuple[str, ...]


class Journal:
    """The last requests, newest last.

    Args:
        kept_bytes: Bytes kept of each request's body, and as many of its response.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT_REQUESTS)
        self._kept_bytes = kept_bytes
        self._last = 0

    def next_id(self) -> int:
        """Return the id of the next entry."""
        with self._lock:
            self._last += 1
            return self._last

    def add(self, entry: Entry) -> None:
        """Add an entry; drop the oldest one above `KEPT_REQUESTS`."""
        with self._lock:
            self._entries.append(entry)

    def after(self, number: int = 0, limit: int = KEPT_REQUESTS) -> list[Entry]:
        """Return the entries with an id above `number`: the newest `limit` of them, oldest first."""
        with self._lock:
            found = [entry for entry in self._entries if entry.id > number]
        return found[-limit:] if limit else []

    def get(self, number: int) -> Entry | None:
        """Return the entry with an id, `None` when the journal does not hold it."""
        with self._lock:
            return next((entry for entry in self._entries if entry.id == number), None)

    def excerpt(self, body: bytes) -> Excerpt:
        """Return the part of a body that the journal keeps."""
        return Excerpt(body[: self._kept_bytes].decode(errors="replace"), len(body))

    @property
    def last(self) -> int:
        """The id of the last request."""
        return self._last

    def clear(self) -> None:
        """Drop all entries; ids go on."""
        with self._lock:
            self._entries.clear()


class SecondCounts(t.NamedTuple):
    """Counts of one second of real time; `second` is in seconds since 1970."""

    second: int
    requests: int
    imports: int
    refused: int


class Series:
    """Counts of requests, accepted imports, and requests refused by a limit, for each of the last seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: deque[SecondCounts] = deque(maxlen=KEPT_SECONDS)

    def count(self, second: int, *, is_import: bool, is_refused: bool) -> None:
        """Count one request."""
        with self._lock:
            if not self._seconds or self._seconds[-1].second < second:
                self._seconds.append(SecondCounts(second, 0, 0, 0))
            last = self._seconds[-1]
            self._seconds[-1] = SecondCounts(
                last.second, last.requests + 1, last.imports + is_import, last.refused + is_refused
            )

    def add(self, counts: SecondCounts) -> None:
        """Add the counts of a later second than all others."""
        with self._lock:
            self._seconds.append(counts)

    def ends(self) -> tuple[int, int] | None:
        """Return the first and the last second that has counts; `None` where none has."""
        with self._lock:
            return (self._seconds[0].second, self._seconds[-1].second) if self._seconds else None

    def since(self, second: int) -> list[SecondCounts]:
        """Return the counts from `second` on, without the seconds that had no request."""
        with self._lock:
            return [entry for entry in self._seconds if entry.second >= second]

    def clear(self) -> None:
        """Drop all counts."""
        with self._lock:
            self._seconds.clear()
