"""Owns in which encoding a file is written: proven for UTF-8 and UTF-16 with a mark, else Windows-1252.

Other encodings are guessed, and a guess would write wrong names: the person has to say it.
"""

from __future__ import annotations

import codecs
import re
import typing as t

from target_activecampaign.errors import SourceEncodingError, SourceFileError

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
# Signs that nobody writes inside a word, and capitals amid small letters: other encodings have letters there.
_ODD = re.compile(
    r"(?<=[^\W\d_])[ƒˆ†‡•…‰™¡-§©-¬®-³µ¶¸-¿×÷‚-„‹›€](?=[^\W\d_])"  # noqa: RUF001 - as Windows-1252 has them
    r"|(?<=[a-z])[À-ÞŠŸŽŒ](?=[a-z])"
)
# So many beyond ASCII in a row are no word of West Europe, but one of Cyrillic or Greek.
_CLUSTER = re.compile(r"[À-ÿŠšŸŽžŒœ]{3,}")
_OF_SPREADSHEETS = (
    ("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp850", "cp437", "mac_roman"),
    ("cp932", "gb18030", "big5", "cp949"),
)


def _shared_sign(byte: int) -> str | None:
    signs = {bytes([byte]).decode(codec, "ignore") for codec in ("cp1252", "cp1250", "cp1254")}
    sign = signs.pop()
    return None if signs or (byte < _FIRST_LETTER and sign.isalpha()) else sign


_FIRST_LETTER = 0xA0
# What stands at the same place in the encodings of West and Central Europe: to read it is no guess. Letters
# below that are left out, where Mac OS Roman has others.
_SHARED = frozenset(filter(None, map(_shared_sign, range(0x80, 0x100))))
_PAIRS = 400  # bytes
_WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")


class Encoding(t.NamedTuple):
    """How the bytes of a file are read.

    Attributes:
        codec: Python's name.
        shown: As people call it.
        row: A line of the file that shows whether it is right, where it is not proven; else `None`.
        word: A word in that line as it is read.
        is_certain: Whether every encoding in question reads the file alike.
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
    lines, has_letters = 1, False
    while chunk := file.read(_CHUNK_BYTES):
        if (place := chunk.find(b"\x00")) >= 0:
            raise _no_text(name, lines + chunk.count(b"\n", 0, place), chunk)
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            begin = max(error.start - held, 0)
            line = lines + chunk.count(b"\n", 0, begin)
            if has_letters or not chunk[:begin].isascii():
                raise _mixed(name, line) from None
            return line
        has_letters = has_letters or not chunk.isascii()
        lines += chunk.count(b"\n")
    if decoder.getstate()[0]:
        raise SourceFileError(
            f"{name} ends in the middle of a letter, so its end is missing. Export or copy it again"
        )
    return None


def _mixed(name: str, line: int) -> SourceFileError:
    return SourceFileError(
        f"{name}, row {line}: this row is no UTF-8, and rows before it are. Two files were joined, or one "
        'was edited by another program. Save it anew as "CSV UTF-8"'
    )


def _no_text(name: str, line: int, chunk: bytes) -> SourceFileError:
    some = chunk[:_PAIRS]
    if max(some[0::2].count(0), some[1::2].count(0)) > len(some) // 3:
        return SourceEncodingError(
            f'{name} looks like UTF-16 without a mark at its start. Save it as "CSV UTF-8", or add '
            "--encoding utf-16-le"
        )
    return SourceFileError(
        f"{name}, row {line}: a NUL byte, which no text holds. The file is damaged or no CSV; export it again"
    )


def _read_lines_with_letters(file: t.BinaryIO) -> dict[int, bytes]:
    """Return the first lines of a file that hold letters beyond ASCII, by their numbers."""
    lines: dict[int, bytes] = {}
    size = 0
    for number, line in enumerate(file, start=1):
        if not line.isascii():
            lines[number] = line
            size += len(line)
            if size > _SAMPLE_BYTES:
                break
    return lines


def _find_by_sample(name: str, line: int, sample: dict[int, bytes]) -> Encoding:
    """Return Windows-1252 where the letters of a file read like it.

    Raises:
        SourceFileError: If they do not.
    """
    try:
        texts = {number: text.decode("cp1252") for number, text in sample.items()}
    except UnicodeDecodeError:
        texts = {}
    if texts and not any(map(_is_odd, texts.values())):
        return _as_windows(line, texts)
    guess = _guess(b"".join(sample.values()))
    like = (
        f", it looks like {guess}. If that is right, add --encoding {guess}" if guess else ". Say --encoding"
    )
    raise SourceEncodingError(
        f'{name}, row {line}: this is neither UTF-8 nor Windows-1252{like}; or save it as "CSV UTF-8"'
    )


def _as_windows(line: int, texts: dict[int, str]) -> Encoding:
    """Return Windows-1252 with a word that shows it, best one with a letter that other encodings have not."""
    doubtful = {number: text for number, text in texts.items() if not _SHARED.issuperset(_beyond_ascii(text))}
    for number, text in (doubtful or texts).items():
        words = _WORD.findall(text)
        telling = [word for word in words if not _SHARED.issuperset(_beyond_ascii(word))] or words
        if telling:
            return Encoding("cp1252", _SHOWN["cp1252"], number, telling[0], not doubtful)
    return Encoding("cp1252", _SHOWN["cp1252"], line, None, not doubtful)


def _is_odd(text: str) -> bool:
    clusters = _CLUSTER.findall(text)
    return bool(_ODD.search(text)) or any(not _SHARED.issuperset(cluster) for cluster in clusters)


def _beyond_ascii(text: str) -> set[str]:
    return {sign for sign in text if not sign.isascii()}


def _guess(sample: bytes) -> str | None:
    """Return which encoding the detector of `requests` finds the likeliest."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - rarely needed

    for codecs_of_kind in _OF_SPREADSHEETS:
        best = from_bytes(sample, cp_isolation=list(codecs_of_kind)).best()
        if best is not None:
            return best.encoding.replace("_", "-")
    return None
