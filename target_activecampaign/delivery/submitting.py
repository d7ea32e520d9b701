"""Submitting: which batch is sent next, when one that is not full, and what the importer says to it."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.api.responses import Accepted
from target_activecampaign.api.submission import NO_NAME
from target_activecampaign.contacts.contact import Reason, Rejection
from target_activecampaign.delivery.contract_headroom import Admission
from target_activecampaign.delivery.import_poller import OpenImport
from target_activecampaign.delivery.lone_refusals import LoneRefusals
from target_activecampaign.delivery.monitor import Phase
from target_activecampaign.delivery.near_limit import NearLimit
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from target_activecampaign.api.responses import Contract, Refused
    from target_activecampaign.delivery.batch import Batch, PendingContact
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom, ContractReading
    from target_activecampaign.delivery.in_flight import InFlight
    from target_activecampaign.delivery.look_ups import LookUps
    from target_activecampaign.delivery.monitor import Monitor
    from target_activecampaign.delivery.outcomes import Outcomes
    from target_activecampaign.delivery.send_queue import SendQueue


logger = logging.getLogger(__name__)


class PartialBatches:
    """Decides when a stream that does not fill a batch is sent all the same.

    Attributes:
        is_reading: Whether the input is being read; where the reader waits for us, a stream is not silent.
    """

    def __init__(self, silence_seconds: float = 3.0, trickle_seconds: float = 30.0) -> None:
        """Start without any stream.

        Args:
            silence_seconds: A stream that brings no contact for so long is sent.
            trickle_seconds: With nothing else to send, streams that take longer than that to fill a batch
                are sent.
        """
        self.is_reading = True
        self._silence_seconds = silence_seconds
        self._trickle_seconds = trickle_seconds
        self._last_contact: dict[str, float] = {}
        self._last_closed: float | None = None

    def note_contacts(self, streams: Iterable[str], now: float) -> None:
        """Note that streams brought contacts."""
        if self._last_closed is None:
            self._last_closed = now
        self._last_contact.update(dict.fromkeys(streams, now))

    def note_closed(self, now: float) -> None:
        """Note that partial batches may leave."""
        self._last_closed = now

    def due(self, filling: Sequence[str], now: float, *, can_take: bool) -> list[str]:
        """Return the streams whose partial batches may leave, while the input goes on.

        Args:
            filling: Streams that do not fill a batch.
            now: Seconds on the run's clock.
            can_take: Whether there is something else to send.
        """
        if not self.is_reading or self._last_closed is None:
            return []
        if not can_take and now - self._last_closed >= self._trickle_seconds:
            return list(filling)
        silent_since = now - self._silence_seconds
        return [stream for stream in filling if self._last_contact[stream] <= silent_since]


class Submitting:
    """The tasks of the workers that submit. They call `next_submission`, then `take_…` or `lose_answer`."""

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        monitor: Monitor,
        queue: SendQueue,
        in_flight: InFlight,
        outcomes: Outcomes,
        changes: ChangeDetection,
        headroom: ContractHeadroom,
        look_ups: LookUps,
        partial_batches: PartialBatches,
        classify_input: Callable[[], None],
        batch_size_rows: int,
    ) -> None:
        """Prepare.

        Args:
            monitor: The lock of all that follows.
            queue: The contacts that wait to be sent.
            in_flight: The batches that are being sent, or were sent.
            outcomes: Records what becomes of contacts.
            changes: Is told of each batch before it is sent.
            headroom: Of the account's contract.
            look_ups: Which contacts the account has.
            partial_batches: When a batch leaves that is not full.
            classify_input: Puts contacts that were read into the queue, where it is time.
            batch_size_rows: As the setting of this name.
        """
        self._monitor = monitor
        self._queue = queue
        self._in_flight = in_flight
        self._outcomes = outcomes
        self._changes = changes
        self._headroom = headroom
        self._look_ups = look_ups
        self._partial_batches = partial_batches
        self._classify_input = classify_input
        self._batch_size_rows = batch_size_rows
        self._lone_refusals = LoneRefusals()
        self._has_said_unnamed = False

    def next_submission(self) -> Batch | ContractReading | None:
        """Wait for a batch to submit, or for the contract to be read again; `None` at the end.

        A batch is in flight from now on; `take_outcome` or `lose_answer` follows.

        Raises:
            LedgerError: If it can't be written that the batch is in doubt from now on.
        """
        while True:
            if not self._is_abandoned():
                self._classify_input()
            with self._monitor:
                if self._is_abandoned():
                    return None
                self._close_filling_if_due()
                if reading := self._begin_reading_contract():
                    return reading
                if batch := self._take_batch():
                    self._outcomes.count_try()
                    break
                self._end_lone_refusals()
                self._monitor.wait()
        try:
            self._changes.doubt(batch)
        except BaseException:
            self.lose_answer(batch)
            raise
        return batch

    def take_outcome(self, batch: Batch, outcome: Accepted | Refused) -> None:
        """Take what the importer said to a batch.

        Raises:
            ServiceError: If it refuses every contact.
        """
        with self._monitor:
            if outcome.may_be_second:
                self._headroom.count_possibly_created(batch)
            if isinstance(outcome, Accepted):
                self._outcomes.count_import()
                self._set_aside(self._lone_refusals.take_all())
                now = self._monitor.clock.now()
                self._in_flight.open(
                    OpenImport(outcome.import_id, batch, now, outcome.doubt, accepted_at=outcome.at)
                )
                if outcome.import_id is None:
                    self._say_unnamed(len(batch))
                if self._in_flight.wants_packing:
                    self._queue.pack(batch)
            else:
                self._in_flight.remove(batch)
                self._take_refusal(batch, outcome)
            self._monitor.notify()

    def _say_unnamed(self, contacts: int) -> None:
        """Say once that imports may have been taken which nobody can follow."""
        if not self._has_said_unnamed:
            self._has_said_unnamed = True
            logger.warning(
                "%s, so nobody can follow that import (contacts: %d). In two minutes they are looked up in "
                "the account, and those of which it does not show that they were taken are sent once more. "
                "Further imports like that go the same way",
                NO_NAME,
                contacts,
            )

    def lose_answer(self, batch: Batch) -> None:
        """Note that a batch may have been sent, and that nobody knows."""
        with self._monitor:
            self._in_flight.lose_answer(batch)
            self._monitor.notify()

    def take_contract(self, contract: Contract | None) -> None:
        """Take a reading of the account's contract.

        Raises:
            ServiceError: If it can't be read any more: nothing is sent without knowing the headroom.
        """
        if contract is None:
            raise ServiceError(
                "account_limit_guard: ActiveCampaign does not tell the account's contract any more. Run again"
            )
        with self._monitor:
            self._headroom.finish_reading(contract, self._monitor.clock.now())
            self._monitor.notify()

    def close_filling(self, streams: Collection[str]) -> None:
        """Let the partial batches of streams leave. Called under the monitor."""
        self._partial_batches.note_closed(self._monitor.clock.now())
        self._outcomes.end_deferring(streams)
        self._queue.close_filling(streams)

    def _is_abandoned(self) -> bool:
        return self._monitor.has_reached(Phase.ABANDONED)

    def _close_filling_if_due(self) -> None:
        """Let partial batches leave at the end of the input, or when their stream is silent or trickles.

        At the end, contacts that are blocked by an open import join them, which saves a request.
        """
        if not self._monitor.input_has_ended:
            now = self._monitor.clock.now()
            due = self._partial_batches.due(self._queue.filling, now, can_take=self._queue.can_take)
        elif self._queue.is_checking or (self._queue.blocked and (self._in_flight or self._queue.can_take)):
            due = []
        else:
            due = self._queue.filling
        if due:
            self.close_filling(due)

    def _begin_reading_contract(self) -> ContractReading | None:
        if not self._queue.can_take:
            return None
        now = self._monitor.clock.now()
        if not self._headroom.wants_reading(self._batch_size_rows, now):
            return None
        return self._headroom.begin_reading()

    def _take_batch(self) -> Batch | None:
        if not self._queue.can_take or self._in_flight.is_full:
            return None
        left = self._headroom.left
        is_near_limit = left < self._batch_size_rows
        batch = self._take_near_limit(left) if is_near_limit else self._take_any(left)
        if batch is not None:
            batch.begin(self._monitor.clock.epoch_seconds())
            self._headroom.reserve(batch)
            self._in_flight.begin(batch)
        return batch

    def _take_any(self, left: float) -> Batch | None:
        """Take the next batch, or one that tells more of a reason that may concern everybody."""
        new_first = self._lone_refusals.wants_probe and self._lone_refusals.wants_new_batch
        if self._lone_refusals.wants_probe and not new_first:
            self._queue.put_sample_first()
        return self._queue.take(Admission(left).admits, new_first=new_first)

    def _take_near_limit(self, left: float) -> Batch | None:
        """Take a batch where the headroom is less than a batch may want."""
        waiting = NearLimit(self._queue.takeable())
        if waiting.needing <= left:
            return self._queue.take(Admission(left).admits)
        is_settled = self._headroom.is_settled
        if is_settled:
            self._resolve(waiting, left)
            waiting = NearLimit(self._queue.takeable())
            if left and waiting.needing:
                return self._queue.take(Admission(left).admits)
        # Contacts that need no headroom leave by full batches, or when no others can join them.
        is_alone = is_settled and not self._queue.is_checking
        if waiting.others >= self._batch_size_rows or (waiting.others and is_alone):
            return self._queue.take(Admission(0).admits)
        return None

    def _resolve(self, waiting: NearLimit, left: float) -> None:
        """Look contacts up or hold back missing ones, now that no batch in flight leaves headroom."""
        requests = self._look_ups.requests_for(len(waiting.unchecked), self._headroom.total)
        if waiting.is_worth_looking_up(left, requests):
            self._queue.check(self._look_ups.resolve(waiting.unchecked))
        if not left:
            missing = [pending for pending in self._queue.takeable() if pending.is_missing]
            if missing:
                self._outcomes.hold_back(missing, self._headroom.figures)
        self._monitor.notify()

    def _take_refusal(self, batch: Batch, refusal: Refused) -> None:
        """Find the contacts for which a batch was refused: no contact is rejected on a position alone."""
        self._headroom.release(batch)
        if len(batch) == 1:
            self._lone_refusals.add(batch.contacts[0], refusal)
        else:
            self._lone_refusals.note_refused(refusal)
            logger.info("an import of %d contacts was refused whole; looking for the cause", len(batch))
            self._queue.retry(batch.split_refused(refusal.positions))

    def _end_lone_refusals(self) -> None:
        """Set contacts aside that were refused alone, once nothing else is left that could tell more."""
        is_over = (
            self._monitor.input_has_ended and not self._queue.can_take and not self._in_flight.submitting
        )
        if self._lone_refusals and is_over:
            self._set_aside(self._lone_refusals.take_last())
            self._monitor.notify()

    def _set_aside(self, refused: Iterable[tuple[PendingContact, Refused]]) -> None:
        for pending, refusal in refused:
            self._outcomes.refuse(pending, Rejection(Reason.REFUSED_BY_ACTIVECAMPAIGN, refusal.words))
