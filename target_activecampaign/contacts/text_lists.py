"""Owns how text that stands for a list is taken apart: arrays of JSON and PostgreSQL, and quoted CSV. Pure.

It must not know what the items mean.
"""

from __future__ import annotations

import csv
import re
import typing as t
from decimal import Decimal

import msgspec

from target_activecampaign.contacts.text import UnfitValueError, trim

_LONGEST_TEXT = 400_000
"""Characters of a list that are looked at; a whole import may hold fewer bytes (bulk importer reference)."""
_READ_JSON: t.Callable[[str], list[t.Any]] = msgspec.json.Decoder(list[t.Any], float_hook=Decimal).decode
# PostgreSQL writes the bounds of an array that does not begin at 1: `[0:1]={a,b}` (array types reference).
_BOUNDS = re.compile(r"(?:\[[+-]?\d{1,10}:[+-]?\d{1,10}\])+=(?=\{)")
# A quoted item, or one without quotes, and its end. There is no backtracking into an item.
_POSTGRES_ITEM = re.compile(
    r'\s*"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)"\s*(?P<end>,|\Z)|(?P<plain>[^",{}\\]+)(?P<plain_end>,|\Z)',
    re.DOTALL,
)


def read_array(text: str) -> list[t.Any] | None:
    """Return the items of text that is an array as JSON or PostgreSQL write it; `None` for other text.

    Raises:
        UnfitValueError: If it looks like an array and can't be read: to divide it would break its items.
    """
    if (items := read_json_array(text)) is not None:
        return items
    text = trim(text)
    literal = _BOUNDS.sub("", text, count=1)
    if literal[:1] == "{" and literal[-1:] == "}" and len(literal) > 1:
        return _read_postgres_array(literal[1:-1])
    return None


def read_json_array(text: str) -> list[t.Any] | None:
    """Return the items of text that is a JSON array; `None` for other text, like `[vip]`.

    Raises:
        UnfitValueError: As `read_array`.
    """
    text = trim(text)
    if text[:1] != "[" or text[-1:] != "]":
        return None
    _refuse_endless(text)
    try:
        return _READ_JSON(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    if "," in text or text[1:].lstrip()[:1] in {'"', "'", "{", "["}:
        raise UnfitValueError("a JSON array was expected")
    return None


def _read_postgres_array(inside: str) -> list[t.Any]:
    """Return the items of an array of one dimension, `None` for each null.

    Raises:
        UnfitValueError: If it is none.
    """
    _refuse_endless(inside)
    items: list[t.Any] = []
    place, is_open = 0, bool(inside.strip())
    while is_open:
        found = _POSTGRES_ITEM.match(inside, place)
        if found is None or (found["quoted"] is None and not found["plain"].strip()):
            raise UnfitValueError("an array of one dimension was expected")
        items.append(_postgres_item(found))
        is_open = bool(found["end"] or found["plain_end"])
        place = found.end()
    return items


def _postgres_item(found: re.Match[str]) -> str | None:
    if found["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", found["quoted"], flags=re.DOTALL)
    text = found["plain"].strip()
    return None if text.upper() == "NULL" else text


def _refuse_endless(text: str) -> None:
    if len(text) > _LONGEST_TEXT:
        raise UnfitValueError("a list of fewer characters was expected")


def split_list(text: str, separator: str) -> list[str] | None:
    """Divide text at a separator that stands outside of double quotes, as CSV has it.

    Returns:
        The parts as they stand, without their quotes; `None` where a quote stays open.
    """
    if '"' not in text:
        return text.split(separator)
    try:
        rows = list(csv.reader([text], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        rows = []
    if len(rows) == 1:
        return rows[0]
    # Quotes that are part of a name: `"Best of" 2024, vip`.
    parts = text.split(separator)
    return None if any(part.count('"') % 2 for part in parts) else parts
