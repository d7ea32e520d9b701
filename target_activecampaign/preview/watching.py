"""Owns what a preview learns of a run while it watches: some records whole, and figures over all of them.

It decides nothing: what becomes of a record is the run's own word, and so are the figures.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.preview.account_now import ContactsNow
from target_activecampaign.preview.mapped_field import mapped_fields
from target_activecampaign.preview.stream_watching import StreamWatching

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.contacts.mapping import MappingNotes
    from target_activecampaign.preview.coverage import StreamCoverage
    from target_activecampaign.preview.shown import Choice, ShownRecord
    from target_activecampaign.run.record_observer import OpenedStream

_ROWS_BETWEEN_LOOKS = 1_000  # at the clock
_MOST_BYTES = 2**20
"""Of input: then records are counted that are in memory until then."""


class RunWatching:
    """Watches one run, as `RecordObserver` says.

    Attributes:
        shown: The records that are shown, in the order of the input.
        is_choosing: Whether further records may be shown.
        rows: Records that were seen.
        last_line: Where the last of them stands.
    """

    def __init__(self, choice: Choice, on_rows: Callable[[int], None]) -> None:
        """Start without records.

        Args:
            choice: Which records are shown.
            on_rows: Is called now and then with how many were seen.
        """
        self.choice = choice
        self.shown: list[ShownRecord] = []
        self.is_choosing = choice.most > 0
        self.rows = 0
        self.last_line = 0
        self.left_out: list[tuple[str, str]] = []
        """Field and problem of the values that the record at hand goes without."""
        self._streams: dict[str, StreamWatching] = {}
        self._waiting: dict[int, ShownRecord] = {}  # by the id of their origin, which they keep
        self._on_rows = on_rows
        self._now: ContactsNow | None = None
        self._bytes = 0

    @property
    def streams(self) -> list[StreamCoverage]:
        """What all records say, by stream."""
        return [one.coverage for one in self._streams.values()]

    def watch_notes(self, notes: MappingNotes) -> MappingNotes:
        """Return what takes the notes of a mapping, notes which values are left out, and hands them on."""
        return _NotesOfRecord(notes, self.left_out)

    def open_stream(self, stream: OpenedStream) -> StreamWatching:
        """Return what sees the records of a stream; a further SCHEMA of it goes on with its figures."""
        if self.choice.compares and self._now is None:
            self._now = ContactsNow(stream.client)
        fields = mapped_fields(stream)
        watching = StreamWatching(self, stream, fields, self._streams.get(stream.name))
        self._streams[stream.name] = watching
        return watching

    def count(self, line: int) -> None:
        """Count a record that is seen."""
        self.rows = rows = self.rows + 1
        self.last_line = line
        if not rows % _ROWS_BETWEEN_LOOKS:
            self._on_rows(rows)

    def note_bytes(self, count: int) -> None:
        """Note how much more of the input was read."""
        self._bytes += count
        if self._bytes >= _MOST_BYTES:
            self._bytes = 0
            for stream in self._streams.values():
                stream.flush()

    def show(self, record: ShownRecord, email: str | None) -> None:
        """Show a record, and ask what its contact holds, where that is wanted.

        Args:
            record: Its outcome comes later.
            email: Its identity, if it has one.
        """
        if self._now is not None and email is not None:
            self._now.compare(record, email)
        self.shown.append(record)
        self.is_choosing = len(self.shown) < self.choice.most
        self._waiting[id(record.origin)] = record

    def write(
        self,
        origins: Sequence[Origin],
        outcome: str,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """Note the outcome of records that are shown."""
        del import_id  # of a dry run it is none
        if not self._waiting:
            return
        for origin in origins:
            record = self._waiting.pop(id(origin), None)
            if record is not None:
                record.outcome, record.reason = outcome, reason

    def end(self) -> None:
        """Find what is found once, when all records were seen."""
        for stream in self._streams.values():
            stream.flush()
            stream.find_nearest_tags()


class _NotesOfRecord:
    """Hands notes on to the run's own, and notes those of the record at hand."""

    def __init__(self, notes: MappingNotes, left_out: list[tuple[str, str]]) -> None:
        self._left_out = left_out
        self._count_left_out = notes.count_left_out
        self.expect = notes.expect
        self.note_found = notes.note_found

    def count_left_out(
        self, field: str, problem: str, find_nearest: Callable[[], str | None] | None = None
    ) -> None:
        """Note a value that the record at hand goes without."""
        self._left_out.append((field, problem))
        self._count_left_out(field, problem, find_nearest)
