"""The mirror: decides which members of a list a complete run takes off, and has the brake.

The removals are delivered like other contacts.
"""

from __future__ import annotations

import logging
import typing as t
from collections import defaultdict

from target_activecampaign.batched import batched
from target_activecampaign.errors import MirrorStoppedError
from target_activecampaign.storage.spilling_map import SpillingMap

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.ledger.members import Member
    from target_activecampaign.singer.completeness import Completeness

logger = logging.getLogger(__name__)

_SEEN = b"1"
_MEMBERS_AT_ONCE = 1_000
_EVERYBODY = 100


class Removal(t.NamedTuple):
    """A member that no stream brings to a list any more."""

    member: Member
    list_id: int
    stream: str


class Removals(t.NamedTuple):
    """What a complete run means for the members of its streams.

    Attributes:
        removals: Members that are to be taken off a list.
        moved: By list and stream, members that the stream brings no more and another one still does.
    """

    removals: list[Removal]
    moved: dict[tuple[int, str], list[bytes]]


class Mirror:
    """Compares the members that this run brings with those that earlier runs brought."""

    def __init__(self, ledger: Ledger, completeness: Completeness, most_percent: int) -> None:
        """Start without any member seen.

        Args:
            ledger: Knows the members.
            completeness: Knows which streams came whole.
            most_percent: As the setting `mirror_max_removal_percent`.
        """
        self._ledger = ledger
        self._completeness = completeness
        self._most_percent = most_percent
        self._seen: dict[tuple[int, str], SpillingMap] = {}
        self._empty: set[tuple[int, str]] = set()
        self._members: dict[tuple[int, str], int] = {}

    def open_stream(self, stream: str, list_id: int) -> None:
        """Note that a stream is exported to a list in this run.

        Raises:
            LedgerError: If the ledger can't be read.
        """
        key = list_id, stream
        if key not in self._seen:
            self._seen[key] = SpillingMap()
            self._empty.add(key)
            # Counted before this run adds to them: a new member does not make up for a removal.
            self._members[key] = self._ledger.count_members(list_id, stream)

    def mark_seen(self, stream: str, list_id: int, email: str) -> None:
        """Note that a record of a person came, whatever becomes of it.

        Raises:
            OutputError: If the temporary folder is full.
        """
        self._empty.discard((list_id, stream))
        self._seen[list_id, stream].put(self._ledger.identity(email), _SEEN)

    def removals(self, *, is_cut_short: bool) -> Removals:
        """Return the members to take off, over all lists of this run.

        Args:
            is_cut_short: Whether a limit was reached, so that the run did not bring all.

        Raises:
            MirrorStoppedError: If a stream did not come whole, or too many members would be taken off.
            LedgerError: If the ledger can't be read.
        """
        if is_cut_short:
            raise _stopped(["membership: a limit was reached, and the mirror needs a complete run"])
        leaving = {key: list(self._missing(*key)) for key in self._seen}
        problems = [problem for key in leaving if (problem := self._incomplete(key, leaving[key]))]
        if problems:
            raise _stopped(problems)
        removals = {key: self._seen_in_no_stream(key, leaving) for key in leaving}
        problems = [problem for key in leaving if (problem := self._too_many(key, removals[key]))]
        if problems:
            raise _stopped(problems)
        going = {key: {removal.member.identity for removal in some} for key, some in removals.items()}
        return Removals(
            [removal for some in removals.values() for removal in some],
            {
                key: [member.identity for member in some if member.identity not in going[key]]
                for key, some in leaving.items()
            },
        )

    def remove_moved(self, removals: Removals) -> None:
        """Note that a stream brings members no more that another stream still brings.

        Raises:
            LedgerError: If it can't be written.
        """
        for (list_id, stream), identities in removals.moved.items():
            self._ledger.remove_members(list_id, stream, identities)

    def close(self) -> None:
        """Free the disk that the seen members take."""
        for seen in self._seen.values():
            seen.close()

    def _missing(self, list_id: int, stream: str) -> Iterator[Member]:
        """Yield the members of a stream that this run did not bring."""
        seen = self._seen[list_id, stream]
        for members in batched(self._ledger.members(list_id, stream), _MEMBERS_AT_ONCE):
            found = seen.find([member.identity for member in members])
            yield from (member for member in members if member.identity not in found)

    def _incomplete(self, key: tuple[int, str], missing: list[Member]) -> str | None:
        _, stream = key
        sign = self._completeness.incremental_sign(stream)
        reason = sign or (self._completeness.reason_against(stream) if missing else None)
        if reason is None:
            return None
        return f"membership: stream {stream!r} can't be mirrored: {reason}"

    def _seen_in_no_stream(
        self, key: tuple[int, str], leaving: dict[tuple[int, str], list[Member]]
    ) -> list[Removal]:
        """Return the members that leave a stream and that no other stream brings to the list."""
        list_id, stream = key
        members = {member.identity: member for member in leaving[key]}
        others: defaultdict[bytes, set[str]] = defaultdict(set)
        for identity, other in self._ledger.streams_of(list_id, list(members)):
            others[identity].add(other)
        for (other_list, other), some in leaving.items():
            if other_list == list_id:
                for member in some:
                    others[member.identity].discard(other)
        return [
            Removal(member, list_id, stream) for identity, member in members.items() if not others[identity]
        ]

    def _too_many(self, key: tuple[int, str], removals: list[Removal]) -> str | None:
        list_id, stream = key
        if not removals or self._most_percent >= _EVERYBODY:
            return None
        members = self._members[key]
        share = 100 * len(removals) / members
        if key not in self._empty and share <= self._most_percent:
            return None
        what = "is empty" if key in self._empty else f"would lose {share:.1f} %"
        return (
            f"mirror_max_removal_percent: stream {stream!r} {what}: {len(removals)} of {members} contacts "
            f"would be taken off list {list_id}. If that is right, raise the setting for one run"
        )


def _stopped(problems: list[str]) -> MirrorStoppedError:
    return MirrorStoppedError(f"{'; '.join(problems)}. Nobody was taken off a list")
