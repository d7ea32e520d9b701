"""Owns in which encoding a file is written: proven for UTF-8 and UTF-16 with a mark, else Windows-1252.

Other encodings are guessed, and a guess would write wrong names: the person has to say it.
"""

from __future__ import annotations

import codecs
import re
import typing as t

from target_activecampaign.errors import SourceFileError

if t.TYPE_CHECKING:
    from pathlib import Path

_CHUNK_BYTES = 2**20
_SAMPLE_BYTES = 2**16
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SHOWN = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
# Signs that nobody writes inside a word: there, another encoding has a letter.
_ODD = re.compile(
    r"(?<=[^\W\d_])[\u0192\u02c6\u2020-\u2022\u2026\u2030\u2122\u00a1-\u00a7\u00a9-\u00ac\u00ae-\u00b3\u00b5\u00b6"
    r"\u00b8-\u00bf\u00d7\u00f7\u201a-\u201e\u2039\u203a\u20ac](?=[^\W\d_])|"
    r"[\u00c0-\u00ff\u0160\u0161\u0178\u017d\u017e\u0152\u0153]{3}|(?<=[a-z])[\u00c0-\u00de\u0178\u0160\u017d\u0152](?=[a-z])"
)
_OF_SPREADSHEETS = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp850", "cp437"),
    *("mac_roman", "cp932", "gb18030", "big5", "cp949"),
)
# Letters of West and Central Europe at the same place in all of their encodings: to read them is no guess.
_SHARED = frozenset(
    sign
    for sign in bytes(range(0xA0, 0x100)).decode("latin-1")
    if all(sign.encode("latin-1") == sign.encode(other, "ignore") for other in ("cp1252", "cp1250", "cp1254"))
)
_PAIRS = 400  # bytes
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}")
_WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")


class Encoding(t.NamedTuple):
    """How the bytes of a file are read.

    Attributes:
        codec: Python's name.
        shown: As people call it.
        row: A line of the file that shows whether it is right, where it is not proven; else `None`.
        word: A word in that line as it is read.
        is_certain: Whether every encoding in question reads the file alike, or the detector agrees.
    """

    codec: str
    shown: str
    row: int | None = None
    word: str | None = None
    is_certain: bool = True


def named_encoding(name: str) -> Encoding:
    """Return the encoding that a person named.

    Raises:
        SourceFileError: If there is none of this name.
    """
    try:
        "".encode(name)
        codec = codecs.lookup(name)
    except LookupError:
        raise SourceFileError(
            f'--encoding: "{name}" is no encoding. Write utf-8, windows-1252, utf-16 or cp1250'
        ) from None
    # A mark at the start is no part of the first column's name.
    used = "utf-8-sig" if codec.name == "utf-8" else codec.name
    return Encoding(used, _SHOWN.get(codec.name, codec.name))


def find_encoding(path: Path) -> Encoding:
    """Return the encoding of a file; all of it is read for that.

    Raises:
        OSError: If it can't be read.
        SourceFileError: If the file is no text, or its encoding would be a guess.
    """
    with path.open("rb") as file:
        start = file.read(4)
        for mark, codec in _MARKS.items():
            if start.startswith(mark):
                return Encoding(codec, _SHOWN[codec])
        file.seek(0)
        line = _find_other_than_utf8(path.name, file)
        if line is None:
            return Encoding("utf-8", "UTF-8")
        file.seek(0)
        sample = _read_lines_with_letters(file)
    return _find_by_sample(path.name, line, sample)


def _find_other_than_utf8(name: str, file: t.BinaryIO) -> int | None:
    """Return the first line that is no UTF-8; `None` where all is UTF-8.

    Raises:
        SourceFileError: At a byte that stands in no text, or where lines before it are UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, letters = 1, 0
    while chunk := file.read(_CHUNK_BYTES):
        if (place := chunk.find(b"\x00")) >= 0:
            raise _no_text(name, lines + chunk.count(b"\n", 0, place), chunk)
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            begin = max(error.start - held, 0)
            letters += len(_UTF8_LETTER.findall(chunk, 0, begin))
            line = lines + chunk.count(b"\n", 0, begin)
            _refuse_mixed(name, line, letters)
            return line
        letters += 0 if chunk.isascii() else len(_UTF8_LETTER.findall(chunk))
        lines += chunk.count(b"\n")
    if decoder.getstate()[0]:
        raise SourceFileError(
            f"{name} ends in the middle of a letter, so its end is missing. Export or copy it again"
        )
    return None


def _refuse_mixed(name: str, line: int, letters: int) -> None:
    if letters:
        raise SourceFileError(
            f"{name}, row {line}: this row is no UTF-8, and rows before it are. Two files were joined, or "
            'one was edited by another program. Save it anew as "CSV UTF-8"'
        )


def _no_text(name: str, line: int, chunk: bytes) -> SourceFileError:
    some = chunk[:_PAIRS]
    if max(some[0::2].count(0), some[1::2].count(0)) > len(some) // 3:
        return SourceFileError(
            f'{name} looks like UTF-16 without a mark at its start. Save it as "CSV UTF-8", or add '
            "--encoding utf-16-le"
        )
    return SourceFileError(
        f"{name}, row {line}: a NUL byte, which no text holds. The file is damaged or no CSV; export it again"
    )


def _read_lines_with_letters(file: t.BinaryIO) -> bytes:
    """Return the lines of a file that hold letters beyond ASCII, from the first one on."""
    lines: list[bytes] = []
    size = 0
    for line in file:
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE_BYTES:
                break
    return b"".join(lines)


def _find_by_sample(name: str, line: int, sample: bytes) -> Encoding:
    """Return Windows-1252 where the letters of a file read like it.

    Raises:
        SourceFileError: If they do not.
    """
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    others = {sign for sign in text if not sign.isascii() and sign not in _SHARED}
    guess = _guess(sample) if not text or others else None
    if text and not _ODD.search(text):
        is_certain = not others or guess == "cp1252"
        found = _WORD.search(text)
        return Encoding("cp1252", _SHOWN["cp1252"], line, found[0] if found else None, is_certain)
    like = (
        f", it looks like {guess}. If that is right, add --encoding {guess}" if guess else ". Say --encoding"
    )
    raise SourceFileError(
        f'{name}, row {line}: this is neither UTF-8 nor Windows-1252{like}; or save it as "CSV UTF-8"'
    )


def _guess(sample: bytes) -> str | None:
    """Return which encoding the detector of `requests` finds the likeliest."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - rarely needed

    best = from_bytes(sample, cp_isolation=list(_OF_SPREADSHEETS), threshold=0.5).best()
    return None if best is None else best.encoding.replace("_", "-")
