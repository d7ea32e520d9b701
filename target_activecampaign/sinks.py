"""Owns the SDK's sink of one stream: it validates and maps records, and hands the delivery what they became.

docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import itertools
import logging
import typing as t

from singer_sdk.exceptions import MissingKeyPropertiesError
from singer_sdk.sinks import Sink

from target_activecampaign.contacts.contact import Contact, Origin, Reason, Rejection
from target_activecampaign.contacts.subscription import OptOut
from target_activecampaign.singer.deletion import DELETED_AT, DeletionMark, find_mark
from target_activecampaign.singer.mapped_schema import find_parts, join_parts
from target_activecampaign.singer.record_decoder import compile_record_decoder, read_whole_record
from target_activecampaign.singer.schema_keywords import REFUSING_KEYWORDS, describe_problems
from target_activecampaign.singer.validator import RecordValidator

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from singer_sdk import Target

    from target_activecampaign.contacts.mapping import RecordMapper
    from target_activecampaign.reporting.outcomes_file import StreamOutcomes
    from target_activecampaign.reporting.report import StreamFigures
    from target_activecampaign.run.people import People
    from target_activecampaign.run.record_observer import StreamObserver
    from target_activecampaign.run.run import Run
    from target_activecampaign.singer.mapped_schema import Keys, Part
    from target_activecampaign.singer.messages import DecodedRecords
    from target_activecampaign.singer.record_decoder import RecordDecoder
    from target_activecampaign.singer.routing import Schema, TapRecord
    from target_activecampaign.singer.schema_keywords import NotUnderstood
    from target_activecampaign.singer.source_key import KeyReader

logger = logging.getLogger(__name__)

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
    _records_validator = RecordValidator([])
    _decoding: tuple[RecordDecoder, RecordMapper] | None = None
    _outcomes: StreamOutcomes | None = None
    _observer: StreamObserver | None = None
    _pick_keys: Callable[[t.Any], Sequence[t.Any]] | None = None
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
            parts = self._find_parts(self._mapper) if self.validate_schema else []
            self._records_validator = RecordValidator(parts)
            if run.outcomes_file is not None:
                keys, personal = self.key_properties, self._mapper.personal_properties
                self._outcomes = run.outcomes_file.open_stream(self.stream_name, keys, self.schema, personal)
            self._observer = run.observe(self.stream_name, self.key_properties, self._mapper)
            self._decoding = self._compile_decoding(self._mapper, parts)

    def _find_parts(self, mapper: RecordMapper) -> list[Part]:
        """Return what the schema says of mapped values and of keys; log what is not understood."""
        problems: list[NotUnderstood] = []
        address = mapper.values[0]
        keys = [(key,) for key in self.key_properties]
        parts = find_parts(self.schema, [*filter(None, mapper.values), *keys], problems)
        if problems:
            logger.warning("%s", describe_problems(self.stream_name, problems))
        # Whether the address is one is known to the mapping.
        return [part for part in parts if part.keys != address or mapper.rejects_invalid]

    def _compile_decoding(
        self, mapper: RecordMapper, parts: Sequence[Part]
    ) -> tuple[RecordDecoder, RecordMapper] | None:
        """Compile a decoder of this schema's records, and the mapping of what it reads, where both can be."""
        properties = {*filter(None, mapper.properties), *self._keys}
        decoder = compile_record_decoder(
            join_parts(parts, properties), keys=self._keys, metadata=METADATA, keywords=REFUSING_KEYWORDS
        )
        if decoder is None or (pick := decoder.picker(mapper.properties)) is None:
            return None
        if self._outcomes is not None:
            # A decoder picks two properties or more.
            self._pick_keys = decoder.picker((*self._outcomes.key_properties, None, None))
        return decoder, mapper.for_records(pick)

    def __init__(self, target: Target, *args: t.Any, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Make the sink; see the SDK for the arguments."""
        self._run = t.cast("RunningTarget", target).current_run
        self._counted = 0
        super().__init__(target, *args, **kwargs)
        self._keys = frozenset(self.key_properties)

    def get_validator(self) -> None:
        """Return none: what is mapped is not known yet, and nothing else is validated."""

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
                self._take(self._figures, sent, record)
            self._raise_missing_keys(record, sent)
        self._export(record, sent, key)

    def _export(self, record: dict[str, t.Any], sent: TapRecord, key: bytes | None) -> None:
        run, mapper, figures = self._run, self._mapper, self._figures
        if mapper is None or figures is None:
            run.ignore(self.stream_name)
            return
        origin = self._take(figures, sent, record)
        faults = self._records_validator.find_faults(record)
        result = mapper.map(record) if not faults else self._map_without(faults, record, mapper)
        if self._observer is not None:
            self._observer.see(origin, record, result)
        has_keys = sent.read_key is not None
        self._hand_on(mapper, [record], [result], [key], [origin], has_keys=has_keys)

    def _map_without(
        self, faults: Mapping[Keys, str], record: dict[str, t.Any], mapper: RecordMapper
    ) -> Contact | Rejection | OptOut:
        """Map a record without what the schema refuses; a key can't be left out, and a no counts."""
        if (opt_out := mapper.find_opt_out(record)) is not None:
            return opt_out
        of_key = next((faults[(key,)] for key in self.key_properties if (key,) in faults), None)
        if of_key is None and not mapper.rejects_invalid:
            return mapper.map(record, faults)
        return Rejection(Reason.SCHEMA_INVALID, of_key or next(iter(faults.values())))

    def _hand_on(  # noqa: PLR0913 - what there is of some records
        self,
        mapper: RecordMapper,
        records: Sequence[t.Any],
        results: Sequence[Contact | Rejection | OptOut],
        keys: Sequence[bytes | None],
        origins: Sequence[Origin],
        *,
        has_keys: bool,
    ) -> None:
        """Hand on what records became; who said no is no contact."""
        run = self._run
        places = None
        if run.opt_outs is not None:
            places = run.opt_outs.sort(
                self.stream_name,
                mapper.list_id,
                results,
                keys,
                origins,
                has_keys=has_keys,
                says_yes=mapper.says_who_subscribes,
            )
        if places is not None:
            records, keys = [records[place] for place in places], [keys[place] for place in places]
            results, origins = [results[place] for place in places], [origins[place] for place in places]
        others = t.cast("Sequence[Contact | Rejection]", results)
        if run.people is not None:
            self._note_people(run.people, mapper, records, others, keys)
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
            self._note_deletion(mapper, figures, record, sent, key)

    def _note_deletion(
        self,
        mapper: RecordMapper,
        figures: StreamFigures,
        record: dict[str, t.Any],
        sent: TapRecord,
        key: bytes | None,
    ) -> None:
        if self._run.people is None:
            raise RuntimeError("deletions are ignored")
        origin = self._take(figures, sent, record)
        found = mapper.identify_deleted(record)
        if self._observer is not None:
            self._observer.see(origin, record, found if isinstance(found, Rejection) else OptOut(found))
        email, rejection = (None, found) if isinstance(found, Rejection) else (found, None)
        self._run.people.note_deletion(origin, mapper.list_id, key, email, rejection)

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
        origins = self._take_decoded(self._figures, decoded, schema)
        results = self._map_decoded(mapper, decoded, origins)
        keys: list[bytes | None] = []
        if self._run.needs_keys:
            keys = [None] * len(records) if read_key is None else list(map(read_key, records))
        self._hand_on(mapper, records, results, keys, origins, has_keys=read_key is not None)

    def _map_decoded(
        self, mapper: RecordMapper, decoded: DecodedRecords, origins: Sequence[Origin]
    ) -> list[Contact | Rejection | OptOut]:
        observer = self._observer
        if observer is None:
            return [mapper.map(record) for record in decoded.records]
        results = []
        # Nobody else read the sources: a run that is watched keeps none for rejected records.
        for record, source, origin in zip(decoded.records, decoded.sources, origins, strict=False):
            results.append(mapper.map(record))
            observer.see(origin, read_whole_record(source), results[-1])
        return results

    def _note_people(
        self,
        people: People,
        mapper: RecordMapper,
        records: Sequence[t.Any],
        results: Sequence[Contact | Rejection],
        keys: Sequence[bytes | None],
    ) -> None:
        """Tell the run the people that some records bring or may bring, in the records' order."""
        stream, list_id = self.stream_name, mapper.list_id
        all_of_them = zip(records, results, keys, strict=True)
        for is_rejected, some in itertools.groupby(all_of_them, lambda one: isinstance(one[1], Rejection)):
            if is_rejected:
                people.note_rejected(stream, list_id, [(key, mapper.identify(one)) for one, _, key in some])
            else:
                living = [(key, t.cast("Contact", result).email) for _, result, key in some]
                people.note_living(stream, list_id, living)

    def _take_decoded(self, figures: StreamFigures, decoded: DecodedRecords, schema: Schema) -> list[Origin]:
        """Count records as read: each has an outcome from now on, or will be unsettled."""
        figures.read += len(decoded.records)
        origins = self._origins(decoded, schema)
        if self._outcomes is not None and self._pick_keys is not None:
            count = len(self._outcomes.key_properties)
            self._outcomes.take(origins, [self._pick_keys(record)[:count] for record in decoded.records])
        return origins

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
            origins, has_keys = [self._origin(tap_record)], tap_record.read_key is not None
            if self._observer is not None:
                self._observer.see(origins[0], salvaged, opt_out)
            self._hand_on(self._mapper, [salvaged], [opt_out], [key], origins, has_keys=has_keys)
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
        run, mapper, figures = self._run, self._mapper, self._figures
        if mapper is None or figures is None:
            return False
        if run.ignores_deletions or not self._may_be_marked(tap_record.value):
            return False
        record = salvaged()
        if find_mark(tap_record.value, record) is not DeletionMark.TIME:
            return False
        key = self._read_key(tap_record, is_needed=True)
        if run.people is None or not run.people.knows_key(self.stream_name, mapper.list_id, key):
            return False
        self._note_deletion(mapper, figures, record, tap_record, key)
        return True

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
        origin = self._take(figures, sent, record)
        if self._observer is not None:
            self._observer.see(origin, record or {}, rejection)
        if run.people is not None:
            email = None if record is None else mapper.identify(record)
            run.people.note_rejected(self.stream_name, mapper.list_id, [(key, email)])
        run.delivery.add([rejection], [origin])

    def _take(self, figures: StreamFigures, sent: TapRecord, record: dict[str, t.Any] | None) -> Origin:
        """Count a record as read: it has an outcome from now on, or will be unsettled."""
        figures.read += 1
        origin = self._origin(sent)
        if self._outcomes is not None:
            self._outcomes.take_one(origin, record)
        return origin

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
