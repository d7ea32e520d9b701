"""Delivery: brings each contact from its mapping to its outcome. Knows no HTTP and starts no thread.

Threads: the reader's thread calls the methods of `Delivery`. It waits where too much is under way, and for
the end. Worker threads take their tasks from `submitting` and `confirming`, and call `fail` where one ends
early.

Locks: the monitor guards the send queue, the batches in flight, the outcomes and the STATEs. The input buffer
has a lock of its own, which comes before the monitor: the thread that classifies what was read holds it, also
while it asks the ledger. Neither is held while a request is in the air. docs/design/delivery.md has a
drawing.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections import Counter, defaultdict

from target_activecampaign.contacts.contact import Contact, Origin, Reason, Rejection
from target_activecampaign.delivery.automations import AutomationsNotice
from target_activecampaign.delivery.batch import MAX_CONTACT_BYTES, PendingContact
from target_activecampaign.delivery.bounds import Bounds
from target_activecampaign.delivery.confirming import Confirming
from target_activecampaign.delivery.in_flight import InFlight
from target_activecampaign.delivery.input_buffer import Classifying
from target_activecampaign.delivery.look_ups import LookUps
from target_activecampaign.delivery.monitor import Monitor, Phase
from target_activecampaign.delivery.outcomes import Outcomes, OutcomeTaker
from target_activecampaign.delivery.packed_batches import PackedBatches
from target_activecampaign.delivery.removal_reading import RemovalReading
from target_activecampaign.delivery.send_queue import SendQueue
from target_activecampaign.delivery.state_tracker import CoveredState, Hold, StatePassing
from target_activecampaign.delivery.submitting import PartialBatches, Submitting
from target_activecampaign.errors import TargetError
from target_activecampaign.singer.state_output import text_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.clock import Clock
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.contacts.contact import LeftAlone
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom
    from target_activecampaign.delivery.removal import Removal
    from target_activecampaign.delivery.state_tracker import Segment
    from target_activecampaign.reporting.report import Report, Sums
    from target_activecampaign.singer.state_output import StateOutput


class DeliveryView(t.NamedTuple):
    """One look at a delivery.

    Attributes:
        sums: Records by outcome, and those read.
        imports_open: Imports that have not ended.
        oldest_seconds: The age of the oldest of them.
        usual_seconds: The median time of imports that ended.
        is_full: Whether no further import may be sent before one has ended.
        waits_for_us: Whether the reader waits for the delivery, or all input was read.
        is_reading_back: Whether contacts are to be looked up before they are sent, or read back afterwards.
        looks_up_first: Whether contacts are to be looked up before they are sent.
        is_reading_removals: Whether it is read who is off a list.
    """

    sums: Sums
    imports_open: int
    oldest_seconds: float | None
    usual_seconds: float | None
    is_full: bool
    waits_for_us: bool
    is_reading_back: bool
    looks_up_first: bool
    is_reading_removals: bool


class Workers(t.Protocol):
    """The threads that do a delivery's tasks."""

    def start(self) -> None:
        """Start; later calls do nothing."""

    def stop_imports(self) -> None:
        """Send no further import."""

    def stop(self) -> None:
        """Send nothing more, and wait for the threads to end, not for long."""


class Delivery:
    """Takes contacts and STATEs in the order of the input and brings each contact to its outcome.

    Attributes:
        submitting: The tasks of the workers that submit.
        confirming: The tasks of the workers that poll and read.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, each once, keyword only
        self,
        *,
        settings: Settings,
        clock: Clock,
        report: Report,
        state_output: StateOutput,
        changes: ChangeDetection,
        headroom: ContractHeadroom,
        reject: Callable[[Origin, Rejection], None],
        outcomes_file: OutcomeTaker | None = None,
        check_interruption: Callable[[], None],
        bounds: Bounds | None = None,
        partial_batches: PartialBatches | None = None,
    ) -> None:
        """Prepare; workers start with the first contact.

        Args:
            settings: Of the run.
            clock: Of the run.
            report: Where figures are counted.
            state_output: Where a STATE goes that is done.
            changes: The run's side of its ledger.
            headroom: Of the account's contract.
            reject: Writes a rejected record down.
            outcomes_file: Takes the outcome of each record; `None` where none is written.
            check_interruption: Raises, in the reader's thread, if the run was asked to stop.
            bounds: How much is in memory at once.
            partial_batches: When a batch leaves that is not full.
        """
        self._report = report
        self._bounds = bounds or Bounds()
        self._report = report
        self._exclude_automations = settings.exclude_automations
        self._check_interruption = check_interruption
        self._fingerprint = changes.fingerprint
        self._workers: Workers | None = None
        self._partial_batches = partial_batches or PartialBatches()
        self._packed = PackedBatches(keeps_origins=outcomes_file is not None)
        self._queue = SendQueue(settings.batch_size_rows, changes.fingerprint, packed=self._packed)
        self._in_flight = InFlight(
            polls_per_second=settings.requests_per_second / 2,
            most_batches=max(10, self._bounds.minutes_in_flight * settings.imports_per_minute),
            bounds=self._bounds,
            packed=self._packed,
        )
        self._monitor = Monitor(clock, self._has_to_read)
        self._states = StatePassing(state_output, self._monitor, report)
        self._hold_rejected = None if settings.rejects_path else Hold(self._states.tracker)
        self._hold_all = Hold(self._states.tracker)
        self._holds_deletions = False
        self._look_ups = LookUps()
        self._outcomes = Outcomes(
            queue=self._queue,
            state_tracker=self._states.tracker,
            hold_rejected=self._hold_rejected,
            report=report,
            reject=reject,
            file=outcomes_file,
            automations=AutomationsNotice(
                is_chosen=settings.chooses_automations, is_dry_run=settings.dry_run
            ),
            profile_limit=settings.profile_limit,
            confirms_removals=not settings.dry_run,
        )
        self._classifying = Classifying(
            monitor=self._monitor,
            outcomes=self._outcomes,
            states=self._states,
            changes=changes,
            partial_batches=self._partial_batches,
            bounds=self._bounds,
        )
        self.submitting = Submitting(
            monitor=self._monitor,
            queue=self._queue,
            in_flight=self._in_flight,
            outcomes=self._outcomes,
            changes=changes,
            headroom=headroom,
            look_ups=self._look_ups,
            partial_batches=self._partial_batches,
            classify_input=self._classifying.classify_if_due,
            batch_size_rows=settings.batch_size_rows,
        )
        self.confirming = Confirming(
            monitor=self._monitor,
            queue=self._queue,
            in_flight=self._in_flight,
            outcomes=self._outcomes,
            states=self._states,
            changes=changes,
            headroom=headroom,
            look_ups=self._look_ups,
            verify=settings.verify,
            import_timeout_seconds=settings.import_timeout_seconds,
            bounds=self._bounds,
        )

    def look(self) -> DeliveryView:
        """Look at what is under way: takes the lock for some microseconds."""
        with self._monitor:
            flight, oldest = self._in_flight, self._in_flight.oldest_since
            looks_up_first = self._queue.is_checking
            return DeliveryView(
                sums=self._report.sums(),
                imports_open=flight.imports_open,
                oldest_seconds=None if oldest is None else max(0.0, self._monitor.clock.now() - oldest),
                usual_seconds=flight.import_times.median,
                is_full=flight.is_full,
                waits_for_us=not self._partial_batches.is_reading or self._monitor.input_has_ended,
                is_reading_back=looks_up_first or flight.imports_behind > 0,
                looks_up_first=looks_up_first,
                is_reading_removals=self.confirming.is_reading_removals,
            )

    def import_seconds(self, started_at: float) -> list[dict[str, t.Any]]:
        """Return how long imports took, as the report holds it.

        Args:
            started_at: When the run began, on its clock.
        """
        with self._monitor:
            return self._in_flight.import_times.as_json(started_at)

    def connect(self, workers: Workers) -> None:
        """Learn who does the tasks, before the first contact."""
        self._workers = workers

    @property
    def first_contact(self) -> Contact | None:
        """The first contact that was to be sent, if any."""
        return self._outcomes.first_contact

    def add(self, results: Sequence[Contact | Rejection], origins: Sequence[Origin]) -> None:
        """Take what records became. Waits where too much is under way.

        Args:
            results: In the order of the input.
            origins: Where the record of each stood there.

        Raises:
            TargetError: What stopped the delivery, or if the rejects file can't be written.
        """
        self._monitor.raise_failure()
        fingerprint = self._fingerprint
        some = [
            PendingContact(result, origin, fingerprint(result.body))
            for result, origin in zip(results, origins, strict=True)
            if isinstance(result, Contact) and len(result.body) <= MAX_CONTACT_BYTES
        ]
        if len(some) < len(results):
            self._reject_unfit(results, origins)
        if some:
            self._add_contacts(some)

    def add_state(self, state: t.Any) -> None:  # noqa: ANN401 - any JSON value that the tap chose
        """Take a STATE; it is passed on when every record before it has its outcome.

        Raises:
            TargetError: What stopped the delivery.
        """
        if self._report.state_record is None:
            self._report.state_record = 0
        self._classifying.add_state(CoveredState(text_of(state), self._report.read()))

    def hold_states(self) -> None:
        """Keep every STATE waiting that follows, until `release_states`.

        Raises:
            TargetError: What stopped the delivery.
        """
        self._hold_from_here(self._hold_all)

    def release_states(self) -> None:
        """Let the STATEs go that `hold_states` kept."""
        with self._monitor:
            self._hold_all.release()

    def accept_rejected(self) -> None:
        """Let the STATEs go that waited behind rejected records which no file keeps: the run is judged."""
        if self._hold_rejected is not None:
            with self._monitor:
                self._hold_rejected.release()

    def expect_removals(self, people: Mapping[int, int]) -> None:
        """Learn, before the first removal, of how many people memberships will be asked for, by list."""
        with self._monitor:
            self._look_ups.lists.expect(people)

    def remove(self, removal: Removal) -> None:
        """Take somebody off a list, if the membership is ours. Waits where too much is under way.

        Raises:
            TargetError: What stopped the delivery.
        """
        contact = Contact.taking_off(
            removal.email, removal.list_id, exclude_automations=self._exclude_automations
        )
        origin = removal.origin or Origin(removal.stream, 0)
        fingerprint = self._fingerprint(contact.body)
        pending = PendingContact(contact, origin, fingerprint, is_known=True, removal=removal)
        with self._monitor:
            self._wait_while_full()
            self._partial_batches.note_contacts([origin.stream], self._monitor.clock.now())
            self._outcomes.put_removal(pending)
            self._monitor.notify()
        self._start_workers()

    def hold_state(self) -> Segment:
        """Let no STATE pass the record of a deletion before it has its outcome; returns what it holds up.

        Raises:
            TargetError: What stopped the delivery.
        """
        if not self._holds_deletions:
            # No STATE before the first one waits for it; those behind it wait anyway.
            self._holds_deletions = True
            self._classifying.classify()
        with self._monitor:
            return self._outcomes.hold_state()

    def sent_among(self, emails: Iterable[str]) -> set[str]:
        """Return those of some identities that this run has sent.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        with self._monitor:
            return self._outcomes.sent_among(emails)

    def end_deletions(
        self,
        origins: Iterable[Origin],
        outcome: t.Literal["superseded", "unchanged", "held_back"] | Rejection,
        *,
        segment: Segment | None = None,
    ) -> None:
        """Count the outcome of deletions and opt-outs that take nobody off.

        Args:
            origins: Their records.
            outcome: Of each record.
            segment: What the one record held up, and no longer does.

        Raises:
            OutputError: If the rejects file can't be written.
        """
        if isinstance(outcome, Rejection) and self._hold_rejected is not None:
            self._hold_from_here(self._hold_rejected)
        with self._monitor:
            for origin in origins:
                self._outcomes.end_deletion(origin, outcome, segment)
            self._states.pass_on()

    def settle(self) -> None:
        """Bring everything to its outcome: the input has ended.

        Raises:
            TargetError: What stopped the delivery.
        """
        self._classifying.classify()
        with self._monitor:
            self._outcomes.end_deferring()
            self._queue.close_windows()
            self._monitor.reach(Phase.INPUT_ENDED)
            while not self._queue.is_empty:
                self._check_interruption()
                self._monitor.raise_failure()
                self._monitor.wait()
            self._monitor.raise_failure()
            self._states.pass_on(at_once=True)

    def confirm_removals(self) -> Counter[LeftAlone]:
        """Read the memberships of everybody who was taken off a list: an import that ended proves nothing.

        Returns:
            How many are not seen to be off their list, by reason. They stay pending.

        Raises:
            TargetError: What stopped the delivery.
        """
        with self._monitor:
            by_list: defaultdict[int, list[PendingContact]] = defaultdict(list)
            for pending in self._outcomes.take_unconfirmed():
                by_list[pending.contact.list_id].append(pending)
            readings = [RemovalReading(*one) for one in by_list.items()]
            self.confirming.read_removals(readings)
            self._monitor.notify()
            while self.confirming.is_reading_removals:
                self._check_interruption()
                self._monitor.raise_failure()
                self._monitor.wait()
            self._monitor.raise_failure()
            self._states.pass_on(at_once=True)
        return Counter(reason for reading in readings for reason in reading.left.values())

    def finish(self) -> None:
        """Bring everything to its end.

        Raises:
            TargetError: What stopped the delivery.
        """
        self.settle()
        self._end()

    def abandon(self, grace_seconds: float) -> None:
        """Submit nothing more, give open imports some time to end, and write the STATE that is done.

        Never raises for what ActiveCampaign does: something else ends the run already.

        Args:
            grace_seconds: How long open imports may take.
        """
        deadline = self._monitor.clock.now() + grace_seconds
        if self._workers is not None:
            self._workers.stop_imports()
        try:
            with contextlib.suppress(TargetError):
                self._classifying.classify()
            with self._monitor:
                self._monitor.reach(Phase.ABANDONED)
                self._states.pass_on(at_once=True)
                while self._may_be_confirmed() and (left := deadline - self._monitor.clock.now()) > 0:
                    self._monitor.wait(max(0.01, left))
                self._states.pass_on(at_once=True)
        finally:
            self._end()

    def fail(self, error: BaseException) -> None:
        """End the delivery with an error of a worker, which the reader's thread raises."""
        with self._monitor:
            self._monitor.fail(error)

    def _reject_unfit(self, results: Sequence[Contact | Rejection], origins: Sequence[Origin]) -> None:
        """Reject records that became no contact, or one that fits into no import."""
        if self._hold_rejected is not None:
            self._hold_from_here(self._hold_rejected)
        detail = "larger than a whole request of ActiveCampaign's importer may be"
        with self._monitor:
            self._monitor.raise_failure()
            for result, origin in zip(results, origins, strict=True):
                if isinstance(result, Rejection):
                    self._outcomes.reject(result, origin)
                elif len(result.body) > MAX_CONTACT_BYTES:
                    self._outcomes.reject(Rejection(Reason.TOO_LARGE, detail), origin)

    def _hold_from_here(self, hold: Hold) -> None:
        """Keep STATEs waiting behind what was read, and none of those before it."""
        if not hold.is_held:
            self._classifying.classify()
        with self._monitor:
            hold.hold()

    def _add_contacts(self, some: Sequence[PendingContact]) -> None:
        """Buffer contacts, and go on with them when that is enough."""
        self._start_workers()
        if some[0].origin.source is not None:
            with self._monitor:
                self._outcomes.keep(some)
        self._classifying.add_contacts(some)
        if self._classifying.is_full or self._kept_bytes >= self._bounds.kept_bytes:
            self._classifying.classify()
            with self._monitor:
                self._wait_while_full()

    def _wait_while_full(self) -> None:
        """Wait until less is under way: it stays bounded however slow the importer is."""
        self._monitor.raise_failure()
        while self._is_full():
            self._partial_batches.is_reading = False
            if not self._queue.can_take:
                self.submitting.close_filling(self._queue.filling)
            self._monitor.wait()
            self._check_interruption()
            self._monitor.raise_failure()
        self._partial_batches.is_reading = True

    def _is_full(self) -> bool:
        return (
            self._queue.ready_batches >= self._bounds.ready_batches
            or self._queue.blocked + self._queue.deferred >= self._bounds.waiting_contacts
            or self._queue.to_check >= self._bounds.to_check
            or self._kept_bytes >= self._bounds.kept_bytes
        )

    @property
    def _kept_bytes(self) -> int:
        """Bytes of input lines that are kept for the rejects file, and not packed."""
        return self._outcomes.kept_bytes - self._packed.source_bytes

    def _has_to_read(self) -> bool:
        return bool(
            self._queue.to_check or self._in_flight.to_read_back or self.confirming.has_removals_to_read
        )

    def _may_be_confirmed(self) -> bool:
        """Whether something that was sent may still get its outcome."""
        has_failed = self._monitor.failure is not None
        return bool(self._in_flight.submitting or (not has_failed and self._in_flight.unconfirmed))

    def _start_workers(self) -> None:
        if self._workers is not None:
            self._workers.start()

    def _end(self) -> None:
        with self._monitor:
            self._monitor.reach(Phase.OVER)
        if self._workers is not None:
            self._workers.stop()
        with self._monitor:
            self._outcomes.close()
        self._look_ups.close()
