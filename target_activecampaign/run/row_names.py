"""Owns how a log names the place of a record: as the person's file has it, or by stream and line."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.source_files import SourceFile


def name_place(origin: Origin, source: SourceFile | None) -> str:
    """Return the place of a record, `row 18` of a file that is sent, else with its stream and line."""
    if source is not None and source.has_rows:
        return f"row {origin.line - source.line_offset}"
    line = f"line {origin.line}" if origin.row is None else f"line {origin.line}, row {origin.row}"
    return f"stream {origin.stream!r}, {line}"


def place_of(origin: Origin, source: SourceFile | None) -> int | str:
    """Return the row of a record in a file that is sent, else its line, and the row of a BATCH message."""
    if source is not None and source.has_rows:
        return origin.line - source.line_offset
    return origin.line if origin.row is None else f"{origin.line}, row {origin.row}"
