"""Room: how many contacts this run may bring, of the contract that runs share. Threads may share it.

Between the delivery, which knows its contacts, and the thread that talks to the server.
"""

from __future__ import annotations

import threading
import typing as t

from target_activecampaign.shared_limits.contract import Claim, Grant, Reading

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.clock import Clock

_BATCHES_AHEAD = 4
_WANTED_SECONDS = 2.0  # after it was asked for, nothing more is wanted


class ContractFigures(t.NamedTuple):
    """The contract, as the account tells it."""

    limit: int
    total: int


class Room:
    """What this run may bring."""

    def __init__(self, clock: Clock, batch_size: int, settles_within: float, began_at: float) -> None:
        """Start with none.

        Args:
            clock: The source of time.
            began_at: When the first reading of the contract began.
            batch_size: Contacts of an import.
            settles_within: Seconds in which an import ends at the latest.
        """
        self.on_change: Callable[[], None] = lambda: None
        """Has the server asked."""
        self._clock = clock
        self._ahead = _BATCHES_AHEAD * batch_size
        self._least = 2 * batch_size
        self._settles_within = settles_within
        self._lock = threading.Lock()
        self._figures: ContractFigures | None = None
        self._began_at = self._begins_at = began_at
        self._claimed = self._named = self._least_total = 0
        self._granted = 0
        self._others_claimed = self._others_granted = 0
        self._is_short = False
        self._asked_at = -_WANTED_SECONDS
        self._revision = 0
        self._answered_revision = -1

    def begin_reading(self) -> None:
        """Note that the contract is being read from now on."""
        with self._lock:
            self._begins_at = self._clock.now()

    def note_reading(self, figures: ContractFigures) -> None:
        """Take what was read."""
        with self._lock:
            self._figures, self._began_at = figures, self._begins_at
            self._revision += 1
        self.on_change()

    def note(self, claimed: int, named: int, least_total: int) -> None:
        """Take how the contract is used.

        Args:
            claimed: Contacts that may be new and are in no reading.
            named: Those that imports named as new.
            least_total: Contacts that the account has for sure.
        """
        told = claimed, named, least_total
        with self._lock:
            if told != (self._claimed, self._named, self._least_total):
                # What is claimed no longer is counted elsewhere, so the grant is used up by it.
                self._granted -= max(0, self._claimed - claimed)
                self._claimed, self._named, self._least_total = told
                self._revision += 1

    def left(self) -> int:
        """Return how many more contacts may be sent; asks for more where that is not many."""
        with self._lock:
            self._asked_at = self._clock.now()
            left = max(0, self._granted - self._claimed)
        if left < self._least:
            self.on_change()
        return left

    @property
    def is_settled(self) -> bool:
        """Whether less is left than was asked for, and no run has contacts on their way that may leave more.

        Where nothing is left here, no other run may bring any either: each gives back what it does not need.
        """
        with self._lock:
            is_known = self._answered_revision == self._revision and self._is_short
            others = self._others_claimed if self._granted > self._claimed else self._others_granted
            return is_known and not others

    # The server's side

    def make_claim(self, theirs: Callable[[float], float], *, is_last: bool) -> tuple[Claim, int] | None:
        """Return what the server is told, with the number of its revision; `None` without a contract.

        Args:
            theirs: Returns a moment of our clock by the server's, not too late.
            is_last: Whether the run ends.
        """
        with self._lock:
            if self._figures is None:
                return None
            is_wanting = not is_last and self._clock.now() - self._asked_at < _WANTED_SECONDS
            wanted = self._ahead if is_wanting else 0
            # What is not wanted any more is given back here, before the server knows.
            self._granted = min(self._granted, self._claimed + wanted)
            reading = Reading(*self._figures, theirs(self._began_at))
            held = max(self._granted, self._claimed)
            claim = Claim(
                claimed=self._claimed,
                held=held,
                wanted=wanted,
                named=self._named,
                least_total=self._least_total,
                settles_within=self._settles_within,
                reading=reading,
            )
            return claim, self._revision

    def take_grant(self, grant: Grant, claim: Claim, revision: int) -> None:
        """Take what the server grants.

        Args:
            grant: Its answer.
            claim: To what.
            revision: Of the claim.
        """
        with self._lock:
            # What came to be counted since is in the grant and no longer in what is claimed.
            self._granted = grant.granted - max(0, claim.claimed - self._claimed)
            self._is_short = grant.granted - claim.claimed < claim.wanted
            self._others_claimed, self._others_granted = grant.others_claimed, grant.others_granted
            self._answered_revision = revision
