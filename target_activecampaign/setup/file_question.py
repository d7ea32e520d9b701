"""Owns the step of the file: which one, how it is read, and what its first row looks like."""

from __future__ import annotations

import typing as t
from pathlib import Path

from target_activecampaign.config.names import shown_text
from target_activecampaign.errors import SourceEncodingError, SourceFileError
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.setup.long_reading import told_while
from target_activecampaign.source_files import open_source
from target_activecampaign.source_files.delimiter import DELIMITERS
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.setup.given import Given
    from target_activecampaign.source_files import SourceFile

_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
_ENCODING = "Encoding: utf-8, windows-1252, utf-16 or another"
_CELLS_SHOWN = 3
_LONGEST_CELL = 24
_HELP = (
    "Write the name of a file in this folder, or the way to another one. In Excel: File > Save as > "
    '"CSV UTF-8"; in Google Sheets: File > Download > Comma-separated values.'
)


class UnknownEncodingError(AnswerError):
    """A file is no text in the encoding that was tried."""


def files_of(folder: Path) -> list[str]:
    """Return the names of the files of people in a folder, without those that runs write."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in _ENDINGS and path.is_file() and not path.name.startswith("rejects")
    )


def ask_file(dialogue: Dialogue, given: Given, folder: Path, origin: Path) -> SourceFile:
    """Ask until a file can be read and the person agrees with how.

    Args:
        dialogue: Asks.
        given: Options.
        folder: Whose file is the default, where it has one alone.
        origin: What the option's name is seen from.
    """
    source = _ask_name(dialogue, given, folder, origin)
    _show(dialogue, source)
    if not dialogue.asks or (given.delimiter is not None and given.encoding is not None):
        return source
    return source if dialogue.confirm("Right?", default=True) else ask_form(dialogue, source)


def ask_form(dialogue: Dialogue, source: SourceFile) -> SourceFile:
    """Ask how a file is to be read instead, until the person agrees with what comes of it.

    Args:
        dialogue: Asks.
        source: The file, as it was read so far.
    """
    while True:
        source = _read_otherwise(dialogue, source)
        _show(dialogue, source)
        if dialogue.confirm("Right?", default=True):
            return source


def _ask_name(dialogue: Dialogue, given: Given, folder: Path, origin: Path) -> SourceFile:
    names = files_of(folder)
    only = names[0] if len(names) == 1 else None
    if len(names) > 1:
        dialogue.say(f"Here are: {', '.join(shown_text(name) for name in names[:10])}.", indent=2)
    question = Question(
        "CSV file",
        "--file FILE",
        default=only,
        shown_default=None if only is None else f"{shown_text(only)}, the only one here",
        help=_HELP,
    )

    base = folder if given.file is None else origin

    def read(answer: str) -> SourceFile:
        if not answer:
            raise AnswerError("Write the name of a file.")
        path = Path(answer.strip("\"'")).expanduser()
        try:
            return _read(dialogue, base / path, given.delimiter, given.encoding)
        except UnknownEncodingError as error:
            if not dialogue.asks:
                raise
            dialogue.say(str(error))
            return _ask_unknown_encoding(dialogue, base / path, given.delimiter)

    return dialogue.ask(question, read, given.file)


def _show(dialogue: Dialogue, source: SourceFile) -> None:
    rows = source.count_rows()
    parts = [counted(rows, "row"), counted(len(source.headers), "column")]
    if source.delimiter:
        parts.append(f"separated by {DELIMITERS[source.delimiter]}")
    first = next(iter(source.rows()), None)
    begin = "" if first is None else f" Row {first[0]} begins: {_beginning(first[1])}"
    dialogue.say(f"{', '.join(parts)}, {source.encoding}.{begin}")
    evidence = source.encoding_evidence
    if evidence.row is not None and evidence.word:
        dialogue.say(f'Row {evidence.row:,} reads "{shown_text(evidence.word)}" as {evidence.shown}.')
    for problem in source.problems:
        dialogue.say(problem.text)


def _beginning(row: dict[str, t.Any]) -> str:
    cells = [shown_text(str(cell or ""), _LONGEST_CELL) for cell in list(row.values())[:_CELLS_SHOWN]]
    return "; ".join(cells)


def _read_otherwise(dialogue: Dialogue, source: SourceFile) -> SourceFile:
    codec = source.encoding_evidence.codec
    if source.delimiter is not None:
        question = Question(
            "Separated by: comma, semicolon, tab or bar",
            "--delimiter",
            default={"\t": "tab"}.get(source.delimiter, source.delimiter),
        )
        source = dialogue.ask(question, lambda answer: _read(dialogue, source.path, answer, codec))
    delimiter = source.delimiter
    question = Question(_ENCODING, "--encoding", default=codec)
    return dialogue.ask(question, lambda answer: _read(dialogue, source.path, delimiter, answer))


def _ask_unknown_encoding(dialogue: Dialogue, path: Path, delimiter: str | None) -> SourceFile:
    """Ask in which encoding a file is that is in none of the usual ones.

    Raises:
        AnswerError: If the person does not know it either.
    """
    question = Question(f"{_ENCODING} (Enter for another file)", "--encoding", default="")
    source = dialogue.ask(
        question, lambda answer: _read(dialogue, path, delimiter, answer) if answer else None
    )
    if source is None:
        raise AnswerError("")
    return source


def _read(dialogue: Dialogue, path: Path, delimiter: str | None, encoding: str | None) -> SourceFile:
    """Open a file and read all of it: what is wrong far below is no surprise of a later step.

    Raises:
        AnswerError: Saying why it can't be read so.
    """
    try:
        with told_while(dialogue, f"Reading all rows of {path.name}"):
            source = open_source(path, delimiter=delimiter, encoding=encoding)
            source.count_rows()
    except SourceFileError as error:
        kind = UnknownEncodingError if isinstance(error, SourceEncodingError) else AnswerError
        raise kind(shown_text(str(error), 400)) from None
    return source
