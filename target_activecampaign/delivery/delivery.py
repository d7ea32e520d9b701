"""Delivery: when is a record done?

Owns every contact from its mapping to its verdict, in one object of ours; what becomes of each is decided in
`verdicts`. The reader's thread brings contacts and STATEs in, and waits only where too much is under way;
workers ask what to do next and bring answers. All of them share one lock, which nobody holds while a request
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

from target_activecampaign.api.responses import Accepted, ImportStatus
from target_activecampaign.contacts.contact import Contact, Origin, Reason, Rejection
from target_activecampaign.delivery.batch import MOST_BYTES_OF_A_CONTACT, Batch, PendingContact, split_batch
from target_activecampaign.delivery.import_poller import ImportPoller, OpenImport
from target_activecampaign.delivery.input_buffer import InputBuffer
from target_activecampaign.delivery.outcomes import Outcomes
from target_activecampaign.delivery.read_back import MembershipCheck, plan_read_back
from target_activecampaign.delivery.send_queue import SendQueue
from target_activecampaign.delivery.state_tracker import StateTracker
from target_activecampaign.delivery.workers import Workers
from target_activecampaign.errors import ServiceError, TargetError, UnconfirmedImportError
from target_activecampaign.storage.keyed_hash import KeyedHash

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from target_activecampaign.api.client import Client
    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.api.responses import Contract, Refused
    from target_activecampaign.clock import Clock
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom
    from target_activecampaign.delivery.read_back import ReadBack
    from target_activecampaign.reporting.report import Report
    from target_activecampaign.singer.state_output import StateOutput

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 3.0
"""After so long without a new contact of its stream, a batch that is not full leaves all the same."""

_TRICKLE_SILENCES = 10  # with nothing else to send, what takes longer than that to fill leaves, too
_MOST_DECIDED_AT_ONCE = 250  # contacts; meanwhile workers wait
_MOST_READY_BATCHES = 8
_MOST_WAITING_CONTACTS = 20_000
_MOST_LOOKUPS = 1_000
_MOST_KEPT_BYTES = 64 * 1024**2  # of input lines, kept for the rejects file until their verdict
_MOST_OPEN_IMPORTS = 200  # what the service takes in two minutes; their contacts take 40 MB
_MOST_ATTEMPTS = 3  # imports of one batch that came to no end
_LONGEST_WAIT_SECONDS = 0.5


class Delivery:
    """Takes contacts and STATEs in the order of the input and brings each contact to its verdict."""

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        settings: Settings,
        rate_limiter: RateLimiter,
        report: Report,
        state_output: StateOutput,
        reject: Callable[[Origin, Rejection], None],
        check_interruption: Callable[[], None],
    ) -> None:
        """Prepare; workers start with the first contact.

        Args:
            settings: Of the run.
            rate_limiter: The account's limits, and the clock.
            report: Where figures are counted.
            state_output: Where settled STATEs go.
            reject: Writes a rejected record down.
            check_interruption: Raises, in the reader's thread, if the run was asked to stop.
        """
        self._settings = settings
        self._rate_limiter = rate_limiter
        self.clock: Clock = rate_limiter.clock
        self._report = report
        self._state_output = state_output
        self._room: ContractHeadroom | None = None
        self._check_interruption = check_interruption
        self._fingerprint: Callable[[bytes], bytes] = KeyedHash.random()
        self._send_queue = SendQueue(settings.batch_size_rows, self._fingerprint_of)
        self._change_detection: ChangeDetection | None = None
        # Whoever empties the intake holds this, also while asking the ledger; the other lock comes after it.
        self._input_lock = threading.Lock()
        self._input_buffer = InputBuffer()
        self._state_tracker = StateTracker()
        self._outcomes = Outcomes(
            send_queue=self._send_queue,
            state_tracker=self._state_tracker,
            report=report,
            reject=reject,
            profile_limit=settings.profile_limit,
        )
        self._import_poller = ImportPoller(settings.requests_per_second / 2)
        self._most_open = min(_MOST_OPEN_IMPORTS, max(10, 2 * settings.imports_per_minute))
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._to_read_back = threading.Condition(lock)
        self._workers: Workers | None = None
        self._workers_started = False
        self._verifications: deque[ReadBack] = deque()
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
        room: ContractHeadroom | None,
        change_detection: ChangeDetection | None = None,
    ) -> None:
        """Learn where contacts go, before the first one.

        Args:
            client: The account.
            room: The room in the account's contract, `None` where it is not guarded.
            change_detection: The ledger, `None` without one.
        """
        self._room = room
        if change_detection is not None:
            self._change_detection = change_detection
            self._fingerprint = change_detection.fingerprint
        self._workers = Workers(
            self,
            client,
            requests_per_second=self._settings.requests_per_second,
            imports_per_minute=self._settings.imports_per_minute,
        )

    @property
    def first_contact(self) -> Contact | None:
        """The first contact that was to be sent, if any."""
        return self._outcomes.first_contact

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
        if not self._workers_started:
            self._start_couriers()
        fingerprints = [self._fingerprint(contact.body) for contact in contacts]
        some = list(map(PendingContact, contacts, origins, fingerprints))
        if any(len(contact.body) > MOST_BYTES_OF_A_CONTACT for contact in contacts):
            some = self._set_aside_too_large(some)
        with self._input_lock:
            self._input_buffer.add_contacts(some, self.clock)
        if self._input_buffer.is_full:
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
            self._outcomes.reject(rejection, origin)

    def pass_on(self, state: t.Any) -> None:  # noqa: ANN401 - whatever the tap chose
        """Take a STATE; it leaves when everything before it is settled.

        Raises:
            TargetError: What stopped the delivery.
        """
        with self._input_lock:
            if not self._input_buffer.is_empty:
                self._input_buffer.add_state(state)
                return
        with self._changed:
            self._raise_failure()
            self._state_tracker.add_state(state)
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
            pending.segment = self._state_tracker.add_pending()
            self._send_queue.put(pending)
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
            self._outcomes.end_gathering()
            self._send_queue.close_windows()
            self._tell_who_waits()
            while not self._send_queue.is_empty:
                self._check_interruption()
                self._raise_failure()
                self._wait()
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
        self._rate_limiter.stop_imports()
        try:
            with contextlib.suppress(TargetError):
                self._empty_intake()
            with self._changed:
                self._stops_submitting = True
                self._tell_who_waits()
                self._write_state(at_once=True)
                while self._is_under_way() and self.clock.now() < deadline:
                    self._wait(max(0.01, deadline - self.clock.now()))
                self._write_state(at_once=True)
        finally:
            self._end()

    def _is_under_way(self) -> bool:
        """Whether something that was sent may still get its verdict."""
        return bool(self._in_the_air) or (self._failure is None and self._unconfirmed_imports > 0)

    @property
    def _unconfirmed_imports(self) -> int:
        return len(self._import_poller) + len(self._verifications) + self._verifying + self._concluding

    def _start_couriers(self) -> None:
        if self._workers is not None and not self._workers_started:
            self._workers_started = True
            self._workers.start()

    def _end(self) -> None:
        with self._changed:
            self._stopped = True
            self._tell_who_waits()
        self._rate_limiter.stop()
        if self._workers is not None and self._workers_started:
            self._workers.join()
        self._outcomes.close()

    def _fingerprint_of(self, body: bytes) -> bytes:
        return self._fingerprint(body)

    def _empty_intake(self) -> None:
        """Compare what was read with what is known, and decide in order what becomes of each contact."""
        with self._input_lock:
            contacts = self._input_buffer.contacts
            books = {} if self._change_detection is None else self._change_detection.compare(contacts)
            with self._changed:
                self._raise_failure()
                streams = {pending.origin.stream for pending in contacts}
                self._last_put.update(dict.fromkeys(streams, self.clock.now()))
                self._outcomes.kept_bytes += self._input_buffer.kept_bytes
            items = iter(self._input_buffer.empty())
            try:
                while some := list(itertools.islice(items, _MOST_DECIDED_AT_ONCE)):
                    with self._changed:
                        self._raise_failure()
                        self._outcomes.classify_all(some, books)
                        self._write_state()
                        if not self._send_queue.is_empty:
                            # Else workers would be woken for nothing throughout a run without changes.
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
            if not self._send_queue.can_take:
                self._close_filling()
            self._wait()
            self._check_interruption()
            self._raise_failure()
        self._reader_waits = False

    def _is_too_much_under_way(self) -> bool:
        return (
            self._send_queue.ready_batches >= _MOST_READY_BATCHES
            or self._send_queue.waiting + self._send_queue.gathering >= _MOST_WAITING_CONTACTS
            or len(self._send_queue.lookups) >= _MOST_LOOKUPS
            or self._outcomes.kept_bytes >= _MOST_KEPT_BYTES
        )

    def _wait(self, seconds: float = _LONGEST_WAIT_SECONDS) -> None:
        """Wait for something to change, not for long: time may make something due as well."""
        self.clock.wait_for_change(self._changed, min(seconds, _LONGEST_WAIT_SECONDS))

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
        if self._change_detection is not None and isinstance(step, Batch):
            try:
                self._change_detection.doubt(step)
            except BaseException:
                self.take_no_outcome()
                raise
        return step

    def _wait_for_submission(self) -> Batch | t.Literal["read contract"] | None:
        while True:
            if not self._is_ending and self._input_buffer.is_due(self.clock.now()):
                self._empty_intake()
            with self._changed:
                if self._is_ending:
                    return None
                self._close_filling_if_due()
                if (
                    self._room
                    and self._send_queue.can_take
                    and self._room.wants_reading(self._settings.batch_size_rows, self.clock.now())
                ):
                    self._room.begin_reading()
                    return "read contract"
                if batch := self._take_batch():
                    return batch
                self._wait()

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
        streams = self._send_queue.filling
        if self._input_ended:
            goes_on = self._unconfirmed_imports or self._in_the_air or self._send_queue.can_take
            waits_for_import = self._send_queue.waiting and goes_on
            waits_for_lookup = self._send_queue.lookups or self._looking_up
            due = [] if waits_for_import or waits_for_lookup else streams
        else:
            due = [] if self._reader_waits else self._slow(streams)
        if due:
            self._close_filling(due)

    def _close_filling(self, streams: Collection[str] | None = None) -> None:
        self._last_closed = self.clock.now()
        self._outcomes.end_gathering(streams)
        self._send_queue.close_filling(streams)

    def _slow(self, streams: list[str]) -> list[str]:
        now = self.clock.now()
        if not self._send_queue.can_take and now - self._last_closed >= _TRICKLE_SILENCES * SILENCE_SECONDS:
            return streams
        return [stream for stream in streams if now - self._last_put[stream] >= SILENCE_SECONDS]

    def _take_batch(self) -> Batch | None:
        if not self._send_queue.can_take or self._unconfirmed_imports + self._in_the_air >= self._most_open:
            return None
        admission = _Admission(math.inf if self._room is None else self._room.left)
        batch = self._send_queue.take(admission.admits)
        if batch is None:
            if self._room and self._room.is_exhausted:
                self._outcomes.hold_back_the_new()
                self._tell_who_waits()
            return None
        batch.possibly_new = admission.possibly_new
        batch.taken_at = batch.taken_at or self.clock.epoch_seconds()
        if self._room:
            self._room.reserve(batch)
        self._in_the_air += 1
        return batch

    def take_outcome(self, batch: Batch, outcome: Accepted | Refused) -> None:
        """Take what the importer said to a batch."""
        if isinstance(outcome, Accepted) and outcome.is_dry_run:
            self._take_rehearsed(batch, outcome)
            return
        with self._changed:
            self._in_the_air -= 1
            if isinstance(outcome, Accepted):
                self._report.imports += 1
                self._import_poller.add(OpenImport(outcome.import_id, batch, self.clock.now()))
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
        self._record_import(batch, outcome.import_id, ImportStatus("completed", batch.possibly_new), ())

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
            self._outcomes.refuse(
                batch.contacts[0], Rejection(Reason.REFUSED_BY_ACTIVECAMPAIGN, refusal.words)
            )
        else:
            logger.info("an import of %d contacts was refused whole; looking for the cause", len(batch))
            self._send_queue.put_back(split_batch(batch, refusal.positions))

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
                if (due := self._import_poller.take_due(now)) is not None:
                    return due
                seconds = self._import_poller.seconds_to_next(now)
                self._wait(_LONGEST_WAIT_SECONDS if seconds is None else seconds)
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
                self._import_poller.reschedule(open_import)
                is_concluded = False
            else:
                self._import_poller.end(open_import)
                is_concluded = self._take_end(open_import, status)
            self._write_state()
            self._tell_who_waits()
        if is_concluded:
            self._record_import(open_import.batch, open_import.id, status, ())

    def pause(self, seconds: float) -> None:
        """Wait; for workers.

        Raises:
            StoppedError: If the run stops.
        """
        self._rate_limiter.pause(seconds)

    def next_verification(self) -> ReadBack | MembershipCheck | None:
        """Wait for something to be read back, or looked up before it is sent; `None` at the end."""
        with self._changed:
            while not self._is_over:
                if self._send_queue.lookups and not self._stops_submitting:
                    self._looking_up += 1
                    return MembershipCheck(self._send_queue.lookups.popleft())
                if self._verifications:
                    self._verifying += 1
                    return self._verifications.popleft()
                self.clock.wait_for_change(self._to_read_back, _LONGEST_WAIT_SECONDS)
            return None

    @property
    def _has_to_read_back(self) -> bool:
        """Whether `next_verification` may have something."""
        return bool(self._send_queue.lookups or self._verifications)

    def take_verification(self, verification: ReadBack | MembershipCheck) -> None:
        """Take what was read back, and with it the import's verdicts; or what was looked up."""
        if isinstance(verification, MembershipCheck):
            if self._change_detection is not None and not verification.is_ours:
                self._change_detection.remove_member(verification.pending.contact)
            self._take_lookup(verification)
            return
        with self._changed:
            self._verifying -= 1
            self._concluding += 1
            self._report.read_back += verification.read_back
            self._report.still_unsubscribed += verification.still_unsubscribed
        ended = verification.open_import
        self._record_import(ended.batch, ended.id, verification.status, verification.missing)

    def _take_lookup(self, lookup: MembershipCheck) -> None:
        """Unsubscribe who is on the list; to import anybody else would make a contact or change nothing."""
        with self._changed:
            pending = lookup.pending
            self._looking_up -= 1
            if lookup.is_ours:
                pending.is_known = True
                self._send_queue.admit(pending)
            else:
                self._outcomes.leave_alone(pending)
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
        verification = plan_read_back(open_import, status, self._settings.verify, behind)
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
        self._send_queue.put_back([again])

    def _record_import(
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
        if self._change_detection is not None:
            self._change_detection.write(batch, rejected, batch.taken_at)
        with self._changed:
            self._concluding -= 1
            self._outcomes.record_import(batch, status.created, rejected)
            self._write_state()
            self._tell_who_waits()

    def _write_state(self, *, at_once: bool = False) -> None:
        """Pass the newest settled STATE on."""
        if not self._state_tracker.has_settled:
            return
        if at_once or self._state_output.is_due(self.clock.now()):
            (state,) = self._state_tracker.take_settled() or (None,)
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
