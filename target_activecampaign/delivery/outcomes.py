"""Outcomes: what becomes of each contact, with the figures.

Owns the decision about contacts that were read, and the outcomes of those that were sent. Nothing here waits
or locks: the delivery holds its lock. Knows no rate limits and no network.
"""

from __future__ import annotations

import logging
import typing as t
from collections import Counter

from target_activecampaign.contacts.contact import LeftAlone, Rejection
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.change_detection import NOTHING_KNOWN
from target_activecampaign.delivery.removal import TRANSIENT
from target_activecampaign.delivery.sent_contacts import UNCONFIRMED, SentContacts

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from target_activecampaign.contacts.contact import Contact, Origin
    from target_activecampaign.delivery.automations import AutomationsNotice
    from target_activecampaign.delivery.batch import Batch
    from target_activecampaign.delivery.change_detection import KnownContacts
    from target_activecampaign.delivery.read_back import ReadBack
    from target_activecampaign.delivery.removal_reading import RemovalReading
    from target_activecampaign.delivery.send_queue import SendQueue
    from target_activecampaign.delivery.state_tracker import Hold, Segment, State, StateTracker
    from target_activecampaign.reporting.outcomes_file import Outcome
    from target_activecampaign.reporting.report import Report

logger = logging.getLogger(__name__)

_CONTRACT = "account_limit_guard"
_PROFILES = "profile_limit"
_REMOVALS = "removals_stopped"  # why the record of a deletion is held back


class OutcomeTaker(t.Protocol):
    """Takes the outcome of each record, like the file of outcomes."""

    def write(
        self,
        origins: Sequence[Origin],
        outcome: Outcome,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Take the outcome of records."""


class Outcomes:
    """Classifies contacts that were read, and records the outcomes of those that were sent.

    Attributes:
        first_contact: The first one that was to be sent, if any.
        kept_bytes: Bytes of input that are kept of records without an outcome, for the rejects file.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        queue: SendQueue,
        state_tracker: StateTracker,
        hold_rejected: Hold | None,
        report: Report,
        reject: Callable[[Origin, Rejection], None],
        file: OutcomeTaker | None,
        automations: AutomationsNotice,
        profile_limit: int,
        confirms_removals: bool,
    ) -> None:
        """Prepare.

        Args:
            queue: Holds the contacts without an outcome.
            state_tracker: Learns how many contacts of each segment have none.
            hold_rejected: Keeps STATEs waiting behind a rejected record; `None` where a file keeps it.
            report: Where figures are counted.
            reject: Writes a rejected record down.
            file: Takes the outcome of each record; `None` where none is written.
            automations: Learns how many contacts are created on a list.
            profile_limit: As the setting of this name.
            confirms_removals: Whether removals wait for `confirm_removals` after their import.
        """
        self._queue = queue
        self._state_tracker = state_tracker
        self._hold_rejected = hold_rejected
        self._report = report
        self._write_rejected = reject
        self._file = file
        self._automations = automations
        self._profile_limit = report.profile_limit = profile_limit
        self._sent = SentContacts()
        self._confirms_removals = confirms_removals
        self._to_confirm: list[PendingContact] = []
        self._imports_of_removals: dict[PendingContact, str | None] = {}
        self._has_reached_profiles = False
        self.first_contact: Contact | None = None
        self.kept_bytes = 0
        self._is_closed = False

    @property
    def has_to_send(self) -> bool:
        """Whether a contact has no outcome yet."""
        return not self._queue.is_empty

    def close(self) -> None:
        """Free the disk that sent contacts take.

        What a worker learns later, out of a request that hung, changes no figure: they are reported by now.
        """
        self._is_closed = True
        self._sent.close()

    def keep(self, some: Iterable[PendingContact]) -> None:
        """Count the bytes that are kept of records until their outcome, which `_end` counts out."""
        self.kept_bytes += sum([pending.origin.kept_bytes for pending in some if pending.origin.source])

    # Contacts that were read

    def classify_all(
        self, items: Sequence[PendingContact | State], known: Mapping[str, KnownContacts]
    ) -> None:
        """Decide in order what becomes of contacts that were read.

        Args:
            items: In the order of the input.
            known: Stream to what the ledger knows of its contacts.
        """
        contacts = [item for item in items if isinstance(item, PendingContact)]
        sent = self._sent.find(pending.contact.email for pending in contacts)
        unchanged: list[Origin] = []
        new: dict[str, PendingContact] = {}  # by identity, those that can be put together
        records = 0  # that are not counted yet
        due = self._queue.records_to_due
        for item in items:
            if not isinstance(item, PendingContact):
                self._put_new(new, known, sent)
                self._state_tracker.add_state(item.value)
                continue
            records += 1
            email = item.contact.email
            own = known.get(item.origin.stream, NOTHING_KNOWN)
            is_new = email not in sent and email not in new and not self._queue.has(email)
            if is_new and own.unchanged.get(email) == item.fingerprint:
                unchanged.append(item.origin)
            elif is_new and not item.contact.unsubscribes and records < due:
                new[email] = item
            else:
                self._put_new(new, known, sent)
                self._count_records(records)
                self._classify(item, own, sent)
                records, due = 0, self._queue.records_to_due
        self._put_new(new, known, sent)
        self._count_records(records)
        self._end(unchanged, "unchanged")

    def _count_records(self, count: int) -> None:
        """Count records of the input, and place contacts that were deferred long enough by now."""
        if self._queue.count_records(count):
            self._place_all(self._queue.take_due())

    def _classify(self, pending: PendingContact, known: KnownContacts, sent: dict[str, bytes]) -> None:
        """Put a contact that the ledger does not know to be unchanged, or count it as unchanged or held back.

        Args:
            pending: The contact of a record.
            known: What the ledger knows of its stream.
            sent: Identities that this run has sent, with what is confirmed; one more, where the contact is
                sent for the first time.
        """
        email = pending.contact.email
        confirmed = sent.get(email)
        if self._queue.has(email):
            self._put(pending)
        elif confirmed is not None:
            if confirmed == pending.fingerprint:
                self._end([pending.origin], "unchanged")
            else:
                if confirmed:
                    pending.note_seen()
                self._put(pending, was_sent=True)
        elif pending.contact.unsubscribes:
            sent[email] = UNCONFIRMED
            pending.is_known = email in known.known
            self._put(pending)
        else:
            self._put_new({email: pending}, {pending.origin.stream: known}, sent)

    def _put_new(
        self, new: dict[str, PendingContact], known: Mapping[str, KnownContacts], sent: dict[str, bytes]
    ) -> None:
        """Put contacts that subscribe, of identities that this run has not sent, or hold them back.

        Args:
            new: By identity, in the order of the input; empty afterwards.
            known: As in `classify_all`.
            sent: As in `_classify`.
        """
        some = self._hold_back_above_limit(list(new.values()))
        new.clear()
        if not some:
            return
        self._sent.count(len(some))
        sent.update(dict.fromkeys([pending.contact.email for pending in some], UNCONFIRMED))
        self.first_contact = self.first_contact or some[0].contact
        segment = self._state_tracker.add_pending(len(some))
        for pending in some:
            pending.segment = segment
            pending.is_known = pending.contact.email in known.get(pending.origin.stream, NOTHING_KNOWN).known
        self._queue.put_new(some)

    def _hold_back_above_limit(self, some: list[PendingContact]) -> list[PendingContact]:
        """Hold back contacts of new identities that are over a limit.

        Returns:
            The contacts that are not.
        """
        headroom = 0 if self._has_reached_profiles else max(0, self._profile_limit - len(self._sent))
        if len(some) > headroom:
            self._has_reached_profiles = True
            self._reach(_PROFILES)
            self._state_tracker.block()
            self._end([pending.origin for pending in some[headroom:]], "held_back", _PROFILES)
        return some[:headroom]

    def _reach(self, limit: str) -> None:
        if self._report.limit is None:
            self._report.limit = limit
            logger.warning(
                "%s: the limit is reached (%s); further new contacts are held back, others are still updated",
                limit,
                self._report.describe_limits(),
            )

    def _put(self, pending: PendingContact, *, was_sent: bool = False) -> None:
        self.first_contact = self.first_contact or pending.contact
        superseded = self._queue.put(pending, was_sent=was_sent)
        if superseded is None:
            pending.segment = self._state_tracker.add_pending()
        else:
            self._end([superseded], "superseded")

    def put_removal(self, pending: PendingContact) -> None:
        """Put a contact that is to be taken off its list."""
        removal = pending.removal
        held_up = None if removal is None else removal.segment
        pending.segment = self._state_tracker.add_pending() if held_up is None else held_up
        if pending.is_record:
            self.keep([pending])
        self._queue.put(pending)

    def sent_among(self, emails: Iterable[str]) -> set[str]:
        """Return those of some identities that this run has sent."""
        return set(self._sent.find(emails))

    def hold_state(self) -> Segment:
        """Let no STATE pass the record of a deletion before it has its outcome; returns what it holds up."""
        return self._state_tracker.add_pending()

    def end_deletion(
        self, origin: Origin, outcome: _Figure | Rejection, segment: Segment | None = None
    ) -> None:
        """Count the outcome of a deletion that takes nobody off.

        Args:
            origin: Its record.
            outcome: Of the record.
            segment: What it held up, and no longer does.
        """
        if isinstance(outcome, Rejection):
            self.reject(outcome, origin)
        else:
            self._count([origin], outcome, _REMOVALS if outcome == "held_back" else None)
        if segment is not None:
            self._state_tracker.mark_done(segment)

    def _place_all(self, deferred: Iterable[PendingContact]) -> None:
        """Give deferred contacts their places, or count them as unchanged."""
        for pending in deferred:
            if self._queue.is_first(pending) and self._is_unchanged(pending):
                self._settle([pending], is_known=True, outcome="unchanged")
            elif (superseded := self._queue.place(pending)) is not None:
                self._end([superseded], "superseded")
                self._state_tracker.mark_done(pending.segment)

    def end_deferring(self, streams: Collection[str] | None = None) -> None:
        """Place the deferred contacts of some streams, or of all."""
        self._place_all(self._queue.take_deferred(streams))

    # Contacts over the contract

    def hold_back(self, missing: Sequence[PendingContact], contract: tuple[int, int] | None) -> None:
        """Hold back contacts that the account has not, and has no headroom for.

        Their segments stay pending, so no STATE passes them.

        Args:
            missing: Each first of its identity, and looked up.
            contract: Its limit, and the contacts that the account has.
        """
        self._report.contract = contract
        self._reach(_CONTRACT)
        gone = self._queue.withdraw(missing)
        for pending in missing:
            self._sent.count_out(pending.contact.email)
        self._end([pending.origin for pending in gone], "held_back", _CONTRACT)

    # Contacts that were sent

    def count_try(self) -> None:
        """Count an import that is about to be sent."""
        self._report.imports_tried += 1

    def count_import(self) -> None:
        """Count an import that ActiveCampaign accepted."""
        self._report.imports += 1

    def count_read_back(self, read_back: ReadBack) -> None:
        """Count the contacts that were read back of an import."""
        self._report.read_back += read_back.read_back
        self._report.still_unsubscribed += read_back.still_unsubscribed

    def record(
        self, batch: Batch, import_id: str | None, created: int, rejected: Mapping[PendingContact, Rejection]
    ) -> None:
        """Record the outcomes of an import.

        Args:
            batch: Its contacts, but those that are sent again.
            import_id: Its id, if the service told one.
            created: How many of them ActiveCampaign names as new.
            rejected: Those that were refused or skipped; the others were delivered.
        """
        if self._is_closed:
            return
        figures = self._report.streams[batch.stream]
        delivered = [pending for pending in batch.contacts if pending not in rejected]
        could_be_new = sum([pending.may_be_new() for pending in delivered])
        surely_new = min(created, could_be_new)
        figures.created += surely_new
        figures.people += sum([pending.is_arrival() for pending in delivered])
        if surely_new:
            self._automations.count(batch.contacts[0].contact.list_id, surely_new)
        self._report.names_more_than_new |= created > could_be_new
        self._sent.confirm({pending.contact.email: pending.fingerprint for pending in delivered})
        if self._confirms_removals:
            removals = [pending for pending in delivered if pending.removal is not None]
            self._to_confirm += removals
            self._imports_of_removals.update(dict.fromkeys(removals, import_id))
            self._let_go(removals, is_known=True)
            delivered = [pending for pending in delivered if pending.removal is None]
        figures.unsubscribed += sum([pending.contact.unsubscribes for pending in delivered])
        self._settle(delivered, is_known=True, outcome="delivered", import_id=import_id)
        for pending, rejection in rejected.items():
            self.refuse(pending, rejection, import_id)

    def refuse(self, pending: PendingContact, rejection: Rejection, import_id: str | None = None) -> None:
        """Record that a contact was not delivered, by its import or before one took it."""
        if self._is_closed:
            return
        self._sent.forget(pending.contact.email)
        if not pending.is_record:
            self._report.streams[pending.origin.stream].leave_alone(LeftAlone.REFUSED)
        self._settle([pending], is_known=False, outcome=rejection, import_id=import_id)

    def take_unconfirmed(self) -> list[PendingContact]:
        """Take the removals whose import has ended: `confirm_removals` gives them their outcome."""
        unconfirmed, self._to_confirm = self._to_confirm, []
        return unconfirmed

    def confirm_removals(self, reading: RemovalReading) -> None:
        """Record which people are off their list after their removal, and which are not."""
        gone = [pending for pending in reading.removals if pending not in reading.left]
        for stream, count in Counter([pending.origin.stream for pending in gone]).items():
            self._report.streams[stream].count("unsubscribed", count)
        for pending in gone:
            self._end_pending([pending], "delivered", import_id=self._imports_of_removals.pop(pending))
        for pending, reason in reading.left.items():
            self._report.streams[pending.origin.stream].leave_alone(reason)
            self._end_left_alone(pending, reason)

    def leave_alone(self, pending: PendingContact, reason: LeftAlone) -> None:
        """Record that a contact that was to be taken off a list is not."""
        if self._is_closed:
            return
        self._report.streams[pending.origin.stream].leave_alone(reason)
        self._sent.leave_alone(pending.contact.email)
        self._end_left_alone(pending, reason)
        self._let_go([pending], is_known=False)

    def _end_left_alone(self, pending: PendingContact, reason: LeftAlone) -> None:
        """Give a removal its outcome that was not carried out.

        Where the next run may know more, it is pending in the ledger; without one STATE waits for it.
        """
        removal = pending.removal
        if reason in TRANSIENT and removal is not None and removal.segment is not None:
            self._end([pending.origin], "held_back", reason.value)
        else:
            self._end_pending([pending], "unchanged", reason.value)

    def _settle(
        self,
        some: Sequence[PendingContact],
        *,
        is_known: bool,
        outcome: _Figure | Rejection,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Let contacts go that have their outcome, and all that they blocked and that change nothing.

        Args:
            some: Of different identities.
            is_known: Whether the account has all of them for sure.
            outcome: Of all of them.
            reason: As for the file of outcomes.
            import_id: Likewise.
        """
        self._end_pending(some, outcome, reason, import_id)
        self._let_go(some, is_known=is_known)

    def _end_pending(
        self,
        some: Sequence[PendingContact],
        outcome: _Figure | Rejection,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Count the outcome of contacts, and let the STATEs go that waited for them."""
        records = [pending for pending in some if pending.is_record]
        self._end([pending.origin for pending in records], outcome, reason, import_id)
        if isinstance(outcome, Rejection) and self._hold_rejected is not None:
            for pending in records:
                self._hold_rejected.hold(pending.segment)
        for segment, contacts in Counter([pending.segment for pending in some]).items():
            self._state_tracker.mark_done(segment, contacts)

    def _let_go(self, some: Sequence[PendingContact], *, is_known: bool) -> None:
        """Let contacts leave the queue, and go on with those that they blocked."""
        for blocked in self._queue.settle_all(some, is_known=is_known):
            self._go_on_with(blocked)

    def _go_on_with(self, blocked: PendingContact) -> None:
        """Let a contact be sent that was blocked, or count it as unchanged and go on with the next one."""
        following: PendingContact | None = blocked
        while following is not None and self._is_unchanged(following):
            self._end([following.origin], "unchanged")
            self._state_tracker.mark_done(following.segment)
            following = self._queue.settle(following, is_known=True)
        if following is not None:
            self._queue.release(following)

    def _is_unchanged(self, pending: PendingContact) -> bool:
        """Whether all of this is what this run confirmed last of its identity."""
        email = pending.contact.email
        return self._sent.find([email]).get(email) == self._queue.fingerprint_of(pending)

    # Figures

    def reject(self, rejection: Rejection, origin: Origin, import_id: str | None = None) -> None:
        """Count a rejected record, and write it down.

        Raises:
            OutputError: If it can't be written.
        """
        self._report.streams[origin.stream].rejected[rejection.reason] += 1
        self._write_rejected(origin, rejection)
        if self._file is not None:
            self._file.write([origin], "rejected", rejection.reason.value, import_id)

    def _count(
        self,
        origins: Sequence[Origin],
        outcome: _Figure,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Count records, and write their outcome down."""
        for stream, count in Counter([origin.stream for origin in origins]).items():
            self._report.streams[stream].count(outcome, count)
        if self._file is not None:
            self._file.write(origins, outcome, reason, import_id)

    def _end(
        self,
        origins: Sequence[Origin],
        outcome: _Figure | Rejection,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Take the outcome of records that became contacts, and let their lines go."""
        if isinstance(outcome, Rejection):
            for origin in origins:
                self.reject(outcome, origin, import_id)
        else:
            self._count(origins, outcome, reason, import_id)
        self.kept_bytes -= sum([origin.kept_bytes for origin in origins if origin.source])


_Figure: t.TypeAlias = t.Literal["delivered", "unchanged", "superseded", "held_back"]
