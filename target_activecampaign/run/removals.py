"""Owns who is taken off a list: leavers, deletions and people who said no, with one brake for all.

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
from target_activecampaign.ledger.causes import UNFINISHED
from target_activecampaign.run.readable_address import identity_of_leaver

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_activecampaign.delivery.delivery import Delivery
    from target_activecampaign.ledger.causes import Cause
    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.ledger.removals import PendingRemoval
    from target_activecampaign.reporting.report import Report
    from target_activecampaign.run.brake import Brake
    from target_activecampaign.run.mirror import Mirror
    from target_activecampaign.run.opt_out_removals import OptOutRemovals
    from target_activecampaign.run.people import People

logger = logging.getLogger(__name__)


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
        opt_outs: OptOutRemovals | None,
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
            opt_outs: Finds people who said no; `None` where nobody can.
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
        self._opt_outs = opt_outs
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
        if causes and also_earlier:
            causes += UNFINISHED
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
        """Take people off, those who said no besides, where the brake lets all of them go.

        Raises:
            MirrorStoppedError: If it does not.
            TargetError: What stopped the delivery.
        """
        said_no = self._find_said_no(leavers, deletions)
        self._check_brake(leavers, deletions, said_no)
        # Somebody may leave by two streams, or be deleted besides. A no takes no proof, so it goes first.
        removals: dict[tuple[int, str], Removal] = {}
        for removal in itertools.chain(*said_no.values(), *deletions.values(), *leavers.values()):
            removals.setdefault((removal.list_id, removal.email), removal)
        asked_for = filter(_is_asked_for, removals.values())
        self._delivery.expect_removals(Counter(removal.list_id for removal in asked_for))
        for removal in removals.values():
            self._delivery.remove(removal)
        self._delivery.settle()
        self._confirm()
        if self._opt_outs is not None:
            self._opt_outs.end(said_no, deletions)

    def _find_said_no(
        self, leavers: Mapping[tuple[int, str], Sequence[Removal]], deletions: Mapping[int, Sequence[Removal]]
    ) -> dict[int, list[Removal]]:
        """Return who said no and may be on a list, by list."""
        if self._opt_outs is None:
            return {}
        others: defaultdict[int, set[str]] = defaultdict(set)
        for removal in itertools.chain(*leavers.values(), *deletions.values()):
            others[removal.list_id].add(removal.email)
        return {list_id: self._opt_outs.find(list_id, others[list_id]) for list_id in self._list_ids}

    def _confirm(self) -> None:
        """Count who is seen to be off the list, and say who is not."""
        left = self._delivery.confirm_removals()
        if left:
            logger.warning(
                "of the people who were to be taken off a list by imports that ended, still subscribed: %d, "
                "of a membership that can't be read: %d. They are left alone (still_subscribed, "
                "membership_unreadable), and the next run tries again",
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
                    "on_delete: people that stream %r says are gone, and who stay on list %d: %d. Of a "
                    "rejected record neither the address can be read nor is the key known, so it may be "
                    "anybody's. %s",
                    shown_name(stream),
                    list_id,
                    count,
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
            for removal, pending in self._certain_deletions(self._ledger, list_id):
                of_this_run = own.get(pending.identity)
                yield removal if of_this_run is None else removal._replace(origin=of_this_run.origin)

    def _certain_deletions(self, ledger: Ledger, list_id: int) -> Iterator[tuple[Removal, PendingRemoval]]:
        if self._writes or self._people is None:
            yield from self._read_pending(ledger, list_id, "deleted")
            return
        for cause in ("deleted", "unfinished"):
            for found in self._read_pending(ledger, list_id, cause):
                if self._people.is_certain(found[1]):
                    yield found

    def _say_unfinished(self, ledger: Ledger) -> None:
        """Say who is pending since a run that was stopped: its input may have said otherwise later."""
        for list_id in self._list_ids if self._takes_deletions else ():
            streams = Counter(one.stream for cause in UNFINISHED for one in ledger.pending(list_id, cause))
            for stream, people in streams.items():
                logger.warning(
                    "on_delete: %d people that stream %r says are gone stay on list %d, since the run that "
                    "read it was stopped before its end. A run with this stream that ends takes them off, or "
                    "target-activecampaign mirror --all",
                    people,
                    shown_name(stream),
                    list_id,
                )

    def _read_pending(
        self, ledger: Ledger, list_id: int, cause: Cause
    ) -> Iterator[tuple[Removal, PendingRemoval]]:
        for pending in ledger.pending(list_id, cause):
            email = identity_of_leaver(pending)
            if email is not None:
                yield Removal(email, list_id, pending.stream, pending.windows), pending

    def _check_brake(
        self,
        leavers: Mapping[tuple[int, str], Sequence[Removal]],
        deletions: Mapping[int, Sequence[Removal]],
        said_no: Mapping[int, Sequence[Removal]],
    ) -> None:
        """Make sure that not too many would go.

        Raises:
            MirrorStoppedError: With the figures of each list.
        """
        everybody: defaultdict[int, set[str]] = defaultdict(set)
        for removal in itertools.chain(*leavers.values(), *deletions.values(), *said_no.values()):
            everybody[removal.list_id].add(removal.email)
        mirrored = {list_id for (list_id, _), some in leavers.items() if some}
        emptied = {
            list_id: stream
            for (list_id, stream), some in leavers.items()
            if some and self._is_emptied(list_id, stream, len(some))
        }
        by = "deletions" if self._opt_outs is None else "deletions and field_mapping.subscription"
        problems = [
            self._brake.problem_of_words(list_id, len(everybody[list_id]), by)
            for list_id in self._list_ids
            if deletions.get(list_id) or said_no.get(list_id)
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
        """Count the deletions of this run, and who said no in it, as held back: nobody is taken off."""
        if self._opt_outs is not None:
            self._opt_outs.hold_back()
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
        self._say_unfinished(self._ledger)
        if would_wait is not None and not self._writes:
            self._report.pending_removals = would_wait
        else:
            self._report.pending_removals = sum(map(self._ledger.count_pending, self._list_ids))


def _is_asked_for(removal: Removal) -> bool:
    """Return whether the account is asked for somebody's membership: it was not, and could be ours."""
    return not removal.is_checked and (removal.windows is None or len(removal.windows) > 0)


def stopped(problems: Collection[str]) -> MirrorStoppedError:
    """Return the error that ends a run in which nobody is taken off a list."""
    return MirrorStoppedError(f"{'; '.join(problems)}. Nobody was taken off a list")
