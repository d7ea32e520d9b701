"""Owns what a server is to the runs that share limits by it: it keeps one document, and tells the time."""

from __future__ import annotations

import typing as t

ANSWER_SECONDS = 5
"""After so long without an answer a server counts as lost."""


class ServerError(Exception):
    """The server did not do what was asked; the message says why, and holds nothing of its URL."""


class Kept(t.NamedTuple):
    """What a server keeps.

    Attributes:
        version: Grows with each change; 0 where there is no document.
        document: `None` where there is none.
        now: The server's time, in seconds since 1970.
        may_have_forgotten: Whether there may have been a document a short time ago.
    """

    version: int
    document: bytes | None
    now: float
    may_have_forgotten: bool = False


class Server(t.Protocol):
    """Keeps the document of one account. For use in one thread at a time."""

    def read(self) -> Kept:
        """Return the document and the time.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """

    def write(self, version: int, document: bytes) -> bool:
        """Replace the document of a version; returns whether it still was of that version.

        Raises:
            ServerError: If the server does not answer, or refuses. The document may be replaced or not.
        """

    def close(self) -> None:
        """End the connection."""
