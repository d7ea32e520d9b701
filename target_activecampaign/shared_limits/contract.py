"""Owns what runs share of the account's contract: how many contacts each may still bring. Pure.

A run brings no contact that it was not granted before, and gives back what it does not want any more. What a
lost run was granted stays spoken for until its imports have surely ended and the account counts them.
"""

from __future__ import annotations

import msgspec

FIGURE_LAG_SECONDS = 300.0
"""So long may the account's own figure lag behind (assumed)."""


class Reading(msgspec.Struct):
    """The contract, as a run read it from the account.

    Attributes:
        limit: Contacts that it covers.
        total: Contacts that the account has.
        began_at: The server's time when the reading began: it counts what had ended then.
    """

    limit: int
    total: int
    began_at: float


class Claim(msgspec.Struct):
    """What a run tells of its contacts.

    Attributes:
        claimed: Those on their way that may be new, and those that ended and are in no reading yet.
        held: What it was granted and keeps, those included.
        wanted: How many more it would send now.
        named: How many its imports named as new, since it began.
        least_total: Contacts that the account had when it began, and those.
        settles_within: Seconds in which its imports end at the latest.
        reading: Its newest reading of the contract.
    """

    claimed: int
    held: int
    wanted: int
    named: int
    least_total: int
    settles_within: float
    reading: Reading


class Grant(msgspec.Struct):
    """What a run learns.

    Attributes:
        granted: How many contacts it may bring, with those that it claimed.
        others_claimed: Claimed by other runs, but for those that are gone: nobody waits for them.
        others_granted: Granted to other runs, likewise.
    """

    granted: int
    others_claimed: int
    others_granted: int


class Part(msgspec.Struct):
    """What one run was granted.

    Attributes:
        claimed: As of its last word.
        granted: All of it.
        wanted: As of its last word.
        named: Likewise.
        ends_at: When it is over for a run that is gone.
        is_gone: Whether its run ended, or is lost.
    """

    claimed: int = 0
    granted: int = 0
    wanted: int = 0
    named: int = 0
    ends_at: float = 0.0
    is_gone: bool = False


class SharedContract(msgspec.Struct):
    """The contract and its parts.

    Attributes:
        reading: The one that began last.
        least_total: Contacts that the account has for sure, whatever it says itself.
        parts: By the names of runs, also of those that are gone.
    """

    reading: Reading
    least_total: int
    parts: dict[str, Part] = {}

    def grant(self, run: str, claim: Claim, now: float) -> Grant:
        """Take a run's claim, and grant it of what is left."""
        self.drop_what_is_over(now)
        if not self.parts:
            self.reading, self.least_total = claim.reading, claim.least_total
        # A run that the server has forgotten named some before.
        part = self.parts.setdefault(run, Part(named=claim.named))
        if claim.reading.began_at > self.reading.began_at:
            self.reading = claim.reading
        self.least_total = max(self.least_total + claim.named - part.named, claim.least_total)
        part.is_gone = False
        part.claimed, part.wanted, part.named = claim.claimed, claim.wanted, claim.named
        part.ends_at = now + claim.settles_within + FIGURE_LAG_SECONDS
        others = [other for name, other in self.parts.items() if name != run]
        wanting = 1 + sum(other.wanted > 0 for other in others)
        left = self.reading.limit - max(self.reading.total, self.least_total)
        left -= sum(other.granted for other in others) + claim.claimed
        # Of little each that wants some gets a part, so that none waits for one that takes all.
        share = claim.wanted if left >= wanting * claim.wanted else -(-left // wanting)
        part.granted = max(claim.held, claim.claimed + max(0, min(claim.wanted, share)))
        present = [other for other in others if not other.is_gone]
        return Grant(
            part.granted,
            sum(other.claimed for other in present),
            sum(other.granted for other in present),
        )

    def leave(self, run: str, claim: Claim, now: float) -> None:
        """Keep what a run that ends has claimed, until the account surely counts it."""
        self.grant(run, claim, now)
        part = self.parts[run]
        part.granted, part.wanted, part.is_gone = claim.claimed, 0, True
        if not claim.claimed:
            part.ends_at = now + FIGURE_LAG_SECONDS if claim.named else now

    def lose(self, run: str) -> None:
        """Note that a run is lost: it wants nothing any more, and may still bring what it was granted."""
        if run in self.parts:
            self.parts[run].wanted, self.parts[run].is_gone = 0, True

    def drop_what_is_over(self, now: float) -> None:
        """Forget the parts of runs that are gone, when what they sent is surely counted."""
        self.parts = {name: part for name, part in self.parts.items() if part.ends_at > now}
