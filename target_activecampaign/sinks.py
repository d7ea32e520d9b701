"""The sink of one stream: validates and maps its records, and hands them to the run."""

from __future__ import annotations

import typing as t

from singer_sdk.exceptions import MissingKeyPropertiesError
from singer_sdk.sinks import Sink

from target_activecampaign.contacts.contact import Reason, Rejection
from target_activecampaign.singer.record_decoder import compile_record_decoder
from target_activecampaign.singer.validator import REFUSING_KEYWORDS, RecordValidator

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_sdk import Target
    from singer_sdk.sinks.core import BaseJSONSchemaValidator

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.contacts.mapping import RecordMapper
    from target_activecampaign.reporting.report import StreamFigures
    from target_activecampaign.run.run import Run
    from target_activecampaign.singer.record_decoder import RecordDecoder

METADATA = frozenset(
    f"_sdc_{name}"
    for name in (
        "batched_at",
        "deleted_at",
        "extracted_at",
        "received_at",
        "sequence",
        "sync_started_at",
        "table_version",
    )
)
"""What the SDK adds to records, and takes away before a sink sees them."""

_COUNTED_AT_ONCE = 100  # records; the SDK looks at the clock each time


class RunningTarget(t.Protocol):
    """What a sink knows of the target that it belongs to."""

    current_run: Run


class ActiveCampaignSink(Sink):
    """Takes the records of one stream, under one version of its schema.

    It holds no record: contacts on their way live in the run's `Delivery`, where neither a drain of the
    SDK nor a signal can lose them.
    """

    _mapper: RecordMapper | None = None
    _figures: StreamFigures | None = None
    _find_fault: Callable[[dict[str, t.Any]], str | None] | None = None
    _typed: tuple[RecordDecoder, RecordMapper] | None = None

    def setup(self) -> None:
        """Compile the mapping of this schema; the first exported stream connects to the account.

        Raises:
            SettingsError: Naming what the schema or the account lacks.
            ServiceError: If the account can't be reached or refuses the key.
        """
        run = self._run
        self._mapper = run.open_stream(self.stream_name, self.schema)
        if self._mapper is not None:
            self._figures = run.figures_of(self.stream_name)
            self._typed = self._compile_typed(self._mapper)

    def _compile_typed(self, mapper: RecordMapper) -> tuple[RecordDecoder, RecordMapper] | None:
        records = compile_record_decoder(
            self.schema,
            keys=self._keys,
            metadata=METADATA,
            keywords=REFUSING_KEYWORDS if self.validate_schema else (),
        )
        pick = None if records is None else records.picker(mapper.properties)
        return None if records is None or pick is None else (records, mapper.for_records(pick))

    def __init__(self, target: Target, *args: t.Any, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Make the sink; see the SDK for the arguments."""
        self._run = t.cast("RunningTarget", target).current_run
        self._counted = 0
        super().__init__(target, *args, **kwargs)
        self._keys = frozenset(self.key_properties)

    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """A validator that shows no values; `None` with `validate_records: false`.

        Raises:
            InvalidJSONSchema: If the stream's schema is none.
        """
        if not self.validate_schema:
            return None
        validator = RecordValidator(self.schema)
        self._find_fault = validator.find_fault
        return validator

    def process_record(self, record: dict[str, t.Any], context: dict[str, t.Any]) -> None:
        """Map a record and hand it on.

        Args:
            record: After stream maps and flattening.
            context: `origin`: where it stood in the input; `is_deletion`: whether it says that its person is
                gone at the source.

        Raises:
            MissingKeyPropertiesError: If the record lacks a key property, which breaks the Singer contract.
            TargetError: What stopped the delivery.
        """
        origin: Origin = context["origin"]
        self._count(1)
        if not record.keys() >= self._keys:
            self._raise_missing_keys(record, origin)
        run, mapper, figures = self._run, self._mapper, self._figures
        if mapper is None or figures is None:
            run.ignore(self.stream_name)
        elif context["is_deletion"]:
            figures.read += 1
            run.take([mapper.map_deletion(record)], [origin])
        else:
            figures.read += 1
            fault = None if self._find_fault is None else self._find_fault(record)
            result = mapper.map(record) if fault is None else Rejection(Reason.SCHEMA_INVALID, fault)
            self._mark_seen(record, mapper)
            run.take([result], [origin])

    @property
    def record_decoder(self) -> RecordDecoder | None:
        """What reads records for `take_all`; `None` where each has to be looked at."""
        return None if self._typed is None else self._typed[0]

    def take_all(self, records: Sequence[t.Any], origins: Sequence[Origin]) -> None:
        """Take records as `process_record` does.

        Args:
            records: Read by `record_decoder`: they are what the schema says and no deletions.
            origins: Where they stood in the input.

        Raises:
            TargetError: What stopped the delivery.
        """
        if self._typed is None or self._figures is None:
            msg = "there is nothing that such records were read by"
            raise RuntimeError(msg)
        self._count(len(records))
        self._figures.read += len(records)
        _, mapper = self._typed
        results = [mapper.map(record) for record in records]
        if self._run.is_mirror:
            for record in records:
                self._mark_seen(record, mapper)
        self._run.take(results, origins)

    def _count(self, records: int) -> None:
        self._counted += records
        if self._counted >= _COUNTED_AT_ONCE:
            self._tell_metrics()

    def _mark_seen(self, record: object, mapper: RecordMapper) -> None:
        run = self._run
        if run.is_mirror and (email := mapper.identify(record)):
            run.mark_seen(self.stream_name, mapper.list_id, email)

    def set_aside(self, rejection: Rejection, origin: Origin) -> None:
        """Take a record that did not come through the stream's maps.

        Raises:
            TargetError: What stopped the delivery.
        """
        run = self._run
        if self._figures is None:
            run.ignore(self.stream_name)
            return
        self._figures.read += 1
        run.set_aside(rejection, origin)

    def process_batch(self, context: dict[str, t.Any]) -> None:
        """Nothing to do: the SDK's batches hold nothing of ours."""

    def clean_up(self) -> None:
        """Tell the SDK's metrics what was counted last."""
        self._tell_metrics()
        super().clean_up()

    def _tell_metrics(self) -> None:
        self.tally_record_read(self._counted)
        self.record_counter_metric.increment(self._counted)
        self._counted = 0

    def _raise_missing_keys(self, record: dict[str, t.Any], origin: Origin) -> t.NoReturn:
        missing = [key for key in self.key_properties if key not in record]
        msg = (
            f"line {origin.line}, stream {self.stream_name!r}: the record lacks key properties "
            f"{missing}. Look at the tap; nothing after it was read"
        )
        raise MissingKeyPropertiesError(msg)
