"""The run: wires its parts together, from the first message to the exit code."""

from __future__ import annotations

import contextlib
import logging
import math
import typing as t
from dataclasses import replace

from target_activecampaign.api.client import Client
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.names import shown_name, shown_text
from target_activecampaign.contacts.mapping import (
    MappingOptions,
    RecordMapper,
    compile_mapping,
    problems_of_mapping,
)
from target_activecampaign.delivery.change_detection import LedgerChanges, NoLedger
from target_activecampaign.delivery.contract_headroom import ContractHeadroom
from target_activecampaign.delivery.delivery import Delivery
from target_activecampaign.delivery.dry_run import DryRun
from target_activecampaign.delivery.submitting import PartialBatches
from target_activecampaign.delivery.workers import WorkerThreads
from target_activecampaign.errors import LimitReachedError, SettingsError, TargetError
from target_activecampaign.ledger.patience import Patience
from target_activecampaign.reporting.mapping_notes import MappingNotes
from target_activecampaign.reporting.outcomes_file import OutcomesFile
from target_activecampaign.reporting.plan import plan_run
from target_activecampaign.reporting.progress_lines import ProgressLines
from target_activecampaign.reporting.report import Report
from target_activecampaign.reporting.run_ended import log_end
from target_activecampaign.reporting.run_facts import RunFacts
from target_activecampaign.run.brake import Brake
from target_activecampaign.run.chronicle import Chronicle
from target_activecampaign.run.embedded_sandbox import serve_sandbox
from target_activecampaign.run.judge import judge, judge_rejects
from target_activecampaign.run.mirror import Mirror
from target_activecampaign.run.observer import Observer
from target_activecampaign.run.opt_out_removals import OptOutRemovals
from target_activecampaign.run.opt_outs import OptOuts
from target_activecampaign.run.people import People
from target_activecampaign.run.preflight import check_account, guard_contract, read_exclusions
from target_activecampaign.run.record_observer import OpenedStream
from target_activecampaign.run.rejects import open_rejects
from target_activecampaign.run.removals import Removals
from target_activecampaign.run.row_names import name_place, place_of
from target_activecampaign.run.shared_limits import share_contract, share_limits
from target_activecampaign.run.stream_matching import StreamMatching
from target_activecampaign.run.subscribed_now import reasons_to_stay
from target_activecampaign.run.watch import Watch
from target_activecampaign.singer.completeness import Completeness
from target_activecampaign.singer.state_output import StateOutput
from target_activecampaign.source_files.source_file import listed

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from target_activecampaign.api.responses import Contract
    from target_activecampaign.clock import Clock
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.config.settings import Settings, StreamExport
    from target_activecampaign.contacts.contact import LeftAlone, Origin, Rejection
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusions
    from target_activecampaign.contacts.mapping import MappingNotes as Notes
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.change_detection import ChangeDetection
    from target_activecampaign.errors import MirrorStoppedError
    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.reporting.rejected_rows import RejectedRows
    from target_activecampaign.reporting.rejects import RejectsFile
    from target_activecampaign.reporting.report import StreamFigures
    from target_activecampaign.run.record_observer import RecordObserver, StreamObserver
    from target_activecampaign.run.signals import Interruption
    from target_activecampaign.shared_limits.sharing import Sharing
    from target_activecampaign.source_files import SourceFile

logger = logging.getLogger(__name__)

CONNECTION_TEST_STREAM = "meltano_test_stream"
"""`meltano config test` sends this stream: it checks the connection, nothing is written."""

_SECONDS_PER_DAY = 86_400
_DRY_RUN_POLLS_PER_SECOND = 1_000_000
_NOT_KEPT = (
    "a record is rejected and rejects_path is not set, so STATE waits here until the run is judged at its "
    "end. With rejects_path the record is kept, and STATE can pass meanwhile"
)
_ROW_NOT_KEPT = (
    "a row is rejected and rejects_path is not set, so it is named here alone. With "
    '"rejects_path": "rejects.csv" the rows are kept with their reasons, to be mended and sent again'
)
_FILE_IS_NO_PROOF = "a file does not show that it holds everybody"


class Run:
    """Everything that one run owns. Nothing is opened or sent before `begin` and `connect`."""

    _holds_states = False
    _has_begun = False
    _reads_input = True
    _is_closed = False
    on_import_end: Callable[[str, float], None] | None = None
    """Is told of each import that ended, as `Confirming` does it."""
    say_end: Callable[[dict[str, t.Any]], None] = staticmethod(log_end)
    """Says once, when the run has ended, what became of it: to a log, or to a person."""

    def __init__(
        self,
        settings: Settings,
        interruption: Interruption,
        clock: Clock | None = None,
        source: SourceFile | None = None,
    ) -> None:
        """Prepare.

        Args:
            settings: Of the run.
            interruption: Whether the run was asked to stop.
            clock: Where time comes from; the machine's by default.
            source: The file that is sent; `None` where messages come from a tap.
        """
        self._settings = settings
        self.source = source
        self._interruption = interruption
        self._clock = clock or SystemClock()
        self._rate_limiter = RateLimiter(
            settings.requests_per_second, settings.imports_per_minute, self._clock
        )
        self._report = Report(settings.display_name, self._clock.utc_now())
        self._report.facts = RunFacts.of(settings, None if source is None else source.name)
        self.chronicle = Chronicle(settings, self._report, self._clock)
        """What stays of this run when it is over."""
        self._rejects: RejectsFile | RejectedRows | None = None
        self.outcomes_file: OutcomesFile | None = None
        """Takes every record of an exported stream that is read, where outcomes are written."""
        self.record_observer: RecordObserver | None = None
        """Sees each record and its outcome, where somebody watches."""
        self._client: Client | None = None
        self._account: Account | None = None
        self._fields: Mapping[str, CustomField] = {}
        self._exclusions: Exclusions | None = None  # `None` where there are none
        self._resources = contextlib.ExitStack()
        self._deletions = 0
        self._streams = StreamMatching(settings)
        self._mapping_notes: dict[str, MappingNotes] = {}
        self._refusal: SettingsError | None = None  # of the account
        self.figures: dict[str, t.Any] = {}
        self.keeps_records = settings.rejects_path is not None and not settings.dry_run
        """Whether rejected records are written down, so that their lines are kept until then."""
        self.is_mirror = settings.is_mirror
        """Whether the run notes which streams come whole."""
        self.completeness = Completeness() if source is None else Completeness(_FILE_IS_NO_PROOF)
        self._ledger: Ledger | None = None
        self._began_at = 0  # as the ledger has it
        self._patience = Patience()
        interruption.on_stop = lambda: self._patience.end_within(settings.shutdown_grace_seconds)
        self.observer = Observer(settings, self._clock, self._rate_limiter, self._patience, interruption)
        """Looks at this run."""
        self.observer.source = source
        lines = ProgressLines(settings.progress_seconds)
        self.watch = Watch(self.observer.look, self._report.timeline, lines.show)
        """Has it look about once a second, and shows its observers."""
        self.people: People | None = None
        """Notes who comes, where that matters; `None` where it does not."""
        self._mirror: Mirror | None = None
        self.opt_outs: OptOuts | None = None
        """Takes records that say no, where that may be; `None` where it may not."""
        self._state_output = StateOutput(self._make_durable, is_silent=settings.dry_run or source is not None)
        self._changes: ChangeDetection = NoLedger()
        self._headroom = ContractHeadroom()
        self._sharing: Sharing | None = None
        self._started_delivery: Delivery | None = None

    @property
    def title(self) -> str:
        """What goes where, for a line of text: the source, and the list where there is one."""
        source = shown_text(self._settings.display_name if self.source is None else self.source.stream)
        lists = list(self._report.facts.lists.items())
        if len(lists) != 1:
            return source
        number, name = lists[0]
        return f'{source} to "{shown_text(name)}"' if name else f"{source} to list {number}"

    def begin(self) -> None:
        """Open the run's files and its ledger, once: what can't be written is said before anything is sent.

        A list that the settings name has its number from the account, and its lock in the ledger by that.

        Raises:
            OutputError: If one can't be written.
            SettingsError: If the ledger can't be used, or the account has not what the settings name.
            ServiceError: If it can't be reached or refuses the key.
        """
        if self._has_begun:
            return
        self._has_begun = True
        self.watch.observers.append(self.chronicle.note_progress)
        self._report.ceiling_per_minute = self.observer.ceiling_per_minute
        self.watch.start()
        self.chronicle.is_silent |= not self._reads_input
        with self._interruption.at_once():
            self.chronicle.begin()
        self._state_output.check()
        self.chronicle.check_report()
        if self.keeps_records and self._settings.rejects_path is not None:
            self._rejects = open_rejects(self._settings.rejects_path, self.source)
            self._resources.callback(self._rejects.close)
        if self._settings.outcomes_path is not None and not self._settings.dry_run:
            self.outcomes_file = OutcomesFile(self._settings.outcomes_path, self._clock.utc_now)
            self._resources.callback(self.outcomes_file.close)
        if self._settings.list_names() and not self._knows_account():
            return
        if self._settings.ledger_url is not None:
            # Nothing is read yet, and another process may hold the ledger locked.
            with self._interruption.at_once():
                self._open_ledger(self._settings.ledger_url)
        self.observer.run_number = self.chronicle.number
        self._started_delivery = self.observer.delivery = self._make_delivery()
        if self.on_import_end is not None:
            self._started_delivery.confirming.on_import_end = self.on_import_end
        self._note_people_if_needed(self._started_delivery)
        self._note_opt_outs_if_needed(self._started_delivery)

    def _knows_account(self) -> bool:
        """Check the account, and keep its refusal until a SCHEMA shows what else is to mend.

        Raises:
            SettingsError: If the run reads no input.
        """
        try:
            self._check_account()
        except SettingsError as error:
            if not self._reads_input:
                raise
            self._refusal = error
        return self._refusal is None

    @property
    def unsaid_problems(self) -> Sequence[str]:
        """What the account lacks, where something else ended the run before that was raised."""
        return () if self._refusal is None else self._refusal.problems

    @property
    def has_sent(self) -> bool:
        """Whether something may have been written to the account."""
        return self._client is not None and self._client.has_submitted

    @property
    def delivery(self) -> Delivery:
        """The delivery of this run, which begins with the first question for it.

        Raises:
            SettingsError: If the account lacks what the settings name.
        """
        self.begin()
        if self._refusal is not None:
            raise self._refusal
        if self._started_delivery is None:
            raise RuntimeError("the run could not begin")
        return self._started_delivery

    def _make_delivery(self) -> Delivery:
        settings = self._settings
        if settings.dry_run:
            # Nothing is sent, so nothing can be read back, and no limit holds up the polls.
            settings = replace(settings, verify="none", requests_per_second=_DRY_RUN_POLLS_PER_SECOND)
        return Delivery(
            settings=settings,
            clock=self._clock,
            report=self._report,
            state_output=self._state_output,
            changes=self._changes,
            headroom=self._headroom,
            reject=self._write_rejected,
            outcomes_file=self.outcomes_file or self.record_observer,
            check_interruption=self._interruption.check,
            # A plan depends on the input alone: no part of an import leaves because the tap paused.
            partial_batches=PartialBatches(math.inf, math.inf) if settings.dry_run else None,
        )

    def _open_ledger(self, url: Secret) -> None:
        from target_activecampaign.ledger.ledger import Ledger  # noqa: PLC0415 - 0.2 s, for those who have one

        settings = self._settings
        now = self._clock.epoch_seconds()
        ledger = Ledger.open(
            url,
            account=settings.account,
            api_key=settings.api_key,
            now=now,
            keeps_people=self._takes_people_off,
            read_only=settings.dry_run,
            # Without input nothing is known but what runs left there.
            create=self._reads_input,
            patience=self._patience,
        )
        self._resources.callback(ledger.close)
        self.chronicle.enter()
        ledger.hold(settings.list_ids())
        if self._reads_input:
            self._began_at = ledger.begin_run(now)
        self._ledger = ledger
        self._changes = LedgerChanges(
            ledger,
            max_age_seconds=settings.ledger_max_age_days * _SECONDS_PER_DAY,
            clock=self._clock.epoch_seconds,
            note_people=self._flush_people,
            is_read_only=settings.dry_run,
        )

    @property
    def _takes_people_off(self) -> bool:
        return self._settings.is_mirror or not self.ignores_deletions

    def _note_people_if_needed(self, delivery: Delivery) -> None:
        """Note who comes, where people may be taken off or are pending from an earlier run."""
        settings, ledger = self._settings, self._ledger
        has_pending = ledger is not None and any(map(ledger.count_pending, settings.list_ids()))
        kept_lists = self._find_kept_lists()
        if not kept_lists and not has_pending:
            return
        now = self._clock.epoch_seconds()
        writes = not settings.dry_run
        self.people = People(
            delivery,
            ledger,
            is_mirror=settings.is_mirror,
            takes_deletions=not self.ignores_deletions,
            kept_lists=kept_lists,
            is_read_only=not writes,
            now=now,
        )
        self._resources.callback(self.people.close)
        if settings.is_mirror and ledger is not None:
            self._mirror = Mirror(
                ledger,
                self.people,
                self.completeness,
                self._streams.sources_of,
                check_interruption=self._interruption.check,
                writes=writes,
                now=self._began_at,
            )

    def _find_kept_lists(self) -> Collection[int]:
        """Return the lists whose people are noted: this run may take somebody off, or another run does."""
        list_ids, ledger = self._settings.list_ids(), self._ledger
        if self._takes_people_off:
            return list_ids
        kept = [] if ledger is None else [list_id for list_id in list_ids if ledger.has_members(list_id)]
        if kept and ledger is not None:
            ledger.keep_people()
        return kept

    def _note_opt_outs_if_needed(self, delivery: Delivery) -> None:
        """Note who says no, where a stream may say it or the ledger knows somebody who did."""
        settings, ledger = self._settings, self._ledger
        is_known = ledger is not None and any(map(ledger.has_opt_outs, settings.list_ids()))
        if not settings.takes_opt_outs and not is_known:
            return
        now = self._clock.epoch_seconds()
        self.opt_outs = OptOuts(
            delivery,
            ledger,
            takes_off=settings.takes_opt_outs,
            is_read_only=settings.dry_run,
            now=now,
            flush_people=self._flush_people,
        )
        self._resources.callback(self.opt_outs.close)
        oldest = now - settings.ledger_max_age_days * _SECONDS_PER_DAY if settings.ledger_max_age_days else 0
        for list_id in settings.list_ids():
            self.opt_outs.read_ledger(list_id, oldest)

    def _flush_people(self) -> None:
        if self.people is not None:
            self.people.flush()

    def connect(self) -> None:
        """Check the account, once, before the first write.

        Raises:
            InterruptedRunError: If the run is asked to stop meanwhile.
            SettingsError: Naming what the account lacks.
            ServiceError: If it can't be reached or refuses the key.
        """
        if self._account is not None:
            return
        client = self._check_account()
        with self._interruption.at_once():
            self._exclusions = read_exclusions(client) or None
            read_at = self._clock.now()
            contract = guard_contract(self._settings, client, self._headroom)
        self._report.room = None if contract is None else int(self._headroom.left)
        if contract is not None:
            self._report.contract = contract.subscriber_limit, contract.subscriber_total
            self._report.contract_before = contract.subscriber_total
        if contract is not None and self._sharing is not None and not self._settings.dry_run:
            share_contract(self._settings, contract, read_at, self._sharing, self._headroom, self._clock)
        self._account = account = self._make_dry_run(client, contract) if self._settings.dry_run else client
        self.delivery.connect(
            WorkerThreads(
                self.delivery,
                account,
                self._rate_limiter,
                requests_per_second=self._settings.requests_per_second,
                imports_per_minute=self._settings.imports_per_minute,
                polls_at_once=self._settings.dry_run,
            )
        )

    def _check_account(self) -> Client:
        """Check once that the account has what the settings name; returns what talks to it."""
        if self._client is None:
            base_url = self._settings.base_url or self._resources.enter_context(
                serve_sandbox(is_dry_run=self._settings.dry_run)
            )
            self._share_limits()
            self._client = Client(
                base_url, self._settings.api_key, self._rate_limiter, self._settings.request_timeout_seconds
            )
            # Nothing is sent yet, so nothing is lost where a signal ends this.
            with self._interruption.at_once():
                self._settings, self._fields, names = check_account(self._settings, self._client)
            self._report.facts.lists = dict(names)
        return self._client

    def _share_limits(self) -> None:
        """Share the limits with other runs of the account, from the first request on."""
        shared = self._settings.shared_limits
        if shared is None:
            return
        with self._interruption.at_once():
            self._sharing = share_limits(self._settings, *shared, self._rate_limiter, self._clock)
        if self._sharing is not None:
            self._resources.callback(self._sharing.close)

    def _make_dry_run(self, client: Client, contract: Contract | None) -> DryRun:
        dry_run = DryRun(client, contract, remembers_lists=self._may_take_off_own)
        self._resources.callback(dry_run.close)
        return dry_run

    @property
    def _may_take_off_own(self) -> bool:
        """Whether this run may take somebody off that it put on the list itself."""
        return not self.ignores_deletions or self._settings.takes_opt_outs

    def note_schema(self, stream: str) -> None:
        """Note a SCHEMA of a stream, as the tap calls it."""
        self._streams.note_schema(stream)

    def open_stream(self, stream: str, schema: Mapping[str, t.Any]) -> RecordMapper | None:
        """Compile how the records of a stream become contacts; `None` if it is not exported.

        Args:
            stream: As stream maps call it; they do not leave it out.
            schema: After stream maps.

        Raises:
            SettingsError: Naming what the schema or the account lacks.
            ServiceError: If the account can't be reached or refuses the key.
        """
        self.begin()
        export = self._settings.export_for(stream)
        is_test = stream == CONNECTION_TEST_STREAM
        self.chronicle.is_trial |= is_test
        if export is not None or is_test:
            self._connect_for(stream, schema, export)
        self._streams.note_mapped(stream, is_exported=export is not None or is_test)
        self._release_states()
        if export is None or is_test:
            return None
        self._note_stream(stream, export.list_id)
        options = MappingOptions(
            clears_nulls=self._settings.on_null == "clear",
            exclude_automations=self._settings.exclude_automations,
            phone_region=self._settings.phone_region,
            source_timezone=self._settings.source_timezone,
            exclusions=self._exclusions,
            rejects_invalid=self._settings.on_invalid_value == "reject",
            subscription_words=self._settings.subscription_words,
        )
        notes: Notes = self.mapping_notes_of(stream)
        if self.record_observer is not None:
            notes = self.record_observer.watch_notes(notes)
        self._mapping_options = options
        try:
            return compile_mapping(stream, schema, export, self._fields, options, notes=notes)
        except SettingsError as error:
            if self.source is None:
                raise
            columns = f"{shown_name(self.source.name)} has the columns {listed(self.source.headers)}"
            raise SettingsError([*error.problems, f"{columns}. Nothing was sent"]) from None

    def _connect_for(self, stream: str, schema: Mapping[str, t.Any], export: StreamExport | None) -> None:
        """Connect. What the account lacks is said together with what the schema of the stream lacks."""
        try:
            if self._refusal is not None:
                raise self._refusal
            self.connect()
        except SettingsError as error:
            more = [] if export is None else problems_of_mapping(stream, schema, export)
            raise SettingsError([*error.problems, *more]) from None

    def observe(self, stream: str, keys: Sequence[str], mapper: RecordMapper) -> StreamObserver | None:
        """Return what sees the records of a stream whose mapping is compiled; `None` where nobody watches."""
        export, client, options = self._settings.export_for(stream), self._client, self._mapping_options
        if self.record_observer is None or export is None or client is None or options is None:
            return None
        opened = OpenedStream(stream, keys, mapper, export, self._fields, options, client)
        return self.record_observer.open_stream(opened)

    def _note_stream(self, stream: str, list_id: int) -> None:
        """Note that a stream is exported to a list."""
        for noting in (self._mirror, self.people, self.opt_outs):
            if noting is not None:
                noting.open_stream(stream, list_id)

    def figures_of(self, stream: str) -> StreamFigures:
        """Return the figures of a stream, whose sink counts the records that it reads."""
        return self._report.streams[stream]

    def mapping_notes_of(self, stream: str) -> MappingNotes:
        """Return where the values of a stream are counted that are left out (`on_invalid_value`)."""
        if stream not in self._mapping_notes:
            self._mapping_notes[stream] = MappingNotes(stream, self.figures_of(stream))
        return self._mapping_notes[stream]

    def ignore(self, stream: str) -> None:
        """Count a record of a stream that is not exported, and say so once."""
        figures = self.figures_of(stream)
        if not figures.ignored:
            logger.warning(
                "stream %r is not exported: its records are counted as ignored. To export it, give it an "
                "entry in streams",
                stream,
            )
        figures.ignored += 1
        self._hold_states()

    def leave_out(self, stream: str) -> None:
        """Count a record that a stream map leaves out."""
        self.figures_of(stream).filtered += 1
        self._hold_states()

    def _hold_states(self) -> None:
        """Keep STATEs waiting after a record that is not exported, as long as nothing shows what is."""
        if not self._holds_states and not self._streams.has_exported:
            self._holds_states = True
            self.delivery.hold_states()

    def _release_states(self) -> None:
        if self._holds_states and self._streams.has_exported:
            self._holds_states = False
            self.delivery.release_states()

    @property
    def ignores_deletions(self) -> bool:
        """Whether a record that says a person is gone at the source is not exported."""
        return self._settings.on_delete == "ignore"

    def ignore_deletion(self, stream: str) -> None:
        """Count a record that says a person is gone at the source: it is not exported."""
        if not self._deletions:
            logger.warning(
                "on_delete: records with _sdc_deleted_at are not exported, they are counted as ignored. "
                "To take their people off the list: on_delete: unsubscribe"
            )
        self._deletions += 1
        self.figures_of(stream).ignored += 1

    @property
    def needs_keys(self) -> bool:
        """Whether it matters of which record of the source a person is."""
        return self.people is not None or self.opt_outs is not None

    # The end

    def finish(self) -> None:
        """Bring everything to its end after the last line, and judge the run.

        Raises:
            TargetError: What stopped the delivery, or the judgement: no stream was exported, a limit was
                reached and `on_limit` is `fail`, too many records were rejected, or the mirror was stopped.
        """
        self.delivery.settle()
        self._flush_people()
        if self.opt_outs is not None:
            self.opt_outs.flush()
            self.opt_outs.say_overruled()
        failure = self._judge()
        if failure is None or isinstance(failure, LimitReachedError):
            # A full contract keeps nobody on a list: nobody new is needed for that.
            failure = self._carry_out_removals(has_failed=failure is not None) or failure
        self.delivery.finish()
        self._close(failure)
        if failure:
            raise failure

    def _judge(self) -> TargetError | None:
        """Return why the run has failed; STATE goes past rejected records where they are not the reason."""
        total = self._report.totals()
        mistake = self._streams.judge(total.ignored + total.filtered)
        if mistake is not None:
            return mistake
        self._streams.warn()
        for notes in self._mapping_notes.values():
            notes.warn_of_missing()
        if judge_rejects(self._settings, self._report) is None:
            self.delivery.accept_rejected()
        return judge(self._settings, self._report)

    def fail(self, exit_code: int, error: str = "") -> None:
        """End the run early: submit nothing more, settle what settles in time, write STATE and report.

        Args:
            exit_code: The run's.
            error: The message of what ended it, a line for each problem.

        Raises:
            OutputError: If one can't be written.
        """
        if self._is_closed:
            return
        grace = self._patience.seconds_left(self._settings.shutdown_grace_seconds)
        self._patience.end_within(grace)
        try:
            if self._started_delivery is not None:
                self._started_delivery.abandon(grace)
        finally:
            self._end(exit_code, error)

    def count_pending(self) -> int:
        """Return how many people are to be taken off the lists of this run, which reads no input.

        Raises:
            LedgerError: If the ledger can't be read.
        """
        self._reads_input = False
        self.begin()
        ledger = self._ledger
        return 0 if ledger is None else sum(map(ledger.count_pending, self._settings.list_ids()))

    def carry_out_pending(self, *, also_earlier: bool) -> MirrorStoppedError | None:
        """Take off who is pending in the ledger; returns why nobody was, if so.

        Args:
            also_earlier: Whether those too that an earlier run than the last one did not bring.

        Raises:
            TargetError: What stopped the delivery.
        """
        self._reads_input = False
        self.begin()
        self.connect()
        self._mirror = self.people = None  # no input says who comes
        self.observer.is_taking_off = True
        stopped = self._removals().carry_out_pending(also_earlier=also_earlier)
        self.delivery.finish()
        self._close(stopped)
        return stopped

    def _carry_out_removals(self, *, has_failed: bool) -> TargetError | None:
        """Take off who may be taken off; returns why nobody was, if so.

        Args:
            has_failed: Whether a limit was reached that fails the run: then the mirror takes nobody off.
        """
        if self._mirror is not None:
            self._mirror.say_who_is_left_behind(self._list_of)
            if has_failed:
                logger.warning(
                    "membership: a limit was reached, so the mirror did not look for who is gone. A run that "
                    "delivers all does"
                )
        if not self.needs_keys or self._account is None:
            return None
        if self.people is not None:
            self.people.end_input()
        if has_failed:
            self._mirror = None
        self.observer.is_taking_off = True
        return self._removals().carry_out(is_cut_short=bool(self._report.totals().held_back))

    def _list_of(self, stream: str) -> int | None:
        export = self._settings.export_for(stream)
        return None if export is None else export.list_id

    def _removals(self) -> Removals:
        settings = self._settings
        count_subscribers = (lambda _: None) if self._client is None else self._client.subscriber_count
        return Removals(
            delivery=self.delivery,
            report=self._report,
            brake=Brake(settings.max_removal_percent, count_subscribers),
            list_ids=settings.list_ids(),
            ledger=self._ledger,
            people=self.people,
            mirror=self._mirror,
            opt_outs=self._opt_out_removals(),
            takes_deletions=not self.ignores_deletions,
            writes=not settings.dry_run,
        )

    def _opt_out_removals(self) -> OptOutRemovals | None:
        if self.opt_outs is None:
            return None
        return OptOutRemovals(self.opt_outs, self.delivery, self._report, self._find_reasons_to_stay)

    def _find_reasons_to_stay(self, list_id: int, emails: Collection[str]) -> Mapping[str, LeftAlone | None]:
        if self._account is None:
            raise RuntimeError("nobody is taken off before the account was checked")
        touched = self.delivery.sent_among(emails)
        # Everything that was sent has its outcome, so nothing is lost where a signal ends this.
        with self._interruption.at_once():
            return reasons_to_stay(self._account, list_id, emails, touched)

    def _close(self, failure: TargetError | None) -> None:
        self._end(failure.exit_code if failure else 0, str(failure) if failure else "")

    def _end(self, exit_code: int, error: str) -> None:
        """Close the run's files, write the report and say what became of the run."""
        if self._is_closed:
            return
        self._is_closed = True
        self._report.error = error or None
        self.watch.stop()
        try:
            self._resources.close()
        except TargetError as failure:
            self._report.error = error or str(failure)
            self._tell(failure.exit_code)
            raise
        except BaseException:
            self._tell(exit_code or 1)
            raise
        self._tell(exit_code)

    def _tell(self, exit_code: int) -> None:
        """Write the report, tell those who are to hear of the run, and say once what became of it."""
        grace = None if self._interruption.exit_code is None else self._patience.seconds_left(0)
        self.figures = report = self._make_report(exit_code)
        report |= self.chronicle.judge(report, grace)
        rejects_path = None if self._rejects is None else self._settings.rejects_path
        try:
            self.chronicle.close(report, rejects_path, grace)
        finally:
            # Where the report can't be written, the figures are known here alone now.
            self._say_end(report)

    def _say_end(self, report: dict[str, t.Any]) -> None:
        """Say what became of the run; where nobody can be told, the exit code still says it."""
        try:
            self.say_end(report)
        except Exception as error:  # noqa: BLE001 - standard error may be full, closed or a pipe without reader
            logger.warning(
                "the end of the run can't be shown (%s). Its exit code and its report say how it ended",
                type(error).__name__,
            )

    def _make_report(self, exit_code: int) -> dict[str, t.Any]:
        requests = self._client.requests if self._client else 0
        delivery = self._started_delivery
        self._report.contract = self._headroom.figures or self._report.contract
        if self._client is not None:
            self._report.retries = self._client.retries
            self._report.requests_by = self._client.requests_by()
        if delivery is not None:
            self._report.import_seconds = delivery.import_seconds(self.observer.started_at)
        if self._settings.dry_run:
            self._report.state_record = None
            total = self._report.totals()
            self._report.plan = plan_run(
                verified=total.delivered if self._settings.verify == "all" else 0,
                account_contacts=self._headroom.total,
                taken_off=total.unsubscribed,
                imports=self._report.imports,
                requests_made=requests,
                requests_per_second=self._settings.requests_per_second,
                imports_per_minute=self._settings.imports_per_minute,
                first_contact=None if delivery is None else delivery.first_contact,
            )
        return self._report.as_json(
            ended_at=self._clock.utc_now(),
            requests=requests,
            waited_seconds=self._rate_limiter.waited_seconds,
            exit_code=exit_code,
        )

    # Rejected records

    def _make_durable(self) -> None:
        """Write down what a STATE covers, before it is passed on."""
        for file in (self._rejects, self.outcomes_file):
            if file is not None:
                file.sync()
        self._flush_people()
        if self.opt_outs is not None:
            self.opt_outs.flush()

    def _write_rejected(self, origin: Origin, rejection: Rejection) -> None:
        place = place_of(origin, self.source)
        is_named, is_first = self._report.note_rejected(rejection.reason, place)
        if is_first and self._settings.rejects_path is None and not self._settings.dry_run:
            logger.warning("%s", _NOT_KEPT if self.source is None else _ROW_NOT_KEPT)
        if is_named:
            logger.warning("%s: rejected, %s", name_place(origin, self.source), rejection.reason.value)
        if self._rejects is not None:
            self._rejects.write(origin, rejection)
