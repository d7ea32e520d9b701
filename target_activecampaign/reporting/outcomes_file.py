"""Owns the file of outcomes: a Singer stream that says of each record of the input what became of it.

It keeps no more than the keys of records without an outcome. Outcomes of one key stand in the order of its
records, so the last line of a key is the outcome of its last record.
"""

from __future__ import annotations

import threading
import typing as t
from collections import deque

import msgspec

from target_activecampaign.reporting.outcome_schema import OutcomeSchema, end_line
from target_activecampaign.reporting.record_file import RecordFile

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.reporting.outcome_schema import OutcomeStream

Outcome: t.TypeAlias = t.Literal["delivered", "unchanged", "superseded", "rejected", "held_back", "unsettled"]


class _Record(msgspec.Struct, gc=False):
    """A record whose outcome is not written.

    Attributes:
        origin: Keeps its `id`, which stands for it, from being another one's.
        stream: Where its outcome goes.
        opening: The first part of its line.
        is_named: Whether the first part names it, by its key.
        outcome: The outcome, its reason and its import; `None` while it has none.
    """

    origin: Origin
    stream: OutcomeStream
    opening: str
    is_named: bool
    outcome: tuple[Outcome, str | None, str | None] | None = None


class OutcomesFile(RecordFile):
    """Takes records as they are read, and writes each when it has its outcome. Threads may share it."""

    def __init__(self, path: Path, utc_now: Callable[[], dt.datetime]) -> None:
        """Create the file, which the setting `outcomes_path` names; see `RecordFile`.

        Args:
            path: The setting.
            utc_now: Gives the time of an outcome.
        """
        super().__init__("outcomes_path", path)
        self._utc_now = utc_now
        self._lock = threading.Lock()
        self._records: dict[int, _Record] = {}  # by the id of their origin, in the order of the input
        # Those that the first part of their line names, by that: nearly all have it alone.
        self._first: dict[str, _Record] = {}
        self._behind: dict[str, deque[_Record]] = {}
        self._schemas: dict[str, str] = {}  # by the name of their stream, what was written last
        self._is_closed = False

    def open_stream(
        self,
        stream: str,
        key_properties: Sequence[str],
        schema: Mapping[str, t.Any],
        personal: Collection[str],
    ) -> StreamOutcomes:
        """Return what takes the records of a stream under one SCHEMA; see `OutcomeSchema`."""
        return StreamOutcomes(self, OutcomeSchema(stream, key_properties, schema, personal))

    def take(
        self, schema: OutcomeSchema, origins: Iterable[Origin], keys: Iterable[Sequence[object] | None]
    ) -> None:
        """Take records that were read, in the order of the input.

        Args:
            schema: How they are written.
            origins: Of each, the object that `write` is given.
            keys: Of each, as `OutcomeSchema.begin` takes it.
        """
        taken = [_Record(origin, *schema.begin(key)) for origin, key in zip(origins, keys, strict=False)]
        with self._lock:
            self._records.update((id(record.origin), record) for record in taken)
            for record in taken:
                if record.is_named and self._first.setdefault(record.opening, record) is not record:
                    self._behind.setdefault(record.opening, deque()).append(record)

    def write(
        self,
        origins: Sequence[Origin],
        outcome: Outcome,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Write the outcome of records, as far as earlier ones of their keys have theirs.

        Args:
            origins: Of each, as it was taken.
            outcome: Of all of them.
            reason: One of a closed list, where there is one.
            import_id: Of the import that brought them to it, if one did.

        Raises:
            OutputError: If it can't be written.
        """
        at = self._utc_now().isoformat(timespec="milliseconds")
        with self._lock:
            if self._is_closed:
                return  # of a thread that ended too late: they stand there as unsettled
            ended = [self._records.pop(id(origin)) for origin in origins]
            for record in ended:
                record.outcome = outcome, reason, import_id
            self.write_lines(line for record in ended for line in self._lines_from(record, at))

    def _lines_from(self, record: _Record, at: str) -> Iterator[str]:
        """Yield the line of a record and of those that waited for it, unless it waits itself."""
        if not record.is_named:
            yield from self._lines_of(record, at)
            return
        is_next = self._first.get(record.opening) is record
        following = record if is_next else None
        while following is not None and following.outcome is not None:
            yield from self._lines_of(following, at)
            following = self._let_go(following.opening)

    def _lines_of(self, record: _Record, at: str) -> Iterator[str]:
        stream = record.stream
        if self._schemas.get(stream.name) != stream.schema:
            self._schemas[stream.name] = stream.schema
            yield stream.schema
        if record.outcome is not None:
            yield record.opening + end_line(*record.outcome, at)

    def _let_go(self, opening: str) -> _Record | None:
        """Forget the first record of a key; returns the one behind it, if any."""
        del self._first[opening]
        behind = self._behind.get(opening)
        if behind is None:
            return None
        self._first[opening] = behind.popleft()
        if not behind:
            del self._behind[opening]
        return self._first[opening]

    def close(self) -> None:
        """Write what has no outcome as unsettled, and close the file.

        Raises:
            OutputError: If this write failed.
        """
        try:
            if self._failure is None:
                self.write([record.origin for record in self._records.values()], "unsettled")
        finally:
            with self._lock:
                self._is_closed = True
            super().close()


class StreamOutcomes(t.NamedTuple):
    """Takes the records of one stream under one SCHEMA.

    Attributes:
        file: Where their outcomes are written.
        schema: How.
    """

    file: OutcomesFile
    schema: OutcomeSchema

    @property
    def key_properties(self) -> Sequence[str]:
        """The properties that make a key, in its order."""
        return self.schema.key_properties

    def take(self, origins: Iterable[Origin], keys: Iterable[Sequence[object] | None]) -> None:
        """Take records that were read; see `OutcomesFile.take`."""
        self.file.take(self.schema, origins, keys)

    def take_one(self, origin: Origin, record: Mapping[str, object] | None) -> None:
        """Take a record as any JSON is read; `None` where it is no object."""
        key = None if record is None else [record.get(name) for name in self.key_properties]
        self.take([origin], [key])
