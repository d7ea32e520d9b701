"""Owns who is taken off a list: the mirror's leavers and the source's deletions, with one brake for both.

Nobody is taken off while the input is read: the last word counts, and it is known only at the end. What
can't be carried out yet is pending in the ledger. The proof that each removal takes: docs/design/proof.md.
"""

from __future__ import annotations

import itertools
import logging
import typing as t
from collections import Counter, defaultdict

from target_activecampaign.config.names import shown_name
from target_activecampaign.contacts.contact import LeftAlone
from target_activecampaign.delivery.removal import Removal
from target_activecampaign.errors import MirrorStoppedError
from target_activecampaign.run.readable_address import identity_of_leaver

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_activecampaign.delivery.delivery import Delivery
    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.ledger.removals import Cause, PendingRemoval
    from target_activecampaign.reporting.report import Report
    from target_activecampaign.run.mirror import Mirror
    from target_activecampaign.run.people import People

logger = logging.getLogger(__name__)

_EVERYBODY = 100
_FEW = 10  # people whom the brake lets go however small the list is


class Brake:
    """Stops removals of more people than `max_removal_percent` of a list allows."""

    def __init__(self, most_percent: int, count_subscribers: Callable[[int], int | None]) -> None:
        """Prepare.

        Args:
            most_percent: As the setting `max_removal_percent`.
            count_subscribers: Number of a list's subscribers as the account counts them; `None` where it
                does not say.
        """
        self._most_percent = most_percent
        self._count_subscribers = count_subscribers

    def problem_of_deletions(self, list_id: int, leaving: int) -> str | None:
        """Return why so many people can't be taken off at the source's word, if so."""
        if leaving <= _FEW or self._most_percent >= _EVERYBODY:
            return None
        subscribers = self._count_subscribers(list_id)
        if subscribers is None:
            return (
                f"max_removal_percent: {leaving} contacts would be taken off list {list_id}, and "
                f"ActiveCampaign does not say how many are on it. If that is right, set it to 100 for one run"
            )
        return self._problem(list_id, leaving, subscribers, "by deletions")

    def problem_of_leavers(
        self, list_id: int, leaving: int, members: int, empty_stream: str | None
    ) -> str | None:
        """Return why so many members can't be taken off, if so.

        Args:
            list_id: The list.
            leaving: Members that would be taken off.
            members: Members of the list before this run.
            empty_stream: A stream that brought nobody and whose members would be taken off, if any.
        """
        if not leaving or self._most_percent >= _EVERYBODY:
            return None
        if empty_stream is not None:
            return (
                f"max_removal_percent: stream {shown_name(empty_stream)!r} is empty, so {leaving} of "
                f"{members} contacts would be taken off list {list_id}. If that is right, set it to 100 for "
                f"one run"
            )
        return None if leaving <= _FEW else self._problem(list_id, leaving, members, "by the mirror")

    def _problem(self, list_id: int, leaving: int, all_of_them: int, by: str) -> str | None:
        if 100 * leaving <= self._most_percent * all_of_them:
            return None
        share = f"{100 * leaving / all_of_them:.1f} %" if all_of_them else "all"
        return (
            f"max_removal_percent: {leaving} of {all_of_them} contacts ({share}) would be taken off list "
            f"{list_id} {by}. If that is right, raise the setting for one run"
        )


class Removals:
    """Takes people off their lists at the end of a run; who can't be taken off yet stays pending."""

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        delivery: Delivery,
        report: Report,
        brake: Brake,
        list_ids: Collection[int],
        ledger: Ledger | None,
        people: People | None,
        mirror: Mirror | None,
        takes_deletions: bool,
        writes: bool,
    ) -> None:
        """Prepare.

        Args:
            delivery: Takes them off.
            report: Learns who is pending, and why nobody was taken off.
            brake: Stops too many removals.
            list_ids: The lists of this run.
            ledger: Keeps who is pending; `None` without one.
            people: Knows the deletions of this run; `None` where none is taken.
            mirror: Finds members that this run did not bring; `None` where they stay.
            takes_deletions: Whether deletions are followed; pending ones of earlier runs wait else.
            writes: Whether the ledger may be written (not in a dry run).
        """
        self._delivery = delivery
        self._report = report
        self._brake = brake
        self._list_ids = list_ids
        self._ledger = ledger
        self._people = people
        self._mirror = mirror
        self._takes_deletions = takes_deletions
        self._writes = writes

    def carry_out(self, *, is_cut_short: bool) -> MirrorStoppedError | None:
        """Take off who may be taken off, after the input was delivered.

        Args:
            is_cut_short: Whether records were held back at a limit.

        Returns:
            Why nobody was, if so.

        Raises:
            TargetError: What stopped the delivery.
        """
        try:
            leavers, waiting = self._find_leavers(is_cut_short=is_cut_short)
            waiting += self._hold_unproven()
            deletions = {list_id: list(self._deletions(list_id)) for list_id in self._list_ids}
            self._take_off(leavers, deletions)
        except MirrorStoppedError as error:
            self._hold_back()
            return self._stop(error, would_wait=0)
        self._count_pending(waiting)
        return None

    def carry_out_pending(self, *, also_earlier: bool) -> MirrorStoppedError | None:
        """Take off who is pending in the ledger, at the word of a person that the tap ended well.

        Args:
            also_earlier: Whether the word holds for runs before the ledger's last one, too: those of another
                tap may have been cut short.

        Returns:
            Why nobody was, if so.

        Raises:
            TargetError: What stopped the delivery.
        """
        ledger = self._ledger
        if ledger is None:
            raise RuntimeError("without a ledger nobody is pending")
        causes: tuple[Cause, ...] = ("deleted", "unproven") if self._takes_deletions else ()
        deletions = {
            list_id: [
                removal for cause in causes for removal, _ in self._read_pending(ledger, list_id, cause)
            ]
            for list_id in self._list_ids
        }
        try:
            self._take_off(self._pending_leavers(ledger, also_earlier=also_earlier), deletions)
        except MirrorStoppedError as error:
            return self._stop(error)
        if self._writes:
            for list_id in self._list_ids:
                # The tap has ended well, so what its last run brought is all that there is.
                ledger.forget_absent_tap_streams(list_id)
        self._count_pending()
        return None

    def _pending_leavers(self, ledger: Ledger, *, also_earlier: bool) -> dict[tuple[int, str], list[Removal]]:
        """Return by list and stream who did not come, and say who stays pending since an earlier run."""
        since = 0 if also_earlier else ledger.last_run_started_at() or 0
        leavers: defaultdict[tuple[int, str], list[Removal]] = defaultdict(list)
        earlier: Counter[str] = Counter()
        for list_id in self._list_ids:
            for removal, pending in self._read_pending(ledger, list_id, "missing"):
                if pending.noted_at >= since:
                    leavers[list_id, removal.stream].append(removal)
                else:
                    earlier[removal.stream] += 1
        for stream, people in earlier.items():
            logger.warning(
                "membership: %d people of stream %r are pending since an earlier run and stay: the last run "
                "does not show that its tap ended well. If it did: target-activecampaign mirror --all",
                people,
                shown_name(stream),
            )
        return leavers

    def _stop(self, error: MirrorStoppedError, would_wait: int | None = None) -> MirrorStoppedError:
        """Report why nobody is taken off."""
        self._report.mirror = str(error)
        self._count_pending(would_wait)
        return error

    def _take_off(
        self, leavers: Mapping[tuple[int, str], Sequence[Removal]], deletions: Mapping[int, Sequence[Removal]]
    ) -> None:
        """Take people off, where the brake lets all of them go.

        Raises:
            MirrorStoppedError: If it does not.
            TargetError: What stopped the delivery.
        """
        self._check_brake(leavers, deletions)
        taken: set[tuple[int, str]] = set()  # somebody may leave by two streams, or be deleted besides
        for removal in itertools.chain(*deletions.values(), *leavers.values()):
            if (removal.list_id, removal.email) not in taken:
                taken.add((removal.list_id, removal.email))
                self._delivery.remove(removal)
        self._delivery.settle()
        left = self._delivery.confirm_removals()
        if left:
            logger.warning(
                "%d people were to be taken off a list, and the import ended, but %d of them are still "
                "subscribed and %d memberships can't be read. They are left alone (still_subscribed, "
                "membership_unreadable), and the next run tries again",
                sum(left.values()),
                left[LeftAlone.STILL_SUBSCRIBED],
                left[LeftAlone.MEMBERSHIP_UNREADABLE],
            )

    def _find_leavers(self, *, is_cut_short: bool) -> tuple[dict[tuple[int, str], list[Removal]], int]:
        """Return the leavers of streams that came whole, and how many of other streams stay pending.

        Raises:
            MirrorStoppedError: If the tap does not read in full.
        """
        if self._mirror is None:
            return {}, 0
        self._mirror.refuse_incremental()
        limit = "a limit was reached, and the mirror needs a complete run" if is_cut_short else None
        waiting: set[tuple[int, str]] = set()  # somebody may be missing in two streams
        leavers: dict[tuple[int, str], list[Removal]] = {}
        for list_id, stream, some, reason in self._mirror.find_leavers(limit):
            if reason is None or not some:
                leavers[list_id, stream] = some
                continue
            if self._is_emptied(list_id, stream, len(some)):
                # Whatever the tap says of it: nothing tells an empty table from a tap that died at once.
                self._refuse_empty(list_id, stream, len(some))
            waiting.update((list_id, removal.email) for removal in some)
            logger.warning(
                "membership: %d contacts that stream %r did not bring are pending removals, and stay on list "
                "%d: %s. When the tap has ended well, take them off: target-activecampaign mirror",
                len(some),
                stream,
                list_id,
                reason,
            )
        return leavers, len(waiting)

    def _hold_unproven(self) -> int:
        """Hold back deletions of lists with a record that may be of anybody; return their number."""
        if self._people is None or not self._takes_deletions:
            return 0
        held = 0
        for list_id in self._list_ids:
            unproven = self._people.take_unproven_deletions(list_id)
            self._delivery.end_deletions([deletion.origin for deletion in unproven], "held_back")
            held += len(unproven)
            for stream, count in Counter(deletion.origin.stream for deletion in unproven).items():
                logger.warning(
                    "on_delete: %d people whom stream %r says are gone stay on list %d: of a rejected record "
                    "neither the address can be read nor is the key known, so it may be anybody's. %s",
                    count,
                    shown_name(stream),
                    list_id,
                    "STATE waits for them: mend that record"
                    if self._ledger is None
                    else "They are pending removals: target-activecampaign mirror takes them off",
                )
        return held

    def _refuse_empty(self, list_id: int, stream: str, leaving: int) -> None:
        """Make sure that a person allowed for an empty stream.

        Raises:
            MirrorStoppedError: If not.
        """
        members = self._members_before(list_id)
        if problem := self._brake.problem_of_leavers(list_id, leaving, members, stream):
            raise stopped([problem])

    def _deletions(self, list_id: int) -> Iterator[Removal]:
        """Yield who is gone at the source: in this run, or pending from earlier ones."""
        if not self._takes_deletions:
            return
        own = self._people.deletions(list_id) if self._people is not None else {}
        if self._ledger is None or not self._writes:
            windows = {} if self._ledger is None else self._ledger.windows(list_id, list(own))
            for identity, deletion in own.items():
                known = None if self._ledger is None else windows.get(identity, ())
                yield Removal(
                    deletion.email, list_id, deletion.origin.stream, known, deletion.origin, deletion.segment
                )
        if self._ledger is not None:
            for removal, pending in self._read_pending(self._ledger, list_id, "deleted"):
                of_this_run = own.get(pending.identity)
                yield removal if of_this_run is None else removal._replace(origin=of_this_run.origin)

    def _read_pending(
        self, ledger: Ledger, list_id: int, cause: Cause
    ) -> Iterator[tuple[Removal, PendingRemoval]]:
        for pending in ledger.pending(list_id, cause):
            email = identity_of_leaver(pending)
            if email is not None:
                yield Removal(email, list_id, pending.stream, pending.windows), pending

    def _check_brake(
        self, leavers: Mapping[tuple[int, str], Sequence[Removal]], deletions: Mapping[int, Sequence[Removal]]
    ) -> None:
        """Make sure that not too many would go.

        Raises:
            MirrorStoppedError: With the figures of each list.
        """
        everybody: defaultdict[int, set[str]] = defaultdict(set)
        for removal in itertools.chain(*leavers.values(), *deletions.values()):
            everybody[removal.list_id].add(removal.email)
        mirrored = {list_id for (list_id, _), some in leavers.items() if some}
        emptied = {
            list_id: stream
            for (list_id, stream), some in leavers.items()
            if some and self._is_emptied(list_id, stream, len(some))
        }
        problems = [
            self._brake.problem_of_deletions(list_id, len(everybody[list_id]))
            for list_id, some in deletions.items()
            if some
        ]
        problems += [
            self._brake.problem_of_leavers(
                list_id,
                len(everybody[list_id]),
                max(self._members_before(list_id), len(everybody[list_id])),
                emptied.get(list_id),
            )
            for list_id in sorted(mirrored)
        ]
        if said := [problem for problem in problems if problem]:
            raise stopped(said)

    def _is_emptied(self, list_id: int, stream: str, leaving: int) -> bool:
        if self._mirror is not None and self._people is not None:
            return self._people.is_empty(stream, list_id)
        # At a person's command: all that the stream brings would go. A released stream has no members.
        members = 0 if self._ledger is None else self._ledger.count_members(list_id, stream)
        return 0 < members <= leaving

    def _members_before(self, list_id: int) -> int:
        if self._mirror is not None:
            return self._mirror.members_of(list_id)
        return 0 if self._ledger is None else self._ledger.count_members_on(list_id)

    def _hold_back(self) -> None:
        """Count the deletions of this run as held back: nobody is taken off."""
        if self._people is None:
            return
        for list_id in self._list_ids:
            origins = [deletion.origin for deletion in self._people.deletions(list_id).values()]
            self._delivery.end_deletions(origins, "held_back")

    def _count_pending(self, would_wait: int | None = None) -> None:
        """Count who is pending after this.

        Args:
            would_wait: Who would be pending after the real run; a dry run changes no ledger.
        """
        if self._ledger is None:
            return
        if would_wait is not None and not self._writes:
            self._report.pending_removals = would_wait
        else:
            self._report.pending_removals = sum(map(self._ledger.count_pending, self._list_ids))


def stopped(problems: Collection[str]) -> MirrorStoppedError:
    """Return the error that ends a run in which nobody is taken off a list."""
    return MirrorStoppedError(f"{'; '.join(problems)}. Nobody was taken off a list")
