"""Confirming: how the imports end, and whether their contacts are in the account."""

from __future__ import annotations

import logging
import typing as t
from collections import deque
from dataclasses import replace

from target_activecampaign.api.memberships import subscribed_to
from target_activecampaign.contacts.contact import Reason, Rejection
from target_activecampaign.delivery.look_ups import must_be_asked_for
from target_activecampaign.delivery.membership_check import MembershipCheck, is_checked
from target_activecampaign.delivery.monitor import LONGEST_WAIT_SECONDS, Phase
from target_activecampaign.delivery.read_back import IN_ACCOUNT, find_doubt, plan_read_back
from target_activecampaign.errors import UnconfirmedImportError
from target_activecampaign.limits import CONTACTS_PER_IMPORT
from target_activecampaign.wording import duration

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from target_activecampaign.api.responses import ImportStatus
    from target_activecampaign.config.settings import Verify
    from target_activecampaign.delivery.batch import Batch, PendingContact
    from target_activecampaign.delivery.bounds import Bounds
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom
    from target_activecampaign.delivery.import_poller import OpenImport
    from target_activecampaign.delivery.in_flight import InFlight
    from target_activecampaign.delivery.list_readings import ListReading
    from target_activecampaign.delivery.look_ups import AccountReading, LookUps
    from target_activecampaign.delivery.monitor import Monitor
    from target_activecampaign.delivery.outcomes import Outcomes
    from target_activecampaign.delivery.read_back import Missing, ReadBack
    from target_activecampaign.delivery.removal_reading import RemovalReading
    from target_activecampaign.delivery.send_queue import SendQueue
    from target_activecampaign.delivery.state_tracker import StatePassing

logger = logging.getLogger(__name__)

_SECONDS_UNKNOWN = 120.0
"""For so long after its submission an import may be unknown to the service: most end within it (assumed)."""
LookUp: t.TypeAlias = "MembershipCheck | AccountReading | ListReading | RemovalReading"

_MOST_ATTEMPTS = 3  # imports of one contact that came to no end


class Confirming:
    """The tasks of the workers that poll and of those that read. They call `next_…`, then `take_…`."""

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        monitor: Monitor,
        queue: SendQueue,
        in_flight: InFlight,
        outcomes: Outcomes,
        states: StatePassing,
        changes: ChangeDetection,
        headroom: ContractHeadroom,
        look_ups: LookUps,
        verify: Verify,
        import_timeout_seconds: int,
        bounds: Bounds,
    ) -> None:
        """Prepare.

        Args:
            monitor: The lock of all that follows.
            queue: The contacts that wait to be sent, or to be checked.
            in_flight: The batches that were sent.
            outcomes: Records what becomes of contacts.
            states: Passes on the STATEs that are done.
            changes: Is told of outcomes before they are recorded here.
            headroom: Of the account's contract.
            look_ups: Which contacts the account has.
            verify: As the setting of this name.
            import_timeout_seconds: As the setting `import_timeout`.
            bounds: How much is in memory at once.
        """
        self._monitor = monitor
        self._queue = queue
        self._in_flight = in_flight
        self._outcomes = outcomes
        self._states = states
        self._changes = changes
        self._headroom = headroom
        self._look_ups = look_ups
        self._verify = verify
        self._import_timeout_seconds = import_timeout_seconds
        self._bounds = bounds
        self.on_import_end: Callable[[str, float], None] = lambda _stream, _seconds: None
        """Is told the stream of each import that ended, and how long it took; in any thread."""
        self._said_doubts: set[str] = set()
        self._has_said_untold = False
        self._to_read: deque[RemovalReading] = deque()
        self._open_readings = 0

    def next_import(self) -> OpenImport | None:
        """Wait for an import that is to be polled; `None` at the end."""
        with self._monitor:
            while not self._monitor.has_reached(Phase.OVER):
                now = self._monitor.clock.now()
                self._states.pass_on()
                has_room = self._has_room()
                if has_room and (due := self._in_flight.next_to_poll(now)) is not None:
                    return due
                seconds = self._in_flight.seconds_to_poll(now) if has_room else None
                self._monitor.wait(LONGEST_WAIT_SECONDS if seconds is None else seconds)
            return None

    def _has_room(self) -> bool:
        """Whether the contacts of an import that ends find room, which are packed while it is open.

        Where many imports end at once, contacts wait to be read back or to go out again. Nobody waits for an
        end meanwhile: where no batch can go out before one, there is room.
        """
        if self._in_flight.is_full_of_ended:
            return False
        may_go_out = not (self._in_flight.is_full or self._monitor.has_reached(Phase.ABANDONED))
        waits = self._queue.to_retry > self._bounds.to_retry
        return not (waits and may_go_out and self._headroom.left >= CONTACTS_PER_IMPORT)

    def take_status(self, open_import: OpenImport, status: ImportStatus) -> None:
        """Take how far an import is.

        Raises:
            UnconfirmedImportError: If it takes too long, or was lost too often.
        """
        with self._monitor:
            status = self._settle_unknown(open_import, status)
            if status.state == "open":
                self._raise_if_too_old(open_import)
                self._in_flight.reschedule(open_import)
                is_recorded_now = False
            else:
                self._queue.unpack(open_import.batch)
                self._in_flight.end(open_import)
                is_recorded_now = self._take_end(open_import, status)
            self._states.pass_on()
            self._monitor.notify()
        if is_recorded_now:
            self._record(open_import, open_import.batch, status, {})

    def _settle_unknown(self, open_import: OpenImport, status: ImportStatus) -> ImportStatus:
        """Return a status that leads on, where the service does not know an import, or can't be understood.

        Both mean "not yet" for as long as imports usually take. After that an unknown import is lost, and one
        that nobody understands has ended: all of it is read back.
        """
        if status.state not in {"unknown", "unreadable"}:
            return status
        age = self._monitor.clock.now() - open_import.submitted_at
        if age <= min(_SECONDS_UNKNOWN, self._import_timeout_seconds):
            return replace(status, state="open")
        return replace(status, state="lost" if status.state == "unknown" else "completed")

    def _raise_if_too_old(self, open_import: OpenImport) -> None:
        timeout = self._import_timeout_seconds
        if self._monitor.clock.now() - open_import.submitted_at > timeout:
            raise UnconfirmedImportError(
                f"ActiveCampaign did not end an import in {duration(timeout)} (import_timeout). "
                f"If it happens again: raise import_timeout, or ask ActiveCampaign's support about "
                f"{open_import.name}"
            )

    def _take_end(self, open_import: OpenImport, status: ImportStatus) -> bool:
        """Take that an import ended; return whether its outcome can be recorded at once."""
        if status.state == "lost":
            self._headroom.lose(open_import.batch)
            self._submit_again(open_import)
            return False
        doubt = find_doubt(open_import, status)
        if open_import.id is not None:  # else it was said when it was submitted
            self._say_doubt(doubt)
        # A bare count proves that the others were there only where it covers all that may be new.
        covers_all = status.tells_created or status.created >= open_import.batch.needing_headroom
        if status.is_readable and covers_all:
            self._headroom.end(open_import.batch, status.created)
        else:
            # What it created is not known: its contacts count as new until they were looked up.
            self._headroom.lose(open_import.batch)
        behind = self._in_flight.imports_behind
        read_back = plan_read_back(open_import, status, self._verify, behind, is_in_doubt=doubt is not None)
        if read_back is None:
            return True
        self._in_flight.put_read_back(read_back)
        return False

    def _say_doubt(self, doubt: str | None) -> None:
        """Say once for each reason why all of an import is read back."""
        if doubt is not None and doubt not in self._said_doubts:
            self._said_doubts.add(doubt)
            logger.warning(
                "an import's answer does not tell what became of its contacts: %s. All contacts of an import "
                "like that are looked up in the account, and sent once more where it does not show them as "
                "they were sent",
                doubt,
            )

    def _say_untold(self) -> None:
        """Say once that the account tells too little to be read back."""
        if not self._has_said_untold:
            self._has_said_untold = True
            logger.warning(
                "verify: the account does not tell of each contact whether it is on its list. Where an "
                "import's answer is in doubt, a contact like that is rejected; else the answer counts"
            )

    def _submit_again(self, open_import: OpenImport) -> None:
        """Send the contacts of an import again that failed as a whole or was lost: twice does no harm."""
        again = open_import.batch.again()
        if again.attempts >= _MOST_ATTEMPTS:
            raise UnconfirmedImportError(
                f"{open_import.name} and {again.attempts - 1} before it, of the same contacts, failed "
                f"as a whole. No STATE covers them. Run again later"
            )
        self._in_flight.remove(open_import.batch)
        self._queue.retry([again])

    def _record(
        self,
        open_import: OpenImport,
        batch: Batch,
        status: ImportStatus,
        missing: Mapping[PendingContact, Missing],
    ) -> None:
        """Record the outcomes of an import: first in the ledger, then here, so no STATE is ahead of it.

        Args:
            open_import: The import.
            batch: Its contacts, but those that are sent again.
            status: As it ended.
            missing: Contacts that do not count as delivered, and why.

        Raises:
            LedgerError: If they can't be written down.
        """
        rejected = _find_rejected(open_import, batch, status, missing)
        self._changes.record(batch, rejected)
        self.on_import_end(batch.stream, open_import.polled_at - open_import.submitted_at)
        with self._monitor:
            self._in_flight.remove(open_import.batch)
            self._outcomes.record(batch, open_import.id, status.created, rejected)
            self._states.pass_on()
            self._monitor.notify()

    def next_reading(self) -> ReadBack | LookUp | None:
        """Wait for an import to be read back, or contacts to be looked up; `None` at the end."""
        with self._monitor:
            while not self._monitor.has_reached(Phase.OVER):
                is_abandoned = self._monitor.has_reached(Phase.ABANDONED)
                if not is_abandoned and (look_up := self._next_look_up()) is not None:
                    return look_up
                if not is_abandoned and self._to_read:
                    return self._to_read.popleft()
                if (read_back := self._in_flight.next_read_back()) is not None:
                    return read_back
                self._monitor.wait_to_read()
            return None

    def _next_look_up(self) -> LookUp | None:
        if not self._queue.to_check:
            return None
        waiting = self._queue.to_check_where(lambda pending: not must_be_asked_for(pending))
        if reading := self._look_ups.begin_reading(len(waiting), self._headroom.total):
            return reading
        leaving = self._queue.to_check_where(
            lambda pending: pending.contact.unsubscribes and not is_checked(pending)
        )
        if list_reading := self._look_ups.lists.begin(leaving):
            return list_reading
        pending = self._queue.begin_check(self._look_ups.may_ask_for)
        if pending is None:
            return None
        self._look_ups.count_asked(pending)
        if is_checked(pending):
            return MembershipCheck(pending, subscribed_to(pending.contact.list_id))
        return MembershipCheck(pending, self._look_ups.lists.take(pending))

    # Removals whose import has ended

    @property
    def has_removals_to_read(self) -> bool:
        """Whether the reading of some removals has not begun."""
        return bool(self._to_read)

    @property
    def is_reading_removals(self) -> bool:
        """Whether the reading of some removals has not ended."""
        return self._open_readings > 0

    def read_removals(self, readings: Collection[RemovalReading]) -> None:
        """Have memberships read. The caller has the lock."""
        self._to_read.extend(readings)
        self._open_readings += len(readings)

    def take_removals(self, reading: RemovalReading) -> None:
        """Take who is off the list after the removal, and who is not.

        Raises:
            LedgerError: If it can't be written down.
        """
        gone = [pending.contact.email for pending in reading.removals if pending not in reading.left]
        self._changes.confirm_removals(reading.list_id, gone)
        with self._monitor:
            self._open_readings -= 1
            self._outcomes.confirm_removals(reading)
            self._states.pass_on()
            self._monitor.notify()

    def take_list(self, reading: ListReading) -> None:
        """Take who is subscribed to a list."""
        with self._monitor:
            self._look_ups.lists.finish(reading)
            self._monitor.notify()

    def take_account(self, reading: AccountReading) -> None:
        """Take which contacts the account has."""
        with self._monitor:
            self._look_ups.finish_reading(reading)
            waiting = self._queue.to_check_where(lambda pending: not must_be_asked_for(pending))
            unanswered = set(self._look_ups.resolve(waiting))
            self._queue.admit([pending for pending in waiting if pending not in unanswered])
            self._monitor.notify()

    def take_read_back(self, read_back: ReadBack) -> None:
        """Take which contacts of an import are in the account, and record its outcomes.

        Raises:
            LedgerError: If they can't be written down.
        """
        with self._monitor:
            self._in_flight.end_read_back(read_back)
            self._outcomes.count_read_back(read_back)
            if read_back.has_untold:
                self._say_untold()
        again, rest = _split_not_taken(read_back)
        if again:
            with self._monitor:
                self._send_again(read_back, again)
        self._record(read_back.open_import, rest, read_back.status, read_back.missing)

    def _send_again(self, read_back: ReadBack, batch: Batch) -> None:
        """Send contacts a second time of which the account does not show that they were taken."""
        for pending in batch.contacts:
            pending.accepted_at = read_back.open_import.accepted_at
            # Who is in the account takes no headroom, but the headroom counts it from the first import on.
            pending.is_seen |= read_back.missing[pending] in IN_ACCOUNT
        self._queue.retry([batch.again()])

    def take_check(self, check: MembershipCheck) -> None:
        """Take whether a contact may be sent.

        Raises:
            LedgerError: If it can't be written that a contact is no member.
        """
        pending = check.pending
        if check.left_alone is not None:
            self._changes.leave_alone(pending.contact, check.left_alone)
        with self._monitor:
            if check.may_be_sent:
                pending.note_seen()
                self._queue.admit([pending])
            elif check.left_alone is not None:
                self._outcomes.leave_alone(pending, check.left_alone)
            else:
                pending.is_missing = True  # as far as anybody knows: it takes headroom
                if check.is_missing:
                    self._headroom.count_out(pending)
                self._queue.admit([pending])
            self._states.pass_on()
            self._monitor.notify()


def _split_not_taken(read_back: ReadBack) -> tuple[Batch, Batch]:
    """Return the contacts that are sent once more, and the others.

    Nobody can follow an import without a name, and it may never have been queued. So its contacts are sent a
    second time where the account shows that they were not taken: no sooner, and no third time. So are those
    of any import in doubt that the account shows neither to be taken nor not: an import twice does no harm,
    and the second one's answer may be sound.
    """
    open_import = read_back.open_import
    again = read_back.unproven | (read_back.not_taken if open_import.id is None else set())
    return open_import.batch.split(lambda pending: pending in again and not pending.attempts)


def _find_rejected(
    open_import: OpenImport,
    batch: Batch,
    status: ImportStatus,
    missing: Mapping[PendingContact, Missing],
) -> dict[PendingContact, Rejection]:
    """Return the contacts of an ended import that were not delivered, with the reason, in their order."""
    named = f"named among the failures of {open_import.name}"
    rejected: dict[PendingContact, Rejection] = {}
    for pending in batch.contacts:
        email = pending.contact.email
        if email in status.failed:
            reason = status.reasons.get(email)
            detail = f"{named}: {reason}" if reason else named
            rejected[pending] = Rejection(Reason.REFUSED_BY_ACTIVECAMPAIGN, detail)
        elif (why := missing.get(pending)) is not None:
            detail = f"{open_import.name} ended without naming it, and {why.value}"
            rejected[pending] = Rejection(Reason.SKIPPED_BY_ACTIVECAMPAIGN, detail)
    return rejected
