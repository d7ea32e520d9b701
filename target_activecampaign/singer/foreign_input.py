"""Owns what an input looks like that is no Singer stream, so that a message can name the way out.

It quotes nothing: a file without a header begins with a person.
"""

from __future__ import annotations

import re

_DELIMITERS = {b";": "semicolons", b",": "commas", b"\t": "tabs", b"|": "bars"}
_MAGIC = {
    b"PK\x03\x04": "a ZIP file or an Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\x00": "a SQLite database",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
_LOG_LINE = re.compile(
    rb"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|time=|level=|(?:DEBUG|INFO|WARNING|ERROR)\b|Traceback)"
)
_LONGEST_LOOKED_AT = 10_000


def looks_like(line: bytes) -> str | None:
    """Return what an input looks like by its first line, for the end of a sentence, or `None`."""
    start = line[:_LONGEST_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, name in _MAGIC.items():
        if line.startswith(magic):
            return f"{name}; a tap reads files, and writes Singer messages"
    if start.startswith((b"{", b"[", b'"type"')):
        return None
    if _LOG_LINE.match(start):
        return "a log; a tap writes its log to standard error, and only messages to its output"
    counts = {name: start.count(delimiter) for delimiter, name in _DELIMITERS.items()}
    name = max(counts, key=lambda one: counts[one])
    if not counts[name]:
        return None
    columns = f"{counts[name] + 1} columns separated by {name}"
    return f"CSV, {columns}; for a file: target-activecampaign send FILE.csv"
