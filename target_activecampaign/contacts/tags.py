"""Owns which tags a value holds. Pure.

ActiveCampaign takes no tag away that an import gave, so nothing is made of text that can't be read.
"""

from __future__ import annotations

import re
import typing as t

from target_activecampaign.contacts.text import UnfitValueError, format_item, strip_unseen, trim
from target_activecampaign.contacts.text_lists import read_array, split_list

if t.TYPE_CHECKING:
    from collections.abc import Iterable

# Text of an array that was cut, encoded twice, or marked at its ends: its parts would be tags like `["a"`.
_OF_AN_ARRAY = re.compile(
    r"""\A["'\\]*(?:[\[{]|\(\s*\\*["'])"""  # begins like one, or like a row of PostgreSQL or Python
    r"""|[\[{]\s*\\*["']|["']\s*[\]}]"""  # opens or closes at a quote
)
# A set of Python, which would be an array of PostgreSQL whose items have quotes.
_SET = re.compile(r"\{\s*'")
# An item that is an array or an object itself; `[VIP] gold` is none.
_ARRAY_AS_ITEM = re.compile(r"""["'\\]*[\[{(]\s*(?:\\*["'\[{(]|[\]})]\Z)""")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_BRACKET = re.compile(r"[\[\](){}]")
_MAY_OPEN = frozenset("\"'\\[{(")


def tag_items(value: object) -> Iterable[t.Any]:
    """Return the items of an array, or of text that stands for one: with commas, or as databases write it.

    Raises:
        UnfitValueError: If it is neither.
    """
    if isinstance(value, (list, tuple)):
        return value
    if not isinstance(value, str):
        raise UnfitValueError("an array of strings was expected")
    return _divide(value) if _BRACKET.search(value) is None else _read_with_brackets(value)


def _read_with_brackets(value: str) -> list[t.Any]:
    text = strip_unseen(value)
    if not _SET.match(text) and (items := read_array(text)) is not None:
        return items
    if _OF_AN_ARRAY.search(text):
        raise UnfitValueError("a whole array, or tags with commas, was expected")
    parts = _divide(value)
    if any(map(_is_cut_in_brackets, parts)):
        raise UnfitValueError("tags with both of their brackets were expected")
    return parts


def _divide(text: str) -> list[str]:
    parts = split_list(text, ",")
    if parts is None:
        raise UnfitValueError("tags with both of their quotes were expected")
    return parts


def _is_cut_in_brackets(part: str) -> bool:
    return any(part.count(opening) > part.count(closing) for opening, closing in _BRACKETS)


def write_tag(item: object) -> str:
    """Return the name of the tag that an item means; empty for none.

    Raises:
        UnfitValueError: If it is no text, or an array as text, which no tag is.
    """
    if type(item) is not str:
        return format_item(item)
    name = trim(item)
    if name[:1] in _MAY_OPEN and _ARRAY_AS_ITEM.match(name):
        raise UnfitValueError("a list without lists in it was expected")
    return name
