"""Owns the SDK's sink of one stream: it validates and maps records, and hands the delivery what they became.

docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import itertools
import typing as t

from singer_sdk.exceptions import MissingKeyPropertiesError
from singer_sdk.sinks import Sink

from target_activecampaign.contacts.contact import Origin, Reason, Rejection
from target_activecampaign.singer.record_decoder import compile_record_decoder
from target_activecampaign.singer.validator import REFUSING_KEYWORDS, RecordValidator

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk import Target
    from singer_sdk.sinks.core import BaseJSONSchemaValidator

    from target_activecampaign.contacts.mapping import RecordMapper
    from target_activecampaign.reporting.report import StreamFigures
    from target_activecampaign.run.run import Run
    from target_activecampaign.singer.messages import DecodedRecords, Place
    from target_activecampaign.singer.record_decoder import RecordDecoder
    from target_activecampaign.singer.routing import Schema

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
"""Properties that the SDK adds to records, and removes before a sink sees them."""

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
    _decoding: tuple[RecordDecoder, RecordMapper] | None = None
    _is_open = False

    def open(self) -> None:
        """Compile the mapping of this schema, once; the first exported stream connects to the account.

        The SDK's `setup` is not the place: it is called amid stream maps, whose errors are the schema's.

        Raises:
            SettingsError: Naming what the schema or the account lacks.
            ServiceError: If the account can't be reached or refuses the key.
        """
        if self._is_open:
            return
        self._is_open = True
        run = self._run
        self._mapper = run.open_stream(self.stream_name, self.schema)
        if self._mapper is not None:
            self._figures = run.figures_of(self.stream_name)
            self._decoding = self._compile_decoding(self._mapper)

    def _compile_decoding(self, mapper: RecordMapper) -> tuple[RecordDecoder, RecordMapper] | None:
        """Compile a decoder of this schema's records, and the mapping of what it reads, where both can be."""
        decoder = compile_record_decoder(
            self.schema,
            keys=self._keys,
            metadata=METADATA,
            keywords=REFUSING_KEYWORDS if self.validate_schema else (),
        )
        pick = None if decoder is None else decoder.picker(mapper.properties)
        return None if decoder is None or pick is None else (decoder, mapper.for_records(pick))

    def __init__(self, target: Target, *args: t.Any, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Make the sink; see the SDK for the arguments."""
        self._run = t.cast("RunningTarget", target).current_run
        self._counted = 0
        super().__init__(target, *args, **kwargs)
        self._keys = frozenset(self.key_properties)

    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """Return a validator that shows no values; `None` with `validate_records: false`.

        Raises:
            InvalidJSONSchema: If the stream's schema is none.
        """
        if not self.validate_schema:
            return None
        validator = RecordValidator(self.schema)
        self._find_fault = validator.find_fault
        return validator

    def process_record(self, record: t.Any, context: dict[str, t.Any]) -> None:  # noqa: ANN401 - a JSON value
        """Map a record and hand it on.

        Args:
            record: After stream maps and flattening; nothing else holds it.
            context: `place` and `schema`, as `Router` gives them.

        Raises:
            MissingKeyPropertiesError: If the record lacks a key property, which breaks the Singer contract.
            TargetError: What stopped the delivery.
        """
        origin = self._origin(context["place"], context["schema"])
        if not isinstance(record, dict):
            self._reject(Rejection(Reason.SCHEMA_INVALID, "$: type"), origin)
            return
        is_deletion = False
        if not METADATA.isdisjoint(record):
            # The person is gone at the source: subscribing them again would do harm.
            is_deletion = record.get("_sdc_deleted_at") is not None
            if is_deletion and self._run.ignores_deletions:
                self._run.ignore_deletion(self.stream_name)
                return
            self._remove_sdc_metadata_from_record(record)
        self._process(record, origin, is_deletion=is_deletion)

    def _process(self, record: dict[str, t.Any], origin: Origin, *, is_deletion: bool) -> None:
        self._count(1)
        run, mapper, figures = self._run, self._mapper, self._figures
        if figures is not None:
            figures.read += 1
        if not record.keys() >= self._keys:
            self._raise_missing_keys(record, origin)
        if mapper is None or figures is None:
            run.ignore(self.stream_name)
        elif is_deletion:
            run.delivery.add([mapper.map_deletion(record)], [origin])
        else:
            fault = None if self._find_fault is None else self._find_fault(record)
            result = mapper.map(record) if fault is None else Rejection(Reason.SCHEMA_INVALID, fault)
            self._mark_seen(record, mapper)
            run.delivery.add([result], [origin])

    @property
    def record_decoder(self) -> RecordDecoder | None:
        """Reads records for `process_decoded`; `None` where each is read alone."""
        return None if self._decoding is None else self._decoding[0]

    def process_decoded(self, decoded: DecodedRecords, schema: Schema) -> None:
        """Map records as `process_record` does, and hand them on.

        Args:
            decoded: Read by `record_decoder`: its records are what the schema says and no deletions.
            schema: The SCHEMA message before them, where it is kept.

        Raises:
            TargetError: What stopped the delivery.
        """
        if self._decoding is None or self._figures is None:
            raise RuntimeError("no decoder of this sink can have read such records")
        _, mapper = self._decoding
        records = decoded.records
        self._count(len(records))
        self._figures.read += len(records)
        results = [mapper.map(record) for record in records]
        if self._run.mirror is not None:
            for record in records:
                self._mark_seen(record, mapper)
        self._run.delivery.add(results, self._origins(decoded, schema))

    def _origins(self, decoded: DecodedRecords, schema: Schema) -> list[Origin]:
        streams = itertools.repeat(self.stream_name, len(decoded.records))
        sources = decoded.sources if self._run.keeps_records else itertools.repeat(None)
        schemas = itertools.repeat(schema)
        return list(map(Origin, streams, decoded.line_numbers, decoded.rows, sources, schemas))

    def leave_out(self) -> None:
        """Count a record that a stream map leaves out."""
        self._run.leave_out(self.stream_name)

    def reject_unmapped(self, error: Exception, place: Place, schema: Schema) -> None:
        """Reject a record on which an expression of a stream map failed.

        Raises:
            TargetError: What stopped the delivery.
        """
        detail = f"stream_maps: an expression failed ({type(error).__name__})"
        self._reject(Rejection(Reason.VALUE_INVALID, detail), self._origin(place, schema))

    def _reject(self, rejection: Rejection, origin: Origin) -> None:
        if self._figures is None:
            self._run.ignore(self.stream_name)
            return
        self._figures.read += 1
        self._run.delivery.add([rejection], [origin])

    def _origin(self, place: Place, schema: Schema) -> Origin:
        source = place.source if self._run.keeps_records else None
        return Origin(self.stream_name, place.line_number, place.row, source, schema)

    def _count(self, records: int) -> None:
        self._counted += records
        if self._counted >= _COUNTED_AT_ONCE:
            self._tell_metrics()

    def _mark_seen(self, record: object, mapper: RecordMapper) -> None:
        mirror = self._run.mirror
        if mirror is not None and (email := mapper.identify(record)):
            mirror.mark_seen(self.stream_name, mapper.list_id, email)

    def process_batch(self, context: dict[str, t.Any]) -> None:
        """Do nothing: the SDK's batches hold nothing of ours."""

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
        raise MissingKeyPropertiesError(
            f"line {origin.line}, stream {self.stream_name!r}: the record lacks key properties "
            f"{missing}. Look at the tap; nothing after it was read"
        )
