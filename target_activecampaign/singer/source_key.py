"""Owns the bytes that stand for a record's key at the source: they find the person of one without an address.

They are made of the tap's own `key_properties` and of the record as the tap sent it, before stream maps. Two
records of a stream have the same bytes where their keys are the same values: 1, 1.0 and `Decimal("1")` are
one, the text "1" is another. It must not know what a key is good for.
"""

from __future__ import annotations

import datetime as dt
import typing as t
from decimal import Decimal

import msgspec
from msgspec import UNSET

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

KeyReader: t.TypeAlias = "Callable[[t.Any], bytes | None]"
"""From a record to the bytes of its key; `None` where a part of it is missing, null, blank or no scalar."""

_MOST_DIGITS = 400  # of a number; a longer one is no key of a database


def compile_key_reader(
    key_properties: Iterable[str],
    *,
    stream: str | None = None,
    picker: Callable[[Sequence[str | None]], Callable[[t.Any], Sequence[t.Any]] | None] | None = None,
) -> KeyReader | None:
    """Compile the reading of the keys of one stream.

    Args:
        key_properties: As the SCHEMA has them, in any order.
        stream: As the tap calls it, where a stream map gives it a name that other streams may have, too.
        picker: As `RecordDecoder.picker`, of the decoder that reads the records; without it they are
            dictionaries.

    Returns:
        `None` where the stream has no key.

    Raises:
        KeyError: If it can't be picked.
    """
    names = sorted(set(key_properties))
    if not names:
        return None
    # A value of another property is another key.
    prefix = msgspec.json.encode([stream, names])
    # A decoder picks two properties or more.
    pick = _pick_from_mapping(names) if picker is None else picker((*names, None))
    if pick is None:
        raise KeyError(*names)
    return _read_one(prefix, pick) if len(names) == 1 else _read_several(prefix, pick, len(names))


def _pick_from_mapping(names: Sequence[str]) -> Callable[[Mapping[str, t.Any]], Sequence[t.Any]]:
    return lambda record: [record.get(name) for name in names]


def _read_one(prefix: bytes, pick: Callable[[t.Any], Sequence[t.Any]]) -> KeyReader:
    def read(record: t.Any) -> bytes | None:  # noqa: ANN401 - of the kind that is picked from
        value = pick(record)[0]
        write = _WRITERS.get(type(value))
        part = None if write is None else write(value)
        return None if part is None else prefix + part

    return read


def _read_several(prefix: bytes, pick: Callable[[t.Any], Sequence[t.Any]], count: int) -> KeyReader:
    def read(record: t.Any) -> bytes | None:  # noqa: ANN401 - of the kind that is picked from
        key = [prefix]
        for value in pick(record)[:count]:
            write = _WRITERS.get(type(value))
            part = None if write is None else write(value)
            if part is None:
                return None
            key.append(b"%d:%b" % (len(part), part))
        return b"".join(key)

    return read


def _write_text(text: str) -> bytes | None:
    # Half of a surrogate pair is no reason to have no key.
    return b"s" + text.encode(errors="surrogatepass") if text and not text.isspace() else None


def _write_integer(number: int) -> bytes | None:
    try:
        return b"n%d" % number
    except ValueError:  # more digits than Python writes
        return None


def _write_number(number: Decimal) -> bytes | None:
    """Write a number without trailing zeros and, where that is not too long, without an exponent."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _MOST_DIGITS:
        return None  # NaN, infinity
    significant = "".join(map(str, digits)).lstrip("0")
    exponent += len(significant) - len(significant.rstrip("0"))
    significant = significant.rstrip("0")
    if not significant:
        return b"n0"
    if 0 <= exponent <= _MOST_DIGITS:
        significant, exponent = significant + "0" * exponent, 0
    text = f"{'-' if sign else ''}{significant}"
    return f"n{text}e{exponent}".encode() if exponent else f"n{text}".encode()


def _write_time(time: dt.date | dt.time) -> bytes:
    return b"s" + time.isoformat().encode()


_WRITERS: dict[type, Callable[[t.Any], bytes | None]] = {
    str: _write_text,
    int: _write_integer,
    bool: lambda is_true: b"t" if is_true else b"f",
    float: lambda number: _write_number(Decimal(repr(number))),
    Decimal: _write_number,
    dt.date: _write_time,
    dt.datetime: _write_time,
    dt.time: _write_time,
    type(None): lambda _: None,
    type(UNSET): lambda _: None,
}
