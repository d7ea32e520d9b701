"""Owns what an input looks like that is no Singer stream, so that a message can name the way out.

It quotes a header alone: a file without one begins with a person.
"""

from __future__ import annotations

import re

from target_activecampaign.contacts.header_words import is_header, shown_header

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
_SEND = "For a CSV: target-activecampaign send FILE.csv"
_BY_A_TAP = "A tap reads files, and writes Singer messages"
_MAGIC_REMEDIES = {
    "a ZIP file or an Excel workbook": (
        'Save a workbook as "CSV UTF-8 (*.csv)" in Excel, then: target-activecampaign send FILE.csv'
    ),
}


def looks_like(line: bytes) -> str | None:
    """Return what an input looks like by its first line, for the end of a sentence, or `None`."""
    start = line[:_LONGEST_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, name in _MAGIC.items():
        if line.startswith(magic):
            return f"{name}. {_MAGIC_REMEDIES.get(name, _BY_A_TAP)}"
    if start.startswith((b"{", b"[", b'"type"')):
        return None
    if _LOG_LINE.match(start):
        return "a log. A tap writes its log to standard error, and only messages to its output"
    counts = {name: start.count(delimiter) for delimiter, name in _DELIMITERS.items()}
    name = max(counts, key=lambda one: counts[one])
    if not counts[name]:
        return None
    delimiter = next(one for one in _DELIMITERS if _DELIMITERS[one] == name)
    cells = start.decode(errors="replace").strip().split(delimiter.decode())
    if is_header(cells):
        return f"a CSV header ({shown_header(cells, ', ')}). {_SEND}"
    return f"CSV, {len(cells)} columns separated by {name}. {_SEND}"
