"""Owns the way of a stream's records through the SDK's stream maps to the sinks of the streams they become.

It must not know what a sink does with a record. docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t

from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform

from target_activecampaign.singer.messages import DecodedRecords
from target_activecampaign.singer.salvage import salvage
from target_activecampaign.singer.source_key import compile_key_reader

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from target_activecampaign.singer.messages import Place, Record
    from target_activecampaign.singer.reader import StreamDecoders
    from target_activecampaign.singer.record_decoder import RecordDecoder
    from target_activecampaign.singer.source_key import KeyReader

Schema: t.TypeAlias = "str | bytes | None"
"""A SCHEMA message as the tap sent it; `None` where it is not kept."""


class TapRecord(t.NamedTuple):
    """A record before stream maps.

    Attributes:
        value: As the tap sent it.
        place: Where it stands in the input.
        schema: The SCHEMA message before it.
        read_key: Reads the key of such records; `None` where they have none.
    """

    value: object
    place: Place
    schema: Schema
    read_key: KeyReader | None


class RecordSink(t.Protocol):
    """What routing knows of a sink."""

    @property
    def record_decoder(self) -> RecordDecoder | None:
        """Reads records for `process_decoded`; `None` where each is read alone."""

    def process_record(self, record: t.Any, context: dict[str, t.Any]) -> None:  # noqa: ANN401 - a JSON value
        """Take one record; `context` has the `tap_record` that it was."""

    def process_decoded(self, decoded: DecodedRecords, schema: Schema, read_key: KeyReader | None) -> None:
        """Take records that `record_decoder` read, and what reads their keys."""

    def reject_unmapped(self, error: Exception, tap_record: TapRecord, salvaged: dict[str, t.Any]) -> None:
        """Take the failure of a stream map, and what could be made, in place of the record."""

    def leave_out(self, tap_record: TapRecord, salvaged: Callable[[], dict[str, t.Any]] | None) -> None:
        """Take a record that a stream map leaves out, and what it would be but for a filter."""


class _Route(t.NamedTuple):
    """Where the records of a stream go.

    Attributes:
        stream_map: What changes them; `None` where they go as they came.
        sink: Takes them.
        read_key: Reads the keys of records as the tap sends them.
        read_decoded_key: Reads the keys of records that the sink's decoder read.
    """

    stream_map: StreamMap | None
    sink: RecordSink
    read_key: KeyReader | None
    read_decoded_key: KeyReader | None


class Router:
    """Sends records to sinks. Routes are found at a stream's first record and hold until the next SCHEMA."""

    def __init__(
        self,
        stream_maps: Mapping[str, list[StreamMap]],
        find_sink: Callable[[str, str], t.Any],
        decoders: StreamDecoders,
    ) -> None:
        """Start without routes.

        Args:
            stream_maps: The SDK's, by stream as the tap calls it; it changes them with each SCHEMA.
            find_sink: Returns the `RecordSink` of a stream's last SCHEMA, for the stream as the tap calls it
                and as a stream map does.
            decoders: Told of each stream whose records can be read many at a time, and how.
        """
        self._stream_maps = stream_maps
        self._find_sink = find_sink
        self._decoders = decoders
        self.trusts_keys = True
        """Whether `key_properties` are the source's word; a guess is no reason to take anybody off a list."""
        self._routes: dict[str, list[_Route]] = {}
        self._schemas: dict[str, Schema] = {}

    def open_stream(self, stream: str, schema: Schema) -> None:
        """Take a SCHEMA."""
        self._routes.pop(stream, None)
        self._decoders.remove(stream)
        if schema is not None:
            self.keep_schema(stream, schema)

    def keep_schema(self, stream: str, schema: Schema) -> None:
        """Keep the SCHEMA message of the records that follow, for those that are written down."""
        self._schemas[stream] = schema

    def require_schema(self, stream: str, line_number: int) -> None:
        """Make sure that there was a SCHEMA of a stream.

        Raises:
            RecordsWithoutSchemaException: If there was none.
        """
        if stream not in self._stream_maps:
            raise RecordsWithoutSchemaException(
                f"line {line_number}: a record of {stream!r} came before its SCHEMA. "
                "Look at the tap; nothing after it was read"
            )

    def send(self, records: Record | DecodedRecords) -> None:
        """Send records to their sinks.

        Raises:
            RecordsWithoutSchemaException: If there was no SCHEMA of their stream.
            TargetError: What stopped the delivery.
        """
        schema = self._schemas.get(records.stream)
        if isinstance(records, DecodedRecords):
            (route,) = self._routes[records.stream]
            route.sink.process_decoded(records, schema, route.read_decoded_key)
        else:
            self._send_one(records, schema)

    def _send_one(self, record: Record, schema: Schema) -> None:
        value, place = record.value, record.place
        for stream_map, sink, read_key, _ in self._routes.get(record.stream) or self._find_routes(record):
            own, sent = value, TapRecord(value, place, schema, read_key)
            if stream_map is not None and isinstance(value, dict):
                try:
                    own = stream_map.transform(value.copy())
                except Exception as error:  # noqa: BLE001 - an expression of the user's, on a record
                    sink.reject_unmapped(error, sent, salvage(stream_map, value))
                    continue
                if own is None:
                    is_filtered = not isinstance(stream_map, RemoveRecordTransform)
                    sink.leave_out(
                        sent, functools.partial(salvage, stream_map, value) if is_filtered else None
                    )
                    continue
            sink.process_record(own, {"tap_record": sent})

    def _find_routes(self, record: Record) -> list[_Route]:
        """Find the routes of a record's stream; where it can be, its next records are read many at a time.

        Raises:
            RecordsWithoutSchemaException: If there was no SCHEMA of the stream.
        """
        stream = record.stream
        self.require_schema(stream, record.place.line_number)
        maps = self._stream_maps[stream]
        # A stream that one map leaves out and another one renames is not left out.
        maps = [stream_map for stream_map in maps if not leaves_out_all(stream_map)] or maps
        if len(maps) == 1 and _changes_nothing(maps[0]):
            routes = [self._find_plain_route(stream, maps[0])]
        else:
            routes = [self._find_mapped_route(stream, stream_map) for stream_map in maps]
        self._routes[stream] = routes
        return routes

    def _find_plain_route(self, stream: str, stream_map: StreamMap) -> _Route:
        sink, keys = self._find_sink(stream, stream), self._keys_of(stream_map)
        decoder, read_decoded_key = sink.record_decoder, None
        if decoder is not None:
            with contextlib.suppress(KeyError):  # it does not know the key: another stream made the sink
                read_decoded_key = compile_key_reader(keys, picker=decoder.picker)
                self._decoders.add(stream, decoder)
        return _Route(None, sink, compile_key_reader(keys), read_decoded_key)

    def _find_mapped_route(self, stream: str, stream_map: StreamMap) -> _Route:
        name = stream_map.stream_alias
        # Several streams may become one of this name.
        source = None if name == stream else stream
        read_key = compile_key_reader(self._keys_of(stream_map), stream=source)
        return _Route(stream_map, self._find_sink(stream, name), read_key, None)

    def _keys_of(self, stream_map: StreamMap) -> Sequence[str]:
        return (stream_map.raw_key_properties or ()) if self.trusts_keys else ()


def leaves_out_all(stream_map: StreamMap) -> bool:
    """Tell whether a stream map leaves out every record of its stream."""
    return isinstance(stream_map, RemoveRecordTransform)


def _changes_nothing(stream_map: StreamMap) -> bool:
    return type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled
