"""Owns how a file is recognised that is no text with rows, and what a person does about it."""

from __future__ import annotations

import io
import typing as t
import zipfile

if t.TYPE_CHECKING:
    from pathlib import Path

LOOKED_AT_BYTES = 4096
_AS_CSV = 'Save it as "CSV UTF-8 (*.csv)"'

_BY_START = {
    b"\xd0\xcf\x11\xe0": f"an old Excel workbook (.xls). {_AS_CSV} in Excel, then give that file",
    b"%PDF": "a PDF. Export the table behind it as CSV, then give that file",
    b"\x1f\x8b": "packed by gzip. Unpack it, then give the file that comes out",
    b"PAR1": "a Parquet file. Export it as CSV, or load it with a tap",
    b"SQLite format 3\x00": "a SQLite database. Export the table as CSV, or load it with a tap",
    b"\x89PNG": "a picture. Give the CSV with the people",
    b"\xff\xd8\xff": "a picture. Give the CSV with the people",
    b"{\\rtf": f"a document of a word processor. {_AS_CSV} in a spreadsheet, then give that file",
}
_BY_TEXT = {
    b"begin:vcard": "a vCard. Export the contacts as CSV instead (Google Contacts: Export > Google CSV; "
    "iCloud and Android: import the vCard into Google Contacts first), then give that file",
    b"<!doctype": "a web page, maybe a login. Download the CSV itself, then give that file",
    b"<html": "a web page, maybe a login. Download the CSV itself, then give that file",
    b"<?xml": f"XML. {_AS_CSV} in the program that wrote it, then give that file",
}


def describe_foreign(path: Path, start: bytes) -> str | None:
    """Return what a file is that can't be read, with the remedy; `None` if it may hold rows.

    Args:
        path: The file.
        start: Its first bytes.
    """
    if start.startswith(b"PK\x03\x04"):
        return _describe_zip(path)
    for magic, words in _BY_START.items():
        if start.startswith(magic):
            return words
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((words for begin, words in _BY_TEXT.items() if text.startswith(begin)), None)


def _describe_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes()) if path.is_fifo() else path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        names = []
    if any(name.startswith("xl/") for name in names):
        return f"an Excel workbook. {_AS_CSV} in Excel, then give that file"
    if "content.xml" in names:
        return "a spreadsheet of LibreOffice. Save it as Text CSV in UTF-8, then give that file"
    if any(name.endswith(".iwa") for name in names):
        return "a spreadsheet of Numbers. Export it as CSV in Unicode (UTF-8), then give that file"
    return "a ZIP file. Unpack it, then give the CSV in it"
