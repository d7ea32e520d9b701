"""Owns how a file of people is opened: by its ending, unless its content shows that it is something else."""

from __future__ import annotations

import difflib
import typing as t
from pathlib import Path

from target_activecampaign.errors import SourceFileError
from target_activecampaign.source_files.delimited import open_delimited
from target_activecampaign.source_files.foreign_files import LOOKED_AT_BYTES, describe_foreign
from target_activecampaign.source_files.json_lines import open_json_lines
from target_activecampaign.source_files.singer_messages import open_singer

if t.TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from target_activecampaign.source_files.source_file import SourceFile

_Open: t.TypeAlias = "Callable[[Path, str | None, str | None], SourceFile]"

_KINDS: dict[str, _Open] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt"), open_delimited),
    **dict.fromkeys((".jsonl", ".ndjson"), open_json_lines),
    ".singer": open_singer,
}


def open_source(
    path: str | os.PathLike[str], *, delimiter: str | None = None, encoding: str | None = None
) -> SourceFile:
    """Open a file of people.

    Args:
        path: Ends in .csv, .tsv, .jsonl or .singer.
        delimiter: Between columns, a sign or its name; found out by default.
        encoding: Found out by default.

    Raises:
        SourceFileError: If it is missing, can't be read, or is no such file; it says what to do.
    """
    file = Path(path)
    try:
        start = _read_start(file)
        kind = _find_kind(file, start)
        return kind(file, delimiter, encoding)
    except OSError as error:
        raise SourceFileError(
            f"{file.name} can't be read: {error.strerror or type(error).__name__}. Give this user the "
            "right to read it, or give a copy of it"
        ) from None


def _find_kind(file: Path, start: bytes) -> _Open:
    foreign = describe_foreign(file, start)
    if foreign is not None:
        raise SourceFileError(f"{file.name} is {foreign}.")
    if not start.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise SourceFileError(f"{file.name} is empty. Export it again")
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise SourceFileError(
            f"{file.name}: a file of people ends in .csv, .tsv, .jsonl or .singer. Save it as one of these; "
            "databases and services are read by a tap"
        )
    return kind


def _read_start(file: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        SourceFileError: If there is none.
    """
    if file.is_dir():
        names = sorted(one.name for one in file.iterdir() if one.suffix.lower() in {".csv", ".tsv", ".jsonl"})
        there = f" In it: {', '.join(names[:10])}." if names else " It holds no CSV."
        raise SourceFileError(f"{file.name or file} is a folder. Give one file of it.{there}")
    if not file.exists():
        raise SourceFileError(f"{file} does not exist.{_nearest(file)}")
    if not file.is_file():
        raise SourceFileError(f"{file} is no plain file, and it is read twice. Save it into a file first")
    with file.open("rb") as opened:
        return opened.read(LOOKED_AT_BYTES)


def _nearest(file: Path) -> str:
    try:
        names = {one.name.casefold(): one.name for one in file.parent.iterdir() if one.is_file()}
    except OSError:
        return f" There is no folder {file.parent} either."
    near = difflib.get_close_matches(file.name.casefold(), names, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{names[near[0]]}"?'
    files = sorted(
        name for name in names.values() if name.lower().endswith((".csv", ".tsv", ".jsonl", ".singer"))
    )
    return f" Here are: {', '.join(files[:10])}." if files else " This folder holds no CSV."
