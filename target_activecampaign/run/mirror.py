"""Owns which members of a list a run did not bring, and what speaks against taking them off.

Whether the tap sent all is `singer/completeness.py`'s question; who is taken off decides `removals.py`.
"""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.batched import batched
from target_activecampaign.config.names import shown_name
from target_activecampaign.delivery.removal import Removal
from target_activecampaign.errors import MirrorStoppedError
from target_activecampaign.run.readable_address import identity_of_leaver

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.run.people import People
    from target_activecampaign.singer.completeness import Completeness

    Windows: t.TypeAlias = Sequence[tuple[float, float]]

logger = logging.getLogger(__name__)

_PEOPLE_AT_ONCE = 1_000
_UNKNOWN_SOURCES = "stream_maps may make it of several streams, and no earlier run shows of which"
_SEVERAL_TABLES = "(several tables)"
"""Stands among the tap's streams of a stream that once came as several tables in a row."""
_MOST_NAMED = 10


class Leavers(t.NamedTuple):
    """Members of a stream that no stream of the list brings any more.

    Attributes:
        list_id: The list.
        stream: As stream maps call it.
        removals: What takes them off.
        reason_against: Why they are not taken off within this run; `None` where they may be.
    """

    list_id: int
    stream: str
    removals: list[Removal]
    reason_against: str | None


class Mirror:
    """Finds the members that earlier runs brought and this run did not."""

    def __init__(  # noqa: PLR0913 - its collaborators, each once
        self,
        ledger: Ledger,
        people: People,
        completeness: Completeness,
        sources_of: Callable[[str], tuple[set[str], bool]],
        *,
        check_interruption: Callable[[], None],
        writes: bool,
        now: int,
    ) -> None:
        """Start without a stream.

        Args:
            ledger: Knows the members, and keeps who is pending.
            people: Knows who came in this run.
            completeness: Knows which streams came whole.
            sources_of: The tap's streams that the settings give a stream's name, and whether others may be.
            check_interruption: Raises if the run was asked to stop.
            writes: Whether the ledger may be written (not in a dry run).
            now: When the run began, in seconds since 1970.
        """
        self._check_interruption = check_interruption
        self._ledger = ledger
        self._people = people
        self._completeness = completeness
        self._sources_of = sources_of
        self._writes = writes
        self._now = now
        self._members: dict[int, int] = {}
        self._had_members: dict[tuple[int, str], bool] = {}

    @property
    def streams(self) -> Collection[tuple[int, str]]:
        """List and name of each stream that is mirrored."""
        return self._had_members.keys()

    def open_stream(self, stream: str, list_id: int) -> None:
        """Note that a stream is exported to a list in this run: what was pending for it is no more.

        Raises:
            LedgerError: If the ledger can't be read or written.
        """
        if (list_id, stream) in self._had_members:
            return
        self._had_members[list_id, stream] = self._ledger.count_members(list_id, stream) > 0
        # Counted before this run adds to them: a new member does not make up for a removal.
        if list_id not in self._members:
            self._members[list_id] = self._ledger.count_members_on(list_id)
        if self._writes:
            self._ledger.clear_missing(list_id, stream)

    def members_of(self, list_id: int) -> int:
        """Return how many members a list had before this run."""
        return self._members[list_id]

    def refuse_incremental(self) -> None:
        """Make sure that the tap reads in full what is mirrored.

        Raises:
            MirrorStoppedError: Naming the sign that it does not.
        """
        signs = {stream: self._completeness.incremental_sign(stream) for _, stream in self.streams}
        problems = [
            f"membership: stream {shown_name(stream)!r} can't be mirrored: {sign}"
            for stream, sign in signs.items()
            if sign
        ]
        if problems:
            raise MirrorStoppedError(f"{'; '.join(problems)}. Nobody was taken off a list")

    def _reason_against(self, list_id: int, stream: str) -> str | None:
        if unknown := self._people.count_unknown(stream, list_id):
            return (
                f"of {unknown} rejected records neither the address can be read nor is the key known, so it "
                f"may be anybody's"
            )
        return self._completeness.reason_against(stream) or self._reason_of_sources(list_id, stream)

    def _reason_of_sources(self, list_id: int, stream: str) -> str | None:
        """Return why a stream may lack a stream of the tap that stream maps make part of it."""
        configured, is_open = self._sources_of(stream)
        known = self._ledger.tap_streams(list_id, stream)
        if is_open and not known and self._had_members[list_id, stream]:
            return _UNKNOWN_SOURCES
        if _SEVERAL_TABLES in known:
            return (
                "in an earlier run it came as several tables in a row, each with an ACTIVATE_VERSION, so one "
                "does not show that all of them came"
            )
        expected = known | configured if len(configured) > 1 else known
        absent = sorted(expected - self._completeness.sources(stream))
        if not absent:
            return None
        named = ", ".join(repr(shown_name(one)) for one in absent[:_MOST_NAMED])
        return f"stream_maps make it of several streams of the tap, and of these no SCHEMA came: {named}"

    def _note_sources(self, list_id: int, stream: str) -> None:
        """Keep which of the tap's streams became one: a later run is whole only with all of them."""
        configured, is_open = self._sources_of(stream)
        sources = self._completeness.sources(stream)
        if self._completeness.has_several_tables(stream):
            sources.add(_SEVERAL_TABLES)
        may_be_several = is_open or len(configured) > 1 or len(sources) > 1
        if self._writes and (may_be_several or self._ledger.tap_streams(list_id, stream)):
            self._ledger.note_tap_streams(list_id, stream, sources, self._now)

    def find_leavers(self, reason_against_all: str | None = None) -> list[Leavers]:
        """Return of each stream the members that no stream of the list brings any more.

        Where all streams of a list are proven to be whole, each loses its other members: those that another
        stream still brings, and those who were never delivered. One that may have been cut short, or has a
        record that nobody can read, may bring anybody of the list, so it speaks against the others, too.

        Args:
            reason_against_all: Why nobody is taken off within this run, whatever came; `None` without one.

        Raises:
            InterruptedRunError: If the run was asked to stop: what is pending then, a later run finds again.
            LedgerError: If the ledger can't be read or written.
            OutputError: If the temporary folder can't be read.
        """
        missing = {key: set(self._missing(*key)) for key in self.streams}
        reasons = {key: self._reason_against(*key) for key in missing}
        for key in missing:
            # A run that can't show of which streams it is made is no proof for the next one.
            if reasons[key] != _UNKNOWN_SOURCES:
                self._note_sources(*key)
        reasons |= _reasons_of_neighbours(reasons)
        found: list[Leavers] = []
        if reason_against_all is not None:
            reasons |= dict.fromkeys(reasons, reason_against_all)
        for key, some in missing.items():
            list_id, stream = key
            away = {other: missing[where, other] for where, other in missing if where == list_id}
            leavers: dict[bytes, Windows] = {}
            for part in batched(sorted(some), _PEOPLE_AT_ONCE):
                self._check_interruption()
                leavers.update(self._nobody_brings(key, part, away, loses_others=reasons[key] is None))
            removals = list(self._removals(list_id, stream, leavers))
            found.append(Leavers(list_id, stream, removals, reasons[key]))
            if self._writes:
                self._ledger.replace_missing(list_id, stream, list(leavers), self._now)
        return found

    def say_who_is_left_behind(self, list_of: Callable[[str], int | None]) -> None:
        """Warn of members of streams that did not come, and of streams that may have a new name or list.

        Args:
            list_of: The list that a stream is exported to in this run; `None` where it is not.

        Raises:
            LedgerError: If the ledger can't be read.
        """
        counts = self._ledger.member_counts()
        others = [one for one in counts if one[:2] not in self.streams]
        new = [key for key, had_members in self._had_members.items() if not had_members]
        for list_id, stream in new:
            for where, other, members in others:
                if where == list_id:
                    self._warn_of_name(list_id, stream, other, members)
                elif other == stream:
                    self._warn_of_list(list_id, stream, where, members)
        renamed = {list_id for list_id, _ in new}
        self._warn_of_absent([one for one in others if one[0] == list_of(one[1]) and one[0] not in renamed])

    def _missing(self, list_id: int, stream: str) -> Iterator[bytes]:
        """Yield the members of a stream that it did not bring."""
        for identities in self._ledger.member_identities(list_id, stream):
            self._check_interruption()
            brought = self._people.brings(stream, list_id, identities)
            yield from (identity for identity in identities if identity not in brought)

    def _nobody_brings(
        self,
        key: tuple[int, str],
        some: Sequence[bytes],
        away: Mapping[str, Collection[bytes]],
        *,
        loses_others: bool,
    ) -> dict[bytes, Windows]:
        """Return those that no other stream brings and that have a known import, with the imports."""
        list_id, stream = key
        others = {
            identity
            for identity, other in self._ledger.streams_of(list_id, some)
            if other != stream and identity not in away.get(other, ())
        }
        windows = self._ledger.windows(list_id, some)
        strangers = [one for one in some if one in others or not windows.get(one)]
        if self._writes and loses_others and strangers:
            self._ledger.remove_members(list_id, stream, strangers)
        settled = self._ledger.left_alone(list_id, some)
        return {one: windows[one] for one in set(some).difference(strangers, settled)}

    def _removals(self, list_id: int, stream: str, leavers: Mapping[bytes, Windows]) -> Iterator[Removal]:
        for member in self._ledger.members(list_id, stream, leavers):
            if (email := identity_of_leaver(member)) is not None:
                yield Removal(email, list_id, stream, leavers[member.identity])

    def _warn_of_absent(self, absent: Sequence[tuple[int, str, int]]) -> None:
        if absent:
            shown = [
                f"{shown_name(stream)!r} ({members} of list {where})" for where, stream, members in absent
            ]
            more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
            logger.warning(
                "membership: this run has no SCHEMA of streams that earlier runs brought, so their members "
                "stay on their lists: %s%s. Where one was given up: target-activecampaign ledger release",
                ", ".join(shown[:_MOST_NAMED]),
                more,
            )

    def _warn_of_name(self, list_id: int, stream: str, other: str, members: int) -> None:
        logger.warning(
            "membership: %d contacts of list %d are members by stream %r, which this run has not. If it is "
            "called %r now, take them along: target-activecampaign ledger rename OLD NEW --list %d",
            members,
            list_id,
            shown_name(other),
            shown_name(stream),
            list_id,
        )

    def _warn_of_list(self, list_id: int, stream: str, where: int, members: int) -> None:
        logger.warning(
            "membership: stream %r goes to list %d now; %d contacts that it brought to list %d stay there. "
            "To take them off: target-activecampaign ledger release STREAM --list %d, and then "
            "target-activecampaign mirror --list %d",
            shown_name(stream),
            list_id,
            members,
            where,
            where,
            where,
        )


def _reasons_of_neighbours(reasons: Mapping[tuple[int, str], str | None]) -> dict[tuple[int, str], str]:
    """Return of proven streams what speaks against another one of their list: people move between them."""
    doubted = {list_id: (stream, reason) for (list_id, stream), reason in reasons.items() if reason}
    found: dict[tuple[int, str], str] = {}
    for key, reason in reasons.items():
        if reason is None and key[0] in doubted:
            stream, why = doubted[key[0]]
            found[key] = f"stream {shown_name(stream)!r} of this list may bring them ({why})"
    return found
