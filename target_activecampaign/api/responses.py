"""Responses: an HTTP response as the transport returns it, and the values that are read from one.

Owns values alone. `read_responses` makes them, `status_codes` tells which responses are worth another try.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Mapping

MOST_TRIES = 8
"""Tries of one request after which the run gives up; waits for a rate limit don't count."""

MOST_TRIES_REFUSED = 5
"""The same where the key is refused: a 403 comes now and then with a good key, too (seen)."""

MOST_TRIES_TLS = 3
"""The same where TLS fails: a certificate that can't be verified seldom changes within a minute."""

SUBSCRIBED, UNSUBSCRIBED = 1, 2
"""Statuses of a membership (contacts reference)."""


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a request.

    Attributes:
        status: HTTP status.
        content: The body, decompressed.
        headers: Names in any letter case.
        endpoint: Method and path of the request, without its query.
    """

    status: int
    content: bytes
    headers: Mapping[str, str]
    endpoint: str


class TryAgainError(Exception):
    """A response, or the lack of one, after which the same request may succeed.

    The message holds the status, never the key, an address or a body.

    Attributes:
        most_tries: After how many failures of this kind to give up.
        pause_seconds: The least time to wait, where the service says it.
        limit: The rate limit that was reached: its own wait follows, and no count of tries ends it.
        is_refusal: Whether the key was refused.
    """

    def __init__(
        self,
        what: str,
        *,
        most_tries: int = MOST_TRIES,
        pause_seconds: float = 0,
        limit: t.Literal["requests", "imports"] | None = None,
        is_refusal: bool = False,
    ) -> None:
        """Keep what to do next."""
        super().__init__(what)
        self.most_tries = most_tries
        self.pause_seconds = pause_seconds
        self.limit = limit
        self.is_refusal = is_refusal


@dataclass(frozen=True, slots=True)
class Contract:
    """The account's contract (`GET /settings/account`).

    Attributes:
        subscriber_limit: Contacts that the contract covers.
        subscriber_total: Contacts that the account has now.
    """

    subscriber_limit: int
    subscriber_total: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The importer queued a batch.

    Attributes:
        import_id: Its `batchId`.
    """

    import_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The importer refused a whole batch; nothing was queued.

    Attributes:
        positions: The contacts that it names as bad, as it counts (from 0 or from 1 is not known).
        words: Its reasons, for the rejects file only: they may quote an address.
    """

    positions: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """The status of an import (`GET /import/info`).

    Attributes:
        state: `open`, `completed`, or `lost` (failed, interrupted or unknown: it may be sent again).
        created: How many contacts it names in `success`: new ones, by the reference.
        failed: Addresses that it names in `failure`, trimmed and lower-cased.
    """

    state: t.Literal["open", "completed", "lost"]
    created: int = 0
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact on a list (contacts reference).

    Attributes:
        status: `SUBSCRIBED`, `UNSUBSCRIBED` or another.
        subscribed_at: `sdate`, in seconds since 1970; `None` where there is none that can be read.
    """

    status: int
    subscribed_at: float | None
