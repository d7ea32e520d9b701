"""Delivery: when is a record done?

Owns every contact from its mapping to its verdict, in one object of ours; what becomes of each is decided in
`verdicts`. The reader's thread brings contacts and STATEs in, and waits only where too much is under way;
couriers ask what to do next and bring answers. All of them share one lock, which nobody holds while a request
is in the air. Knows no HTTP.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import threading
import typing as t
from collections import deque

from target_activecampaign.acknowledgement import Acknowledgement
from target_activecampaign.answers import Accepted, ImportStatus
from target_activecampaign.batching import MOST_BYTES_OF_A_CONTACT, Batch, PendingContact, split_batch
from target_activecampaign.contact import Contact, Origin, Reason, Rejection
from target_activecampaign.couriers import Couriers
from target_activecampaign.errors import ServiceError, TargetError, UnconfirmedImportError
from target_activecampaign.following import Followed, OpenImport
from target_activecampaign.intake import Intake
from target_activecampaign.keyed_hash import KeyedHash
from target_activecampaign.outbox import Outbox
from target_activecampaign.verdicts import Verdicts
from target_activecampaign.verification import Lookup, plan_verification

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from target_activecampaign.allowance import AccountRoom, Contract
    from target_activecampaign.answers import Refused
    from target_activecampaign.bookkeeping import Bookkeeping
    from target_activecampaign.client import Client
    from target_activecampaign.pacing import Clock, Pacer
    from target_activecampaign.report import Report
    from target_activecampaign.settings import Settings
    from target_activecampaign.state_output import StateOutput
    from target_activecampaign.verification import Verification

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 3.0
"""After so long without a new contact of its stream, a batch that is not full leaves all the same."""

_TRICKLE_SILENCES = 10  # with nothing else to send, what takes longer than that to fill leaves, too
_MOST_DECIDED_AT_ONCE = 250  # contacts; meanwhile couriers wait
_MOST_READY_BATCHES = 8
_MOST_WAITING_CONTACTS = 20_000
_MOST_LOOKUPS = 1_000
_MOST_KEPT_BYTES = 64 * 1024**2  # of input lines, kept for the rejects file until their verdict
_MOST_OPEN_IMPORTS = 200  # what the service takes in two minutes; their contacts take 40 MB
_MOST_ATTEMPTS = 3  # imports of one batch that came to no end
_LONGEST_NAP_SECONDS = 0.5


class Delivery:
    """Takes contacts and STATEs in the order of the input and brings each contact to its verdict."""

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        settings: Settings,
        pacer: Pacer,
        report: Report,
        state_output: StateOutput,
        reject: Callable[[Origin, Rejection], None],
        check_interruption: Callable[[], None],
    ) -> None:
        """Prepare; couriers start with the first contact.

        Args:
            settings: Of the run.
            pacer: The account's limits, and the clock.
            report: Where figures are counted.
            state_output: Where settled STATEs go.
            reject: Writes a rejected record down.
            check_interruption: Raises, in the reader's thread, if the run was asked to stop.
        """
        self._settings = settings
        self._pacer = pacer
        self.clock: Clock = pacer.clock
        self._report = report
        self._state_output = state_output
        self._room: AccountRoom | None = None
        self._check_interruption = check_interruption
        self._fingerprint: Callable[[bytes], bytes] = KeyedHash.random()
        self._outbox = Outbox(settings.batch_size_rows, self._fingerprint_of)
        self._bookkeeping: Bookkeeping | None = None
        # Whoever empties the intake holds this, also while asking the ledger; the other lock comes after it.
        self._intake_lock = threading.Lock()
        self._intake = Intake()
        self._acknowledgement = Acknowledgement()
        self._verdicts = Verdicts(
            outbox=self._outbox,
            acknowledgement=self._acknowledgement,
            report=report,
            reject=reject,
            profile_limit=settings.profile_limit,
        )
        self._followed = Followed(settings.requests_per_second / 2)
        self._most_open = min(_MOST_OPEN_IMPORTS, max(10, 2 * settings.imports_per_minute))
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._to_read_back = threading.Condition(lock)
        self._couriers: Couriers | None = None
        self._couriers_started = False
        self._verifications: deque[Verification] = deque()
        self._verifying = 0
        self._looking_up = 0
        self._concluding = 0
        self._in_the_air = 0
        self._last_put: dict[str, float] = {}
        self._last_closed = self.clock.now()
        self._reader_waits = False
        self._input_ended = False
        self._stops_submitting = False
        self._stopped = False
        self._failure: BaseException | None = None

    def connect(
        self,
        client: Client,
        room: AccountRoom | None,
        bookkeeping: Bookkeeping | None = None,
    ) -> None:
        """Learn where contacts go, before the first one.

        Args:
            client: The account.
            room: The room in the account's contract, `None` where it is not guarded.
            bookkeeping: The ledger, `None` without one.
        """
        self._room = room
        if bookkeeping is not None:
            self._bookkeeping = bookkeeping
            self._fingerprint = bookkeeping.fingerprint
        self._couriers = Couriers(
            self,
            client,
            requests_per_second=self._settings.requests_per_second,
            imports_per_minute=self._settings.imports_per_minute,
        )

    @property
    def first_contact(self) -> Contact | None:
        """The first contact that was to be sent, if any."""
        return self._verdicts.first_contact

    # The reader's side

    def add(self, contacts: Sequence[Contact], origins: Sequence[Origin]) -> None:
        """Take contacts. Waits where too much is under way.

        Args:
            contacts: In the order of the input.
            origins: Where the record of each stood there.

        Raises:
            TargetError: What stopped the delivery.
        """
        if self._failure is not None:
            raise self._failure
        if not self._couriers_started:
            self._start_couriers()
        fingerprints = [self._fingerprint(contact.body) for contact in contacts]
        some = list(map(PendingContact, contacts, origins, fingerprints))
        if any(len(contact.body) > MOST_BYTES_OF_A_CONTACT for contact in contacts):
            some = self._set_aside_too_large(some)
        with self._intake_lock:
            self._intake.add_contacts(some, self.clock)
        if self._intake.is_full:
            self._empty_intake()
            with self._changed:
                self._wait_for_room()

    def _set_aside_too_large(self, some: Iterable[PendingContact]) -> list[PendingContact]:
        """Those that an import can take."""
        detail = "larger than a whole request of ActiveCampaign's importer may be"
        kept = []
        for pending in some:
            if len(pending.contact.body) > MOST_BYTES_OF_A_CONTACT:
                self.set_aside(Rejection(Reason.TOO_LARGE, detail), pending.origin)
            else:
                kept.append(pending)
        return kept

    def set_aside(self, rejection: Rejection, origin: Origin) -> None:
        """Take a record that can't become a contact.

        Raises:
            TargetError: What stopped the delivery, or if the rejects file can't be written.
        """
        with self._changed:
            self._raise_failure()
            self._verdicts.reject(rejection, origin)

    def pass_on(self, state: t.Any) -> None:  # noqa: ANN401 - whatever the tap chose
        """Take a STATE; it leaves when everything before it is settled.

        Raises:
            TargetError: What stopped the delivery.
        """
        with self._intake_lock:
            if not self._intake.is_empty:
                self._intake.add_state(state)
                return
        with self._changed:
            self._raise_failure()
            self._acknowledgement.add_state(state)
            self._write_state()

    def take_off(self, email: str, list_id: int, stream: str, member_since: int) -> None:
        """Unsubscribe somebody whom no record brings any more. Waits where too much is under way.

        Args:
            email: The identity.
            list_id: Where from.
            stream: Which brought them.
            member_since: When our first import of them was sent, in seconds since 1970.

        Raises:
            TargetError: What stopped the delivery.
        """
        contact = Contact.taking_off(email, list_id, exclude_automations=self._settings.exclude_automations)
        with self._changed:
            self._wait_for_room()
            self._last_put[stream] = self.clock.now()
            pending = PendingContact(
                contact,
                Origin(stream, 0),
                self._fingerprint(contact.body),
                is_known=True,
                member_since=member_since,
            )
            pending.segment = self._acknowledgement.owe()
            self._outbox.put(pending)
            self._tell_who_waits()
        self._start_couriers()

    def settle(self) -> None:
        """Bring everything to its verdict: the input has ended.

        Raises:
            TargetError: What stopped the delivery.
        """
        self._empty_intake()
        with self._changed:
            self._input_ended = True
            self._verdicts.end_gathering()
            self._outbox.close_windows()
            self._tell_who_waits()
            while not self._outbox.is_empty:
                self._check_interruption()
                self._raise_failure()
                self._nap()
            self._raise_failure()
            self._write_state(at_once=True)

    def finish(self) -> None:
        """Bring everything to its end.

        Raises:
            TargetError: What stopped the delivery.
        """
        self.settle()
        self._end()

    def abandon(self, grace_seconds: float) -> None:
        """Submit nothing more, give what is open some time to end, and write the settled STATE.

        Never raises for what ActiveCampaign does: something else ends the run already.

        Args:
            grace_seconds: How long open imports may take.
        """
        deadline = self.clock.now() + grace_seconds
        self._pacer.stop_imports()
        try:
            with contextlib.suppress(TargetError):
                self._empty_intake()
            with self._changed:
                self._stops_submitting = True
                self._tell_who_waits()
                self._write_state(at_once=True)
                while self._is_under_way() and self.clock.now() < deadline:
                    self._nap(max(0.01, deadline - self.clock.now()))
                self._write_state(at_once=True)
        finally:
            self._end()

    def _is_under_way(self) -> bool:
        """Whether something that was sent may still get its verdict."""
        return bool(self._in_the_air) or (self._failure is None and self._unconfirmed_imports > 0)

    @property
    def _unconfirmed_imports(self) -> int:
        return len(self._followed) + len(self._verifications) + self._verifying + self._concluding

    def _start_couriers(self) -> None:
        if self._couriers is not None and not self._couriers_started:
            self._couriers_started = True
            self._couriers.start()

    def _end(self) -> None:
        with self._changed:
            self._stopped = True
            self._tell_who_waits()
        self._pacer.stop()
        if self._couriers is not None and self._couriers_started:
            self._couriers.join()
        self._verdicts.close()

    def _fingerprint_of(self, body: bytes) -> bytes:
        return self._fingerprint(body)

    def _empty_intake(self) -> None:
        """Compare what was read with what is known, and decide in order what becomes of each contact."""
        with self._intake_lock:
            contacts = self._intake.contacts
            books = {} if self._bookkeeping is None else self._bookkeeping.compare(contacts)
            with self._changed:
                self._raise_failure()
                streams = {pending.origin.stream for pending in contacts}
                self._last_put.update(dict.fromkeys(streams, self.clock.now()))
                self._verdicts.kept_bytes += self._intake.kept_bytes
            items = iter(self._intake.empty())
            try:
                while some := list(itertools.islice(items, _MOST_DECIDED_AT_ONCE)):
                    with self._changed:
                        self._raise_failure()
                        self._verdicts.decide_all(some, books)
                        self._write_state()
                        if not self._outbox.is_empty:
                            # Else couriers would be woken for nothing throughout a run without changes.
                            self._tell_who_waits()
            except BaseException as error:
                # Nobody owes what was not decided over: no STATE may follow it.
                self.take_failure(error)
                raise

    def _wait_for_room(self) -> None:
        """Back-pressure: what is under way stays bounded however slow the importer is."""
        self._raise_failure()
        while self._is_too_much_under_way():
            self._reader_waits = True
            if not self._outbox.can_take:
                self._close_filling()
            self._nap()
            self._check_interruption()
            self._raise_failure()
        self._reader_waits = False

    def _is_too_much_under_way(self) -> bool:
        return (
            self._outbox.ready_batches >= _MOST_READY_BATCHES
            or self._outbox.waiting + self._outbox.gathering >= _MOST_WAITING_CONTACTS
            or len(self._outbox.lookups) >= _MOST_LOOKUPS
            or self._verdicts.kept_bytes >= _MOST_KEPT_BYTES
        )

    def _nap(self, seconds: float = _LONGEST_NAP_SECONDS) -> None:
        """Wait for something to change, not for long: time may make something due as well."""
        self.clock.wait_for_change(self._changed, min(seconds, _LONGEST_NAP_SECONDS))

    def _tell_who_waits(self) -> None:
        """Wake those for whom something may have changed.

        Most runs read little back. Woken every time, whoever waits to do that would find nothing, and take
        interpreter and lock from the others.
        """
        self._changed.notify_all()
        if self._has_to_read_back or self._is_over:
            self._to_read_back.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    # The submitting side

    def next_submission(self) -> Batch | t.Literal["read contract"] | None:
        """Wait for a batch to submit, or for the contract to be worth reading; `None` at the end.

        A batch is in the air from now on, until `take_outcome` or `take_no_outcome`.

        Raises:
            LedgerError: If it can't be written that the batch is in doubt from now on.
        """
        step = self._wait_for_submission()
        if self._bookkeeping is not None and isinstance(step, Batch):
            try:
                self._bookkeeping.doubt(step)
            except BaseException:
                self.take_no_outcome()
                raise
        return step

    def _wait_for_submission(self) -> Batch | t.Literal["read contract"] | None:
        while True:
            if not self._is_ending and self._intake.is_due(self.clock.now()):
                self._empty_intake()
            with self._changed:
                if self._is_ending:
                    return None
                self._close_filling_if_due()
                if (
                    self._room
                    and self._outbox.can_take
                    and self._room.wants_reading(self._settings.batch_size_rows, self.clock.now())
                ):
                    self._room.begin_reading()
                    return "read contract"
                if batch := self._take_batch():
                    return batch
                self._nap()

    @property
    def _is_ending(self) -> bool:
        """Whether nothing more is submitted, whatever there is."""
        return self._stops_submitting or self._is_over

    @property
    def _is_over(self) -> bool:
        """Whether nothing more is asked of the account at all."""
        return self._stopped or self._failure is not None

    def _close_filling_if_due(self) -> None:
        """Let batches go that are not full: at the end of the input, when their stream is silent or trickles.

        At the end, contacts that wait for an open import join them, which saves a request.
        """
        streams = self._outbox.filling
        if self._input_ended:
            goes_on = self._unconfirmed_imports or self._in_the_air or self._outbox.can_take
            waits_for_import = self._outbox.waiting and goes_on
            waits_for_lookup = self._outbox.lookups or self._looking_up
            due = [] if waits_for_import or waits_for_lookup else streams
        else:
            due = [] if self._reader_waits else self._slow(streams)
        if due:
            self._close_filling(due)

    def _close_filling(self, streams: Collection[str] | None = None) -> None:
        self._last_closed = self.clock.now()
        self._verdicts.end_gathering(streams)
        self._outbox.close_filling(streams)

    def _slow(self, streams: list[str]) -> list[str]:
        now = self.clock.now()
        if not self._outbox.can_take and now - self._last_closed >= _TRICKLE_SILENCES * SILENCE_SECONDS:
            return streams
        return [stream for stream in streams if now - self._last_put[stream] >= SILENCE_SECONDS]

    def _take_batch(self) -> Batch | None:
        if not self._outbox.can_take or self._unconfirmed_imports + self._in_the_air >= self._most_open:
            return None
        admission = _Admission(math.inf if self._room is None else self._room.left)
        batch = self._outbox.take(admission.admits)
        if batch is None:
            if self._room and self._room.is_exhausted:
                self._verdicts.hold_back_the_new()
                self._tell_who_waits()
            return None
        batch.possibly_new = admission.possibly_new
        batch.taken_at = batch.taken_at or self.clock.date()
        if self._room:
            self._room.reserve(batch)
        self._in_the_air += 1
        return batch

    def take_outcome(self, batch: Batch, outcome: Accepted | Refused) -> None:
        """Take what the importer said to a batch."""
        if isinstance(outcome, Accepted) and outcome.is_rehearsed:
            self._take_rehearsed(batch, outcome)
            return
        with self._changed:
            self._in_the_air -= 1
            if isinstance(outcome, Accepted):
                self._report.imports += 1
                self._followed.add(OpenImport(outcome.import_id, batch, self.clock.now()))
            else:
                self._take_refusal(batch, outcome)
            self._tell_who_waits()

    def _take_rehearsed(self, batch: Batch, outcome: Accepted) -> None:
        """Take a batch for delivered that a dry run did not send: who may be new is counted as new."""
        with self._changed:
            self._in_the_air -= 1
            self._report.imports += 1
            self._concluding += 1
            if self._room:
                self._room.count_as_there(batch)
        self._conclude(batch, outcome.import_id, ImportStatus("completed", batch.possibly_new), ())

    def take_no_outcome(self) -> None:
        """Take note that a batch was perhaps sent, and nobody knows what became of it."""
        with self._changed:
            self._in_the_air -= 1
            self._tell_who_waits()

    def take_failure(self, error: BaseException) -> None:
        """Take what ended a courier: the reader's thread raises it."""
        with self._changed:
            self._failure = self._failure or error
            self._tell_who_waits()

    def _take_refusal(self, batch: Batch, refusal: Refused) -> None:
        """Find the contacts for which a batch was refused: nobody is set aside on a position alone."""
        if self._room:
            self._room.release(batch)
        if len(batch) == 1:
            self._verdicts.refuse(
                batch.contacts[0], Rejection(Reason.REFUSED_BY_ACTIVECAMPAIGN, refusal.words)
            )
        else:
            logger.info("an import of %d contacts was refused whole; looking for the cause", len(batch))
            self._outbox.put_back(split_batch(batch, refusal.positions))

    def take_contract(self, contract: Contract | None) -> None:
        """Take a reading of the account's contract.

        Raises:
            ServiceError: If it can't be read any more: nothing is sent without knowing the room.
        """
        if contract is None:
            msg = (
                "account_limit_guard: ActiveCampaign does not tell the account's contract any more. Run again"
            )
            raise ServiceError(msg)
        with self._changed:
            if self._room:
                self._room.finish_reading(contract, self.clock.now())
            self._tell_who_waits()

    # The following side

    def next_import(self) -> OpenImport | None:
        """Wait for an import that is to be looked at; `None` at the end."""
        with self._changed:
            while not self._is_over:
                now = self.clock.now()
                self._write_state()
                if (due := self._followed.take_due(now)) is not None:
                    return due
                seconds = self._followed.seconds_to_next(now)
                self._nap(_LONGEST_NAP_SECONDS if seconds is None else seconds)
            return None

    def take_status(self, open_import: OpenImport, status: ImportStatus) -> None:
        """Take how far an import is.

        Raises:
            UnconfirmedImportError: If it takes too long, or was lost too often.
        """
        with self._changed:
            now = self.clock.now()
            if status.state == "open":
                self._raise_if_too_old(open_import, now)
                self._followed.look_again(open_import)
                is_concluded = False
            else:
                self._followed.end(open_import)
                is_concluded = self._take_end(open_import, status)
            self._write_state()
            self._tell_who_waits()
        if is_concluded:
            self._conclude(open_import.batch, open_import.id, status, ())

    def pause(self, seconds: float) -> None:
        """Wait; for couriers.

        Raises:
            StoppedError: If the run stops.
        """
        self._pacer.pause(seconds)

    def next_verification(self) -> Verification | Lookup | None:
        """Wait for something to be read back, or looked up before it is sent; `None` at the end."""
        with self._changed:
            while not self._is_over:
                if self._outbox.lookups and not self._stops_submitting:
                    self._looking_up += 1
                    return Lookup(self._outbox.lookups.popleft())
                if self._verifications:
                    self._verifying += 1
                    return self._verifications.popleft()
                self.clock.wait_for_change(self._to_read_back, _LONGEST_NAP_SECONDS)
            return None

    @property
    def _has_to_read_back(self) -> bool:
        """Whether `next_verification` may have something."""
        return bool(self._outbox.lookups or self._verifications)

    def take_verification(self, verification: Verification | Lookup) -> None:
        """Take what was read back, and with it the import's verdicts; or what was looked up."""
        if isinstance(verification, Lookup):
            if self._bookkeeping is not None and not verification.is_ours:
                self._bookkeeping.strike_off(verification.pending.contact)
            self._take_lookup(verification)
            return
        with self._changed:
            self._verifying -= 1
            self._concluding += 1
            self._report.read_back += verification.read_back
            self._report.still_unsubscribed += verification.still_unsubscribed
        ended = verification.open_import
        self._conclude(ended.batch, ended.id, verification.status, verification.missing)

    def _take_lookup(self, lookup: Lookup) -> None:
        """Unsubscribe who is on the list; to import anybody else would make a contact or change nothing."""
        with self._changed:
            pending = lookup.pending
            self._looking_up -= 1
            if lookup.is_ours:
                pending.is_known = True
                self._outbox.admit(pending)
            else:
                self._verdicts.leave_alone(pending)
            self._write_state()
            self._tell_who_waits()

    def _take_end(self, open_import: OpenImport, status: ImportStatus) -> bool:
        """Take that an import ended; whether its verdicts can be taken at once."""
        if self._room:
            self._room.end(open_import.batch)
        if status.state == "lost":
            self._submit_again(open_import)
            return False
        behind = len(self._verifications) + self._verifying
        verification = plan_verification(open_import, status, self._settings.verify, behind)
        if verification is not None:
            self._verifications.append(verification)
            return False
        self._concluding += 1
        return True

    def _raise_if_too_old(self, open_import: OpenImport, now: float) -> None:
        timeout = self._settings.import_timeout_seconds
        if now - open_import.submitted_at > timeout:
            msg = (
                f"import {open_import.id} did not end within {timeout} s (import_timeout), so its "
                f"{len(open_import.batch)} contacts are unconfirmed and no STATE covers them. Run again"
            )
            raise UnconfirmedImportError(msg)

    def _submit_again(self, open_import: OpenImport) -> None:
        """An import failed as a whole, or ActiveCampaign lost it: sending it twice does no harm."""
        batch = open_import.batch
        attempts = batch.attempts + 1
        if attempts >= _MOST_ATTEMPTS:
            msg = (
                f"import {open_import.id} and {attempts - 1} before it, of the same contacts, failed as a "
                f"whole. No STATE covers them. Run again later"
            )
            raise UnconfirmedImportError(msg)
        again = type(batch).of(batch.stream, batch.contacts, batch.max_contacts)
        again.attempts, again.taken_at = attempts, batch.taken_at
        self._outbox.put_back([again])

    def _conclude(
        self,
        batch: Batch,
        import_id: str,
        status: ImportStatus,
        missing: Collection[PendingContact],
    ) -> None:
        """Give the verdicts over an import: first in the ledger, then here, so that no STATE is ahead of it.

        Raises:
            LedgerError: If they can't be written down.
        """
        refused = Rejection(
            Reason.REFUSED_BY_ACTIVECAMPAIGN,
            f"named among the failures of import {import_id}",
        )
        skipped = Rejection(
            Reason.SKIPPED_BY_ACTIVECAMPAIGN,
            f"import {import_id} ended without naming it, and it is not in the account",
        )
        rejected = dict.fromkeys(missing, skipped)
        if status.failed:
            rejected.update(
                {pending: refused for pending in batch.contacts if pending.contact.email in status.failed}
            )
        if self._bookkeeping is not None:
            self._bookkeeping.write(batch, rejected, batch.taken_at)
        with self._changed:
            self._concluding -= 1
            self._verdicts.conclude(batch, status.created, rejected)
            self._write_state()
            self._tell_who_waits()

    def _write_state(self, *, at_once: bool = False) -> None:
        """Pass the newest settled STATE on."""
        if not self._acknowledgement.has_settled:
            return
        if at_once or self._state_output.is_due(self.clock.now()):
            (state,) = self._acknowledgement.take_settled() or (None,)
            try:
                self._state_output.write(state, self.clock.now())
            except BaseException as error:
                # Under the lock, before anybody finds that everything is settled and ends the run as done.
                self._failure = self._failure or error
                raise


class _Admission:
    """Admits contacts to a batch as long as there is room for those that may be new."""

    def __init__(self, room_left: float) -> None:
        self.possibly_new = 0
        self._room_left = room_left

    def admits(self, pending: PendingContact) -> bool:
        if not pending.may_be_new():
            return True
        if self.possibly_new >= self._room_left:
            return False
        self.possibly_new += 1
        return True
