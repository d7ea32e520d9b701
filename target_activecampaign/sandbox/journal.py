"""What the sandbox was asked: the last requests with body and answer, and counts for each second."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_REQUESTS = 2_000
KEPT_BYTES = 4_096
"""Bytes of a body, and of an answer, that are kept of each request."""
KEPT_SECONDS = 600


class Text(NamedTuple):
    """A body as far as it is kept, and how long it was in bytes."""

    kept: str
    length: int


@dataclass(frozen=True)
class Entry:
    """A request as it was received. The key is not in it.

    Attributes:
        account: Number of the account whose key it came with, `None` for an unknown key.
        query: The query string, decoded.
        headers: The ones worth looking at, never the key.
        status: The answer's status; `None` where the connection was cut.
        faults: The lines of the faults that struck it.
    """

    id: int
    at: str
    account: int | None
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Text
    status: int | None
    answer: Text
    milliseconds: float
    faults: tuple[str, ...]


class Journal:
    """The last requests, newest last.

    Args:
        kept_bytes: Bytes of a body, and of an answer, that are kept of each.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT_REQUESTS)
        self._kept_bytes = kept_bytes
        self._last = 0

    def next_id(self) -> int:
        """Return the id for one more entry."""
        with self._lock:
            self._last += 1
            return self._last

    def add(self, entry: Entry) -> None:
        """Keep an entry, and let the oldest go when there are too many."""
        with self._lock:
            self._entries.append(entry)

    def after(self, number: int = 0, limit: int = KEPT_REQUESTS) -> list[Entry]:
        """Return the entries with an id above `number`: the newest `limit` of them, oldest first."""
        with self._lock:
            found = [entry for entry in self._entries if entry.id > number]
        return found[-limit:] if limit else []

    def get(self, number: int) -> Entry | None:
        """Return the entry of that id, `None` when it is not kept."""
        with self._lock:
            return next((entry for entry in self._entries if entry.id == number), None)

    def cut_text(self, body: bytes) -> Text:
        """Return as much of a body as is kept."""
        return Text(body[: self._kept_bytes].decode(errors="replace"), len(body))

    @property
    def last(self) -> int:
        """The id of the last request."""
        return self._last

    def clear(self) -> None:
        """Forget the entries; ids go on."""
        with self._lock:
            self._entries.clear()


class Second(NamedTuple):
    """Counts of one second of real time, in seconds since 1970."""

    second: int
    requests: int
    imports: int
    refused: int


class Series:
    """Requests, accepted imports, and requests refused by a limit, for each of the last seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: deque[Second] = deque(maxlen=KEPT_SECONDS)

    def count(self, second: int, *, is_import: bool, is_refused: bool) -> None:
        """Count one request."""
        with self._lock:
            if not self._seconds or self._seconds[-1].second < second:
                self._seconds.append(Second(second, 0, 0, 0))
            last = self._seconds[-1]
            self._seconds[-1] = Second(
                last.second, last.requests + 1, last.imports + is_import, last.refused + is_refused
            )

    def since(self, second: int) -> list[Second]:
        """Return the seconds from `second` on in which something came."""
        with self._lock:
            return [entry for entry in self._seconds if entry.second >= second]

    def clear(self) -> None:
        """Forget all counts."""
        with self._lock:
            self._seconds.clear()
