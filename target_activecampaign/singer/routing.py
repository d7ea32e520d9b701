"""Owns the way of a stream's records through the SDK's stream maps to the sinks of the streams they become.

It must not know what a sink does with a record. docs/design/input-path.md shows the whole way of a record.
"""

from __future__ import annotations

import typing as t

from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform

from target_activecampaign.singer.messages import DecodedRecords

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from singer_sdk.mapper import StreamMap

    from target_activecampaign.singer.messages import Place, Record
    from target_activecampaign.singer.reader import StreamDecoders
    from target_activecampaign.singer.record_decoder import RecordDecoder

Schema: t.TypeAlias = "str | bytes | None"
"""A SCHEMA message as the tap sent it; `None` where it is not kept."""


class RecordSink(t.Protocol):
    """What routing knows of a sink."""

    @property
    def record_decoder(self) -> RecordDecoder | None:
        """Reads records for `process_decoded`; `None` where each is read alone."""

    def process_record(self, record: t.Any, context: dict[str, t.Any]) -> None:  # noqa: ANN401 - a JSON value
        """Take one record; `context` has its `place` and its `schema`."""

    def process_decoded(self, decoded: DecodedRecords, schema: Schema) -> None:
        """Take records that `record_decoder` read."""

    def leave_out(self) -> None:
        """Count a record that its stream map leaves out."""

    def reject_unmapped(self, error: Exception, place: Place, schema: Schema) -> None:
        """Take the failure of a stream map in place of the record that it should have made."""


class _Route(t.NamedTuple):
    """Where the records of a stream go; `transform` is `None` where they go as they came."""

    transform: Callable[[dict[str, t.Any]], dict[str, t.Any] | None] | None
    sink: RecordSink


class Router:
    """Sends records to sinks. Routes are found at a stream's first record and hold until the next SCHEMA."""

    def __init__(
        self,
        stream_maps: Mapping[str, list[StreamMap]],
        sinks: Mapping[str, t.Any],
        decoders: StreamDecoders,
    ) -> None:
        """Start without routes.

        Args:
            stream_maps: The SDK's, by stream as the tap calls it; it changes them with each SCHEMA.
            sinks: The SDK's, each a `RecordSink`, by stream as a stream map calls it; likewise.
            decoders: Told of each stream whose records can be read many at a time, and how.
        """
        self._stream_maps = stream_maps
        self._sinks = sinks
        self._decoders = decoders
        self._routes: dict[str, list[_Route]] = {}
        self._schemas: dict[str, Schema] = {}

    def open_stream(self, stream: str, schema: Schema) -> None:
        """Take a SCHEMA: it may change the sinks of other streams, too, with which it shares an alias."""
        self._routes.clear()
        self._decoders.clear()
        if schema is not None:
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
            route.sink.process_decoded(records, schema)
        else:
            self._send_one(records, schema)

    def _send_one(self, record: Record, schema: Schema) -> None:
        value, place = record.value, record.place
        for transform, sink in self._routes.get(record.stream) or self._find_routes(record):
            own = value
            if transform is not None and isinstance(value, dict):
                try:
                    own = transform(value.copy())
                except Exception as error:  # noqa: BLE001 - an expression of the user's, on a record
                    sink.reject_unmapped(error, place, schema)
                    continue
                if own is None:
                    sink.leave_out()
                    continue
            sink.process_record(own, {"place": place, "schema": schema})

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
        routes = [
            _Route(
                None if len(maps) == 1 and _changes_nothing(stream_map) else stream_map.transform,
                self._sinks[stream_map.stream_alias],
            )
            for stream_map in maps
        ]
        self._routes[stream] = routes
        decoder = routes[0].sink.record_decoder
        if routes[0].transform is None and decoder is not None:
            self._decoders.add(stream, decoder)
        return routes


def leaves_out_all(stream_map: StreamMap) -> bool:
    """Tell whether a stream map leaves out every record of its stream."""
    return isinstance(stream_map, RemoveRecordTransform)


def _changes_nothing(stream_map: StreamMap) -> bool:
    return type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled
