"""What becomes of each contact: merged, sent, unchanged, held back, delivered, refused.

Owns the decision over what was read and the verdict over what was sent, with their figures. Nothing here
waits, and nothing is locked: the delivery holds its lock. Knows no imports, limits of pace or network.
"""

from __future__ import annotations

import logging
import typing as t
from collections import Counter

from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.change_detection import NOTHING_KNOWN
from target_activecampaign.delivery.input_buffer import State
from target_activecampaign.delivery.sent_contacts import UNCONFIRMED, SentContacts

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from target_activecampaign.contacts.contact import Contact, Origin, Rejection
    from target_activecampaign.delivery.batch import Batch
    from target_activecampaign.delivery.change_detection import KnownContacts
    from target_activecampaign.delivery.send_queue import SendQueue
    from target_activecampaign.delivery.state_tracker import StateTracker
    from target_activecampaign.reporting.report import Report

logger = logging.getLogger(__name__)

_CONTRACT = "account_limit_guard"
_PROFILES = "profile_limit"


class Outcomes:
    """Decides over contacts that were read, and takes the verdicts over those that were sent.

    Attributes:
        first_contact: The first one that was to be sent, if any.
        kept_bytes: Bytes of input that are kept of records without a verdict.
    """

    def __init__(
        self,
        *,
        send_queue: SendQueue,
        state_tracker: StateTracker,
        report: Report,
        reject: Callable[[Origin, Rejection], None],
        profile_limit: int,
    ) -> None:
        """Prepare.

        Args:
            send_queue: Holds the contacts without a verdict.
            state_tracker: Learns what each segment of the input owes.
            report: Where figures are counted.
            reject: Writes a rejected record down.
            profile_limit: As the setting of this name.
        """
        self._send_queue = send_queue
        self._state_tracker = state_tracker
        self._report = report
        self._write_rejected = reject
        self._profile_limit = profile_limit
        self._memory = SentContacts()
        self.first_contact: Contact | None = None
        self.kept_bytes = 0

    def close(self) -> None:
        """Let go of what is remembered on disk."""
        self._memory.close()

    # Of what was read

    def classify_all(
        self, items: Sequence[PendingContact | State], books: Mapping[str, KnownContacts]
    ) -> None:
        """Decide in order what becomes of what was read.

        Args:
            items: In the order of the input.
            books: Stream to what the ledger knows of its contacts.
        """
        contacts = [item for item in items if isinstance(item, PendingContact)]
        sent = self._memory.find(pending.contact.email for pending in contacts)
        unchanged: list[Origin] = []
        new: dict[str, PendingContact] = {}  # by identity, those that can be put on their way together
        records = 0  # that are not counted yet
        due = self._send_queue.records_to_due
        for item in items:
            if isinstance(item, State):
                self._put_new(new, books, sent)
                self._state_tracker.add_state(item.value)
                continue
            records += 1
            email = item.contact.email
            own = books.get(item.origin.stream, NOTHING_KNOWN)
            is_new = email not in sent and email not in new and not self._send_queue.has(email)
            if is_new and own.unchanged.get(email) == item.fingerprint:
                unchanged.append(item.origin)
            elif is_new and not item.contact.unsubscribes and records < due:
                new[email] = item
            else:
                self._put_new(new, books, sent)
                self._count_records(records)
                self._classify(item, own, sent)
                records, due = 0, self._send_queue.records_to_due
        self._put_new(new, books, sent)
        self._count_records(records)
        self._count_unchanged(unchanged)

    def _count_records(self, count: int) -> None:
        """Count records of the input, and let go on what has gathered long enough by now."""
        if self._send_queue.count_records(count):
            self._place_all(self._send_queue.take_gathered())

    def _classify(self, pending: PendingContact, books: KnownContacts, sent: dict[str, bytes]) -> None:
        """Send a contact that the ledger does not know to be unchanged, or say why not.

        Args:
            pending: The contact of a record.
            books: What the ledger knows of its stream.
            sent: Those that this run has sent, with what is confirmed; one more, where it is sent for the
                first time.
        """
        email = pending.contact.email
        confirmed = sent.get(email)
        if self._send_queue.has(email):
            self._put(pending)
        elif confirmed is not None:
            if confirmed == pending.fingerprint:
                self._count_unchanged([pending.origin])
            else:
                pending.is_known = bool(confirmed)
                self._put(pending, was_sent=True)
        elif pending.contact.unsubscribes:
            sent[email] = UNCONFIRMED
            pending.is_known = email in books.known
            self._put(pending)
        else:
            self._put_new({email: pending}, {pending.origin.stream: books}, sent)

    def _put_new(
        self, new: dict[str, PendingContact], books: Mapping[str, KnownContacts], sent: dict[str, bytes]
    ) -> None:
        """Send contacts that subscribe, of identities that this run has not sent, or hold them back.

        Args:
            new: By identity, in the order of the input; empty afterwards.
            books: As in `classify_all`.
            sent: As in `_classify`.
        """
        some = self._hold_back_above_limit(list(new.values()))
        new.clear()
        if not some:
            return
        self._memory.count(len(some))
        sent.update(dict.fromkeys([pending.contact.email for pending in some], UNCONFIRMED))
        self.first_contact = self.first_contact or some[0].contact
        segment = self._state_tracker.add_pending(len(some))
        for pending in some:
            pending.segment = segment
            pending.is_known = pending.contact.email in books.get(pending.origin.stream, NOTHING_KNOWN).known
        self._send_queue.put_new(some)

    def _hold_back_above_limit(self, some: list[PendingContact]) -> list[PendingContact]:
        """Contacts of identities that were not sent so far, as many as are not too much."""
        room = max(0, self._profile_limit - len(self._memory)) if self._report.limit is None else 0
        if len(some) > room:
            if self._report.limit is None:
                self._reach(_PROFILES)
            self._state_tracker.block()
            self._count_held_back(some[room:])
        return some[:room]

    def _reach(self, limit: str) -> None:
        self._report.limit = limit
        logger.warning("%s: the limit is reached; further new contacts are held back", limit)

    def _count_held_back(self, some: Iterable[PendingContact]) -> None:
        for pending in some:
            self.kept_bytes -= pending.origin.kept_bytes
            self._report.streams[pending.origin.stream].held_back += 1

    def hold_back_the_new(self) -> None:
        """The contract has no room left: what may be new and is not being sent stays here."""
        if self._report.limit is None:
            self._reach(_CONTRACT)
        gone = list(self._send_queue.withdraw(PendingContact.may_be_new))
        for email in {pending.contact.email for pending in gone}:
            self._memory.count_out(email)
        self._count_held_back(gone)

    def _count_unchanged(self, origins: Collection[Origin]) -> None:
        for stream, count in Counter([origin.stream for origin in origins]).items():
            self._report.streams[stream].unchanged += count
        self.kept_bytes -= sum(origin.kept_bytes for origin in origins if origin.source)

    def _put(self, pending: PendingContact, *, was_sent: bool = False) -> None:
        self.first_contact = self.first_contact or pending.contact
        superseded = self._send_queue.put(pending, was_sent=was_sent)
        if superseded is None:
            pending.segment = self._state_tracker.add_pending()
        else:
            self._count_superseded(superseded)

    def _count_superseded(self, superseded: Origin) -> None:
        self.kept_bytes -= superseded.kept_bytes
        self._report.streams[superseded.stream].superseded += 1

    def _place_all(self, gathered: Iterable[PendingContact]) -> None:
        """Let contacts go on whose identity has gathered records long enough."""
        for pending in gathered:
            if self._send_queue.is_first(pending) and self._is_unchanged(pending):
                self._settle_unchanged(pending)
            elif (superseded := self._send_queue.place(pending)) is not None:
                self._count_superseded(superseded)
                self._state_tracker.settle(pending.segment)

    def end_gathering(self, streams: Collection[str] | None = None) -> None:
        """Let contacts go on that gather records, of some streams or of all."""
        self._place_all(self._send_queue.take_gathering(streams))

    # Of what was sent

    def record_import(self, batch: Batch, created: int, rejected: Mapping[PendingContact, Rejection]) -> None:
        """Take the verdicts over an import.

        Args:
            batch: What it was made of.
            created: How many of its contacts ActiveCampaign names as new.
            rejected: Those that were refused or skipped; the others were delivered.
        """
        could_be_new = batch.possibly_new - sum(pending.may_be_new() for pending in rejected)
        self._report.streams[batch.stream].created += min(created, could_be_new)
        self._report.names_more_than_new |= created > could_be_new
        self._confirm(batch.stream, [pending for pending in batch.contacts if pending not in rejected])
        for pending in [pending for pending in batch.contacts if pending in rejected]:
            self.refuse(pending, rejected[pending])

    def _confirm(self, stream: str, delivered: Collection[PendingContact]) -> None:
        """Write down who was delivered and let go what waited for them."""
        figures = self._report.streams[stream]
        figures.unsubscribed += sum(pending.contact.unsubscribes for pending in delivered)
        figures.delivered += sum(pending.is_record for pending in delivered)
        self._memory.confirm({pending.contact.email: pending.fingerprint for pending in delivered})
        self._let_go(delivered, is_known=True)

    def refuse(self, pending: PendingContact, rejection: Rejection) -> None:
        """Write down that a contact was not delivered and let go what waited for it."""
        self._memory.forget(pending.contact.email)
        if pending.is_record:
            self.reject(rejection, pending.origin)
        else:
            self._report.streams[pending.origin.stream].left_alone += 1
        self._let_go([pending], is_known=False)

    def leave_alone(self, pending: PendingContact) -> None:
        """Take note that somebody who was to be taken off a list is not on it."""
        self._report.streams[pending.origin.stream].left_alone += 1
        self._memory.leave_alone(pending.contact.email)
        self._settle_unchanged(pending)

    def _settle_unchanged(self, pending: PendingContact) -> None:
        self._count_settled_unchanged(pending)
        self._let_go([pending], is_known=pending.is_known)

    def _count_settled_unchanged(self, pending: PendingContact) -> None:
        self._report.streams[pending.origin.stream].unchanged += pending.is_record

    def _let_go(self, some: Collection[PendingContact], *, is_known: bool) -> None:
        """Let contacts go that have their verdict, and all that waited for them and changes nothing.

        Args:
            some: Of different identities.
            is_known: Whether the account has all of them for sure.
        """
        self.kept_bytes -= sum([p.origin.kept_bytes for p in some if p.origin.source])
        for segment, contacts in Counter([pending.segment for pending in some]).items():
            self._state_tracker.settle(segment, contacts)
        for waited in self._send_queue.settle_all(some, is_known=is_known):
            self._go_on_with(waited)

    def _go_on_with(self, waited: PendingContact) -> None:
        """Let a contact be sent that waited for a verdict, or go too where it changes nothing."""
        following: PendingContact | None = waited
        while following is not None and self._is_unchanged(following):
            self._count_settled_unchanged(following)
            self.kept_bytes -= following.origin.kept_bytes
            self._state_tracker.settle(following.segment)
            following = self._send_queue.settle(following, is_known=following.is_known)
        if following is not None:
            self._send_queue.release(following)

    def _is_unchanged(self, pending: PendingContact) -> bool:
        """Whether all of this is what this run confirmed last of its identity."""
        email = pending.contact.email
        return self._memory.find([email]).get(email) == self._send_queue.fingerprint_of(pending)

    def reject(self, rejection: Rejection, origin: Origin) -> None:
        """Count a record that was rejected, and write it down.

        Raises:
            OutputError: If the rejects file can't be written.
        """
        self._report.streams[origin.stream].rejected[rejection.reason] += 1
        self._write_rejected(origin, rejection)
