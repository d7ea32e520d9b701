"""Delivery: when is a record done? Submits batches, follows imports to their end, acknowledges.

Owns every contact from its mapping to its verdict, in one object of ours. The reader's thread brings
contacts and STATEs in and never waits for an import, unless too much is under way; threads of ours submit
batches and look at imports. All of them share one lock, which nobody holds while a request is in the air.
"""

from __future__ import annotations

import logging
import math
import threading
import typing as t

from target_activecampaign.acknowledgement import Acknowledgement
from target_activecampaign.batching import fits_a_request, split_batch
from target_activecampaign.client import Accepted
from target_activecampaign.contact import Reason, Rejection
from target_activecampaign.errors import ServiceError, UnconfirmedImportError
from target_activecampaign.following import Followed, OpenImport
from target_activecampaign.outbox import Outbox
from target_activecampaign.pacing import StoppedError
from target_activecampaign.run_memory import RunMemory

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.allowance import AccountRoom
    from target_activecampaign.batching import Batch, PendingContact
    from target_activecampaign.client import Client, ImportStatus, Refused
    from target_activecampaign.contact import Contact, Origin
    from target_activecampaign.pacing import Pacer
    from target_activecampaign.report import Report
    from target_activecampaign.settings import Settings
    from target_activecampaign.state_output import StateOutput

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 3.0
"""After so long without a new contact, a batch that is not full leaves all the same."""

_MOST_READY_BATCHES = 8
_MOST_WAITING_CONTACTS = 10_000
_MOST_OPEN_IMPORTS = 400
_MOST_ATTEMPTS = 3  # imports of one batch that came to no end
_LONGEST_NAP_SECONDS = 0.5
_CONTRACT = "account_limit_guard"
_PROFILES = "profile_limit"


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
        """Prepare; threads start with the first contact.

        Args:
            settings: Of the run.
            pacer: The account's limits, and the clock.
            report: Where figures are counted.
            state_output: Where settled STATEs go.
            reject: Writes a rejected record down.
            check_interruption: Raises, in the reader's thread, if the run was asked to stop.
        """
        self._settings = settings
        self._client: Client | None = None
        self._pacer = pacer
        self._clock = pacer.clock
        self._report = report
        self._state_output = state_output
        self._room: AccountRoom | None = None
        self._write_rejected = reject
        self._check_interruption = check_interruption
        self._outbox = Outbox(settings.batch_size_rows)
        self._memory = RunMemory()
        self._acknowledgement = Acknowledgement()
        self._followed = Followed(settings.requests_per_second / 2)
        self._most_open = min(_MOST_OPEN_IMPORTS, max(10, 2 * settings.imports_per_minute))
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._in_the_air = 0
        self._last_put = self._clock.now()
        self._reader_waits = False
        self._input_ended = False
        self._stops_submitting = False
        self._stopped = False
        self._failure: BaseException | None = None

    def connect(self, client: Client, room: AccountRoom | None) -> None:
        """Learn where contacts go, before the first one.

        Args:
            client: The account.
            room: The room in the account's contract, `None` where it is not guarded.
        """
        self._client, self._room = client, room

    # The reader's side

    def read(self, stream: str) -> None:
        """Count a record of an exported stream; its verdict follows by `add` or `set_aside`."""
        with self._changed:
            self._report.streams[stream].read += 1

    def add(self, contact: Contact, origin: Origin) -> None:
        """Take a contact. Waits where too much is under way.

        Raises:
            TargetError: What stopped the delivery.
        """
        if not fits_a_request(contact):
            detail = "larger than a whole request of ActiveCampaign's importer may be"
            self.set_aside(Rejection(Reason.TOO_LARGE, detail), origin)
            return
        with self._changed:
            self._wait_for_room()
            self._last_put = self._clock.now()
            if self._outbox.has(contact.email):
                self._put(contact, origin)
            elif self._memory.is_unchanged(contact.email, contact.fingerprint):
                self._report.streams[origin.stream].unchanged += 1
            elif self._is_over_a_limit(contact.email):
                self._hold_back(origin)
            else:
                self._memory.send(contact.email)
                self._put(contact, origin)

    def set_aside(self, rejection: Rejection, origin: Origin) -> None:
        """Take a record that can't become a contact.

        Raises:
            TargetError: What stopped the delivery, or if the rejects file can't be written.
        """
        with self._changed:
            self._raise_failure()
            self._reject(rejection, origin)

    def pass_on(self, state: t.Any) -> None:  # noqa: ANN401 - whatever the tap chose
        """Take a STATE; it leaves when everything before it is settled.

        Raises:
            TargetError: What stopped the delivery.
        """
        with self._changed:
            self._raise_failure()
            self._acknowledgement.add_state(state)
            self._write_state()

    def finish(self) -> None:
        """Bring everything to its end: the input has ended.

        Raises:
            TargetError: What stopped the delivery.
        """
        with self._changed:
            self._input_ended = True
            self._changed.notify_all()
            while not self._outbox.is_empty:
                self._check_interruption()
                self._raise_failure()
                self._nap()
            self._raise_failure()
            self._write_state(at_once=True)
        self._end_threads()

    def abandon(self, grace_seconds: float) -> None:
        """Submit nothing more, give what is open some time to end, and write the settled STATE.

        Never raises for what ActiveCampaign does: something else ends the run already.

        Args:
            grace_seconds: How long open imports may take.
        """
        deadline = self._clock.now() + grace_seconds
        self._pacer.stop_imports()
        with self._changed:
            self._stops_submitting = True
            self._changed.notify_all()
            self._write_state(at_once=True)
            while self._threads and self._is_under_way() and self._clock.now() < deadline:
                self._nap(max(0.01, deadline - self._clock.now()))
            self._write_state(at_once=True)
            self._stopped = True
        self._end_threads()

    def _is_under_way(self) -> bool:
        followers_live = self._failure is None
        return bool(self._in_the_air) or (followers_live and bool(len(self._followed)))

    def _end_threads(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._pacer.stop()
        for thread in self._threads:
            thread.join(timeout=_LONGEST_NAP_SECONDS)

    def _put(self, contact: Contact, origin: Origin) -> None:
        ready = self._outbox.ready
        superseded = self._outbox.put(contact, origin, self._acknowledgement.owe)
        if superseded is not None:
            self._report.streams[superseded.stream].superseded += 1
        if not self._threads:
            self._start_threads()
        if self._outbox.ready > ready:
            self._changed.notify_all()

    def _wait_for_room(self) -> None:
        """Back-pressure: what is under way stays bounded however slow the importer is."""
        self._raise_failure()
        while self._outbox.ready >= _MOST_READY_BATCHES or self._outbox.waiting >= _MOST_WAITING_CONTACTS:
            self._reader_waits = True
            if not self._outbox.ready:
                self._outbox.close_filling()
            self._nap()
            self._check_interruption()
            self._raise_failure()
        self._reader_waits = False

    def _nap(self, seconds: float = _LONGEST_NAP_SECONDS) -> None:
        """Wait for something to change, not for long: time may make something due as well."""
        self._clock.wait_for_change(self._changed, min(seconds, _LONGEST_NAP_SECONDS))

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    # Limits

    def _is_over_a_limit(self, email: str) -> bool:
        if self._memory.is_sent(email):
            return False
        if self._report.limit is None and len(self._memory) >= self._settings.profile_limit:
            self._reach(_PROFILES)
        return self._report.limit is not None

    def _reach(self, limit: str) -> None:
        self._report.limit = limit
        logger.warning("%s: the limit is reached; further new contacts are held back", limit)

    def _hold_back(self, origin: Origin) -> None:
        self._acknowledgement.block()
        self._report.streams[origin.stream].held_back += 1

    def _hold_back_the_new(self) -> None:
        """The contract has no room left: what may be new and is not being sent stays here."""
        if self._report.limit is None:
            self._reach(_CONTRACT)
        for pending in self._outbox.withdraw(self._may_be_new):
            self._memory.withdraw(pending.contact.email)
            self._report.streams[pending.origin.stream].held_back += 1
        self._changed.notify_all()

    def _may_be_new(self, pending: PendingContact) -> bool:
        return not self._memory.is_confirmed(pending.contact.email)

    # The submitting side

    def _start_threads(self) -> None:
        # A request takes up to a second or so; imports and looks come at a known pace.
        submitters = min(8, 2 + math.ceil(self._settings.imports_per_minute / 60))
        followers = min(8, 1 + math.ceil(self._settings.requests_per_second / 2))
        loops = [(self._submit_batches, "submit")] * submitters + [
            (self._follow_imports, "follow")
        ] * followers
        for index, (loop, name) in enumerate(loops):
            thread = threading.Thread(target=self._guard, args=(loop,), name=f"{name}-{index}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _guard(self, loop: Callable[[], None]) -> None:
        """Run a thread's loop; whatever ends it early ends the run."""
        try:
            loop()
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - the reader's thread raises it
            with self._changed:
                self._failure = self._failure or error
                self._changed.notify_all()

    @property
    def _account(self) -> Client:
        if self._client is None:
            msg = "contacts came before the account was connected"
            raise RuntimeError(msg)
        return self._client

    def _submit_batches(self) -> None:
        while (step := self._next_step()) is not None:
            if step == "read contract":
                self._read_contract()
            else:
                self._submit(step)

    def _next_step(self) -> Batch | t.Literal["read contract"] | None:
        """Wait for something to submit, or for the contract to be worth reading; `None` at the end."""
        with self._changed:
            while not (self._stops_submitting or self._stopped or self._failure):
                self._close_filling_if_due()
                if (
                    self._room
                    and self._outbox.ready
                    and self._room.wants_reading(self._settings.batch_size_rows, self._clock.now())
                ):
                    self._room.begin_reading()
                    return "read contract"
                if batch := self._take_batch():
                    return batch
                self._nap()
            return None

    def _close_filling_if_due(self) -> None:
        """Let batches go that are not full: at the end of the input, or when it is silent.

        At the end, contacts that wait for an open import join them, which saves a request.
        """
        if not self._outbox.is_filling:
            return
        if self._input_ended:
            is_due = not self._outbox.waiting or not (len(self._followed) or self._in_the_air)
        else:
            is_due = not self._reader_waits and self._clock.now() - self._last_put >= SILENCE_SECONDS
        if is_due:
            self._outbox.close_filling()

    def _take_batch(self) -> Batch | None:
        if not self._outbox.ready or len(self._followed) + self._in_the_air >= self._most_open:
            return None
        admission = _Admission(self._may_be_new, math.inf if self._room is None else self._room.left)
        batch = self._outbox.take(admission.admits)
        if batch is None:
            if self._room and self._room.is_exhausted:
                self._hold_back_the_new()
            return None
        batch.possibly_new = admission.possibly_new
        if self._room:
            self._room.reserve(batch)
        self._in_the_air += 1
        return batch

    def _submit(self, batch: Batch) -> None:
        try:
            outcome = self._account.submit(batch.encode(), len(batch))
        except BaseException:
            with self._changed:
                self._in_the_air -= 1
                self._changed.notify_all()
            raise
        with self._changed:
            self._in_the_air -= 1
            if isinstance(outcome, Accepted):
                self._report.imports += 1
                self._followed.add(OpenImport(outcome.import_id, batch, self._clock.now()))
            else:
                self._take_refusal(batch, outcome)
            self._changed.notify_all()

    def _take_refusal(self, batch: Batch, refusal: Refused) -> None:
        """Find the contacts for which a batch was refused: nobody is set aside on a position alone."""
        if self._room:
            self._room.release(batch)
        if len(batch) == 1:
            self._settle(batch.contacts[0], Rejection(Reason.REFUSED_BY_ACTIVECAMPAIGN, refusal.words))
        else:
            logger.info("an import of %d contacts was refused whole; looking for the cause", len(batch))
            self._outbox.put_back(split_batch(batch, refusal.positions))

    def _read_contract(self) -> None:
        contract = self._account.contract()
        if contract is None:
            msg = (
                "account_limit_guard: ActiveCampaign does not tell the account's contract any more. Run again"
            )
            raise ServiceError(msg)
        with self._changed:
            if self._room:
                self._room.finish_reading(contract, self._clock.now())
            self._changed.notify_all()

    # The following side

    def _follow_imports(self) -> None:
        while (open_import := self._next_import()) is not None:
            status = self._account.look(open_import.id)
            with self._changed:
                self._take_status(open_import, status)
                self._write_state()
                self._changed.notify_all()

    def _next_import(self) -> OpenImport | None:
        """Wait for an import that is to be looked at; `None` at the end."""
        with self._changed:
            while not (self._stopped or self._failure):
                now = self._clock.now()
                self._write_state()
                if (due := self._followed.take_due(now)) is not None:
                    return due
                seconds = self._followed.seconds_to_next(now)
                self._nap(_LONGEST_NAP_SECONDS if seconds is None else seconds)
            return None

    def _take_status(self, open_import: OpenImport, status: ImportStatus) -> None:
        now = self._clock.now()
        if status.state == "open":
            self._raise_if_too_old(open_import, now)
            self._followed.look_again(open_import, now)
            return
        self._followed.end(open_import, now)
        if self._room:
            self._room.end(open_import.batch)
        if status.state == "lost":
            self._submit_again(open_import)
        else:
            self._take_verdicts(open_import, status)

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
        again.attempts = attempts
        self._outbox.put_back([again])

    def _take_verdicts(self, open_import: OpenImport, status: ImportStatus) -> None:
        figures = self._report.streams[open_import.batch.stream]
        contacts = open_import.batch.contacts
        failed = [pending for pending in contacts if pending.contact.email in status.failed]
        could_be_new = open_import.batch.possibly_new - sum(map(self._may_be_new, failed))
        figures.created += min(status.created, could_be_new)
        self._report.names_more_than_new |= status.created > could_be_new
        figures.delivered += len(contacts) - len(failed)
        refused = Rejection(
            Reason.REFUSED_BY_ACTIVECAMPAIGN, f"named in the failures of import {open_import.id}"
        )
        for pending in contacts:
            self._settle(pending, refused if pending in failed else None)

    # Verdicts

    def _settle(self, pending: PendingContact, rejection: Rejection | None) -> None:
        """Write a contact's verdict down and let go what waited for it."""
        email = pending.contact.email
        if rejection is None:
            self._memory.confirm(email, pending.fingerprint)
        else:
            self._memory.forget(email)
            self._reject(rejection, pending.origin)
        self._acknowledgement.settle(pending.segment)
        following = self._outbox.settle(pending)
        while following is not None:
            if not self._memory.is_unchanged(email, following.contact.fingerprint):
                self._outbox.release(following)
                return
            self._report.streams[following.origin.stream].unchanged += 1
            self._acknowledgement.settle(following.segment)
            following = self._outbox.settle(following)

    def _reject(self, rejection: Rejection, origin: Origin) -> None:
        self._report.streams[origin.stream].rejected[rejection.reason] += 1
        self._write_rejected(origin, rejection)

    def _write_state(self, *, at_once: bool = False) -> None:
        """Pass the newest settled STATE on."""
        if not self._acknowledgement.has_settled:
            return
        if at_once or self._state_output.is_due(self._clock.now()):
            (state,) = self._acknowledgement.take_settled() or (None,)
            self._state_output.write(state, self._clock.now())


class _Admission:
    """Admits contacts to a batch as long as there is room for those that may be new."""

    def __init__(self, may_be_new: Callable[[PendingContact], bool], room_left: float) -> None:
        self.possibly_new = 0
        self._may_be_new = may_be_new
        self._room_left = room_left

    def admits(self, pending: PendingContact) -> bool:
        if not self._may_be_new(pending):
            return True
        if self.possibly_new >= self._room_left:
            return False
        self.possibly_new += 1
        return True
