"""Owns the rejects of a CSV that was sent: the rows as they were, in the columns that the person knows.

Behind them stand the reason and, so that a row that is sent again is the same record as before, the name of
its source. It holds the content of records, so its owner alone may read it.
"""

from __future__ import annotations

import csv
import io
import typing as t

import msgspec

from target_activecampaign.reporting.record_file import RecordFile
from target_activecampaign.source_files.header import NOTES_OF_REJECTS
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from target_activecampaign.contacts.contact import Origin, Rejection

_MARK = "\ufeff"
"""By it Excel knows that a CSV is in UTF-8."""


class RejectedRows(RecordFile):
    """Writes rejected rows in UTF-8, as the source has them; nothing is written where none is rejected."""

    def __init__(self, path: Path, columns: Sequence[str], delimiter: str) -> None:
        """Create the file, which the setting `rejects_path` names; see `RecordFile`.

        Args:
            path: Ends in `.csv`.
            columns: Of the source, in its order.
            delimiter: Of the source, so that the same programs read it.
        """
        super().__init__("rejects_path", path)
        self._columns = columns
        self._delimiter = delimiter
        self._has_header = False

    def write(self, origin: Origin, rejection: Rejection) -> None:
        """Write a row.

        Raises:
            OutputError: If this or an earlier write failed.
        """
        self._raise_failure()
        if origin.source is None:
            return
        message = msgspec.json.decode(origin.source)
        notes = [rejection.reason.value, rejection.detail, message["stream"]]
        value = message["record"]
        if isinstance(value, dict):
            row = [*(value.get(name) or "" for name in self._columns), *notes]
        else:
            row = self._row_as_it_stands(value, notes)
        header = "" if self._has_header else _MARK + self._line((*self._columns, *NOTES_OF_REJECTS))
        self._has_header = True
        self.write_text(header + self._line(row))

    def _row_as_it_stands(self, cells: Sequence[str], notes: list[str]) -> list[str]:
        """Return a row that is not as wide as its header: what is too much stands behind the notes."""
        width = len(self._columns)
        own = [*cells[:width], *[""] * (width - len(cells))]
        if len(cells) != width:
            notes[1] = f"the row has {counted(len(cells), 'cell')}, the header {width:,}"
        else:
            notes[1] = "a quote runs over lines that look like rows"
        return [*own, *notes, *cells[width:]]

    def _line(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter).writerow(cells)
        return text.getvalue()
