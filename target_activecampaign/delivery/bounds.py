"""The bounds of a delivery: how much of it is in memory at once."""

from __future__ import annotations

import typing as t


class Bounds(t.NamedTuple):
    """What makes the reader wait, or work leave in parts. docs/design/memory.md has what they amount to.

    Attributes:
        buffered_contacts: Contacts in the input buffer.
        buffered_seconds: How long a contact waits there.
        buffered_state_bytes: Of the STATEs in the input buffer.
        classified_at_once: Contacts; meanwhile the workers wait for the lock.
        ready_batches: Batches that can be sent.
        waiting_contacts: Contacts that are blocked or deferred.
        to_check: Contacts that wait for their check.
        to_retry: Contacts that go out again; with more, no end of an import is asked for.
        kept_bytes: Bytes of input lines, kept for the rejects file until their outcome.
        minutes_in_flight: Of batches in flight, as many as the service takes meanwhile.
        unpacked_bytes: Of batches in flight; with more, the contacts of further open imports are packed.
        in_flight_bytes: Of batches in flight, packed or not; with more, no further one is sent, and no end is
            asked for that would be read back.
    """

    buffered_contacts: int = 2_500
    buffered_seconds: float = 1.0
    buffered_state_bytes: int = 4 * 1024**2
    classified_at_once: int = 250
    ready_batches: int = 8
    waiting_contacts: int = 20_000
    to_check: int = 1_000
    to_retry: int = 10_000
    kept_bytes: int = 64 * 1024**2
    minutes_in_flight: int = 12
    unpacked_bytes: int = 20 * 1024**2
    in_flight_bytes: int = 44 * 1024**2
