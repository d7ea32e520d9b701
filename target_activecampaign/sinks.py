"""Owns the SDK's sink of one stream: it validates and maps records, and hands the delivery what they became.

docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import itertools
import typing as t

from singer_sdk.exceptions import MissingKeyPropertiesError
from singer_sdk.sinks import Sink

from target_activecampaign.contacts.contact import Contact, Origin, Reason, Rejection
from target_activecampaign.singer.deletion import DELETED_AT, DeletionMark, find_mark
from target_activecampaign.singer.record_decoder import compile_record_decoder
from target_activecampaign.singer.validator import REFUSING_KEYWORDS, RecordValidator

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from singer_sdk import Target
    from singer_sdk.sinks.core import BaseJSONSchemaValidator

    from target_activecampaign.contacts.mapping import RecordMapper
    from target_activecampaign.contacts.subscription import OptOut
    from target_activecampaign.reporting.report import StreamFigures
    from target_activecampaign.run.run import Run
    from target_activecampaign.singer.messages import DecodedRecords
    from target_activecampaign.singer.record_decoder import RecordDecoder
    from target_activecampaign.singer.routing import Schema, TapRecord
    from target_activecampaign.singer.source_key import KeyReader

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
            context: `tap_record`, as `Router` gives it.

        Raises:
            MissingKeyPropertiesError: If the record lacks a key property, which breaks the Singer contract.
            TargetError: What stopped the delivery.
        """
        sent: TapRecord = context["tap_record"]
        if not isinstance(record, dict):
            self._reject(Rejection(Reason.SCHEMA_INVALID, "$: type"), sent)
            return
        mark = find_mark(sent.value, record)
        key = self._read_key(sent, is_needed=mark is DeletionMark.TIME)
        if not METADATA.isdisjoint(record):
            self._remove_sdc_metadata_from_record(record)
        self._count(1)
        if mark is not DeletionMark.NONE:
            self._take_marked(mark, record, sent, key)
            return
        if not record.keys() >= self._keys:
            if self._figures is not None:
                self._figures.read += 1
            self._raise_missing_keys(record, sent)
        self._export(record, sent, key)

    def _export(self, record: dict[str, t.Any], sent: TapRecord, key: bytes | None) -> None:
        run, mapper, figures = self._run, self._mapper, self._figures
        if mapper is None or figures is None:
            run.ignore(self.stream_name)
            return
        figures.read += 1
        fault = None if self._find_fault is None else self._find_fault(record)
        result: Contact | Rejection | OptOut
        if fault is None:
            result = mapper.map(record)
        else:
            result = mapper.find_opt_out(record) or Rejection(Reason.SCHEMA_INVALID, fault)
        self._hand_on(mapper, [record], [result], [key], [self._origin(sent)])

    def _hand_on(
        self,
        mapper: RecordMapper,
        records: Sequence[t.Any],
        results: Sequence[Contact | Rejection | OptOut],
        keys: Sequence[bytes | None],
        origins: Sequence[Origin],
    ) -> None:
        """Hand on what records became; who said no is no contact."""
        run = self._run
        places = None
        if run.opt_outs is not None:
            says_yes = mapper.says_who_subscribes
            places = run.opt_outs.sort(
                self.stream_name, mapper.list_id, results, keys, origins, says_yes=says_yes
            )
        if places is not None:
            records, keys = [records[place] for place in places], [keys[place] for place in places]
            results, origins = [results[place] for place in places], [origins[place] for place in places]
        others = t.cast("Sequence[Contact | Rejection]", results)
        if run.notes_people:
            self._note_people(mapper, records, others, keys)
        run.delivery.add(others, origins)

    def _take_marked(
        self, mark: DeletionMark, record: dict[str, t.Any], sent: TapRecord, key: bytes | None
    ) -> None:
        """Hand on a record that the source deleted, or that does not say for sure."""
        run, mapper, figures = self._run, self._mapper, self._figures
        if mapper is None or figures is None:
            run.ignore(self.stream_name)
        elif mark is DeletionMark.UNREADABLE:
            self._reject(Rejection(Reason.VALUE_INVALID, f"{DELETED_AT}: not a time"), sent, record, key)
        elif run.ignores_deletions:
            # The person is gone at the source: subscribing them again would do harm.
            run.ignore_deletion(self.stream_name)
        else:
            figures.read += 1
            self._note_deletion(record, sent, key)

    def _note_deletion(
        self, record: dict[str, t.Any], sent: TapRecord, key: bytes | None, *, was_filtered: bool = False
    ) -> bool:
        if self._mapper is None:
            raise RuntimeError("a stream that is not exported takes nobody off a list")
        found = self._mapper.identify_deleted(record)
        email, rejection = (None, found) if isinstance(found, Rejection) else (found, None)
        return self._run.note_deletion(
            self._origin(sent), self._mapper.list_id, key, email, rejection, was_filtered=was_filtered
        )

    @property
    def record_decoder(self) -> RecordDecoder | None:
        """Reads records for `process_decoded`; `None` where each is read alone."""
        return None if self._decoding is None else self._decoding[0]

    def process_decoded(self, decoded: DecodedRecords, schema: Schema, read_key: KeyReader | None) -> None:
        """Map records as `process_record` does, and hand them on.

        Args:
            decoded: Read by `record_decoder`: its records are what the schema says and no deletions.
            schema: The SCHEMA message before them, where it is kept.
            read_key: Reads the keys of these records; `None` where they have none.

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
        keys: list[bytes | None] = []
        if self._run.needs_keys:
            keys = [None] * len(records) if read_key is None else list(map(read_key, records))
        self._hand_on(mapper, records, results, keys, self._origins(decoded, schema))

    def _note_people(
        self,
        mapper: RecordMapper,
        records: Sequence[t.Any],
        results: Sequence[Contact | Rejection],
        keys: Sequence[bytes | None],
    ) -> None:
        """Tell the run whom some records bring, and whom it may not know."""
        people: list[tuple[bytes | None, str]] = []
        for record, result, key in zip(records, results, keys, strict=True):
            if isinstance(result, Rejection):
                self._run.note_rejected(self.stream_name, mapper.list_id, key, mapper.identify(record))
            else:
                people.append((key, result.email))
        if people:
            self._run.note_living(self.stream_name, mapper.list_id, people)

    def _origins(self, decoded: DecodedRecords, schema: Schema) -> list[Origin]:
        streams = itertools.repeat(self.stream_name, len(decoded.records))
        sources = decoded.sources if self._run.keeps_records else itertools.repeat(None)
        schemas = itertools.repeat(schema)
        return list(map(Origin, streams, decoded.line_numbers, decoded.rows, sources, schemas))

    def reject_unmapped(self, error: Exception, tap_record: TapRecord, salvaged: dict[str, t.Any]) -> None:
        """Reject a record on which an expression of a stream map failed; a deletion stays one.

        Raises:
            TargetError: What stopped the delivery.
        """
        mark = find_mark(tap_record.value, salvaged)
        key = self._read_key(tap_record, is_needed=mark is DeletionMark.TIME)
        if mark is not DeletionMark.NONE:
            self._take_marked(mark, salvaged, tap_record, key)
            return
        opt_out = None if self._mapper is None else self._mapper.find_opt_out(salvaged)
        if self._mapper is not None and self._figures is not None and opt_out is not None:
            self._figures.read += 1
            self._hand_on(self._mapper, [salvaged], [opt_out], [key], [self._origin(tap_record)])
            return
        detail = f"stream_maps: an expression failed ({type(error).__name__})"
        self._reject(Rejection(Reason.VALUE_INVALID, detail), tap_record, salvaged, key)

    def leave_out(self, tap_record: TapRecord, salvaged: Callable[[], dict[str, t.Any]] | None) -> None:
        """Count a record that a stream map leaves out; a deletion of somebody known counts as read.

        A filter leaves a deletion out, maybe, for what a deletion lacks alone.

        Args:
            tap_record: As the tap sent it.
            salvaged: Makes what it would be but for the filter; `None` where the whole stream is left out.

        Raises:
            TargetError: What stopped the delivery.
        """
        if salvaged is None or not self._takes_filtered_deletion(tap_record, salvaged):
            self._run.leave_out(self.stream_name)

    def _takes_filtered_deletion(
        self, tap_record: TapRecord, salvaged: Callable[[], dict[str, t.Any]]
    ) -> bool:
        if self._mapper is None or self._run.ignores_deletions or not self._may_be_marked(tap_record.value):
            return False
        record = salvaged()
        if find_mark(tap_record.value, record) is not DeletionMark.TIME:
            return False
        key = self._read_key(tap_record, is_needed=True)
        return self._note_deletion(record, tap_record, key, was_filtered=True)

    def _may_be_marked(self, value: object) -> bool:
        is_sent = isinstance(value, dict) and DELETED_AT in value
        return is_sent or DELETED_AT in self.schema.get("properties", {})

    def _reject(
        self,
        rejection: Rejection,
        sent: TapRecord,
        record: dict[str, t.Any] | None = None,
        key: bytes | None = None,
    ) -> None:
        """Reject a record before it is mapped.

        Args:
            rejection: Why.
            sent: The record as the tap sent it.
            record: What stream maps made of it, as far as they could.
            key: Of the record at the source, where it can be read.
        """
        run, mapper, figures = self._run, self._mapper, self._figures
        if mapper is None or figures is None:
            run.ignore(self.stream_name)
            return
        figures.read += 1
        if run.notes_people:
            email = None if record is None else mapper.identify(record)
            run.note_rejected(self.stream_name, mapper.list_id, key, email)
        run.delivery.add([rejection], [self._origin(sent)])

    def _read_key(self, sent: TapRecord, *, is_needed: bool) -> bytes | None:
        if sent.read_key is None or not (is_needed or self._run.needs_keys):
            return None
        return sent.read_key(sent.value) if isinstance(sent.value, dict) else None

    def _origin(self, sent: TapRecord) -> Origin:
        place = sent.place
        source = place.source if self._run.keeps_records else None
        return Origin(self.stream_name, place.line_number, place.row, source, sent.schema)

    def _count(self, records: int) -> None:
        self._counted += records
        if self._counted >= _COUNTED_AT_ONCE:
            self._tell_metrics()

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

    def _raise_missing_keys(self, record: dict[str, t.Any], sent: TapRecord) -> t.NoReturn:
        missing = [key for key in self.key_properties if key not in record]
        raise MissingKeyPropertiesError(
            f"line {sent.place.line_number}, stream {self.stream_name!r}: the record lacks key properties "
            f"{missing}. Look at the tap; nothing after it was read"
        )
