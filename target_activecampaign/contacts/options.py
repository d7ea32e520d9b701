"""Owns which options of a custom field a value means, and how they are written. Pure.

A field's options are the account's own: text is one of them by its value or its label, letter case aside.
"""

from __future__ import annotations

import functools
import typing as t

from target_activecampaign.config.names import folded_name, nearest_name, shown_text
from target_activecampaign.contacts.custom_fields import (
    OPTION_SEPARATOR,
    format_options,
    takes_several_options,
)
from target_activecampaign.contacts.text import UnfitValueError, format_item, format_text, trim
from target_activecampaign.contacts.text_lists import read_array, read_json_array, split_list

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_activecampaign.contacts.custom_fields import CustomField, FieldOption

_LONGEST_REMEMBERED = 200  # characters
_LONGEST_COMPARED = 60  # characters of a text that is no option; comparing takes their square
_LONGEST_NAME = 60
# What may divide text, and how many of the parts must be options, unless all are. A comma outside of quotes
# stands in plain sentences, too, and "all but music, sports" is none of both: there all must be.
_DIVIDERS = ((";", 1), (",", 2), ("\n", 2), ("|", 2))


class Choice(t.NamedTuple):
    """The options that a value means.

    Attributes:
        text: As they are written for their field; empty where there are none.
        unknown: The parts of the value that are none.
    """

    text: str
    unknown: tuple[str, ...]


class OptionReader:
    """Finds options of one custom field, all of which are known."""

    def __init__(self, options: Sequence[FieldOption], *, takes_several: bool) -> None:
        """Index the options.

        Args:
            options: Of the field, in the account's order.
            takes_several: Whether a contact may have several at once.
        """
        self._takes_several = takes_several
        self._names = names = [
            name for option in options for name in (option.value, option.label) if name.strip()
        ]
        self._most_inside = {
            divider: max([name.count(divider) for name in names] or [0]) for divider, _ in _DIVIDERS
        }
        usable = [option for option in options if not takes_several or _can_be_written(option.value)]
        self._exact = _index(usable, str.strip)
        self._folded = _index(usable, folded_name)
        self._remember = functools.lru_cache(maxsize=4096)(self._read_text)

    def read(self, value: object) -> Choice:
        """Return the options that a value means; it is not null.

        Raises:
            UnfitValueError: If nothing of it can be read as one.
        """
        if isinstance(value, str):
            read = self._remember if len(value) <= _LONGEST_REMEMBERED else self._read_text
            return read(value)
        return self._choose(_texts(value if isinstance(value, (list, tuple)) else [value]))

    def nearest(self, text: str) -> str | None:
        """Return the value or label that text, which is no option, likely means."""
        near = nearest_name(text[:_LONGEST_COMPARED], self._names)
        return None if near is None else shown_text(near, _LONGEST_NAME)

    def _read_text(self, text: str) -> Choice:
        text = trim(text)
        is_whole = not text or self._find(text) is not None
        return self._choose(_texts([text]) if is_whole else self._divide(text))

    def _divide(self, text: str) -> list[str]:
        if text.startswith(OPTION_SEPARATOR) and len(text) > 2 * len(OPTION_SEPARATOR):
            return _texts(text.strip("|").split(OPTION_SEPARATOR))
        if (items := read_array(text)) is not None:
            return _texts(items)
        return self._divide_at_options(text) if self._takes_several else [text]

    def _divide_at_options(self, text: str) -> list[str]:
        """Divide text where its parts are options; it stays whole where they are not."""
        best, most = [text], 0
        is_quoted = '"' in text
        for divider, least in _DIVIDERS:
            if divider not in text and not (divider == "," and is_quoted):
                continue
            divided = split_list(text, divider) or []
            parts = _texts(divided if is_quoted else self._join(divided, divider))
            known = sum(self._find(part) is not None for part in parts)
            is_list = known >= least and (divider != "," or is_quoted)
            if known > most and (is_list or known == len(parts)):
                best, most = parts, known
        return best

    def _join(self, parts: list[str], divider: str) -> list[str]:
        """Join parts that are one option together, as many as can be: a name may hold the divider itself."""
        most = self._most_inside[divider]
        if not most:
            return parts
        joined: list[str] = []
        start = 0
        while start < len(parts):
            ends = range(min(start + most + 1, len(parts)), start + 1, -1)
            wholes = ((end, divider.join(parts[start:end])) for end in ends)
            start, whole = next(
                (one for one in wholes if self._find(trim(one[1]))), (start + 1, parts[start])
            )
            joined.append(whole)
        return joined

    def _choose(self, parts: Iterable[str]) -> Choice:
        known: dict[str, None] = {}
        unknown: list[str] = []
        for part in parts:
            option = self._find(part)
            if option is None:
                unknown.append(part)
            else:
                known[option] = None
        if self._takes_several:
            return Choice(OPTION_SEPARATOR.join(["", *known, ""]) if known else "", tuple(unknown))
        if len(known) + len(unknown) > 1:
            raise UnfitValueError("one option was expected")
        return Choice("".join(known), tuple(unknown))

    def _find(self, text: str) -> str | None:
        """Return the value of the option that text means; `None` without one, or with several."""
        return self._exact.get(text) or self._folded.get(folded_name(text))


def unchecked_writer(field: CustomField) -> Callable[[t.Any], str]:
    """Return the function that writes options of a field whose options are not known: as they came."""

    def write(value: object) -> str:
        items = read_json_array(value) if isinstance(value, str) else None
        return format_options(value if items is None else items)

    return write if takes_several_options(field.type) else format_text


def _texts(items: Iterable[object]) -> list[str]:
    """Return the items that are not blank as trimmed text.

    Raises:
        UnfitValueError: If one is no text.
    """
    return list(filter(None, [format_item(item) for item in items if item is not None]))


def _can_be_written(value: str) -> bool:
    """Tell whether a value stays one between separators."""
    return OPTION_SEPARATOR not in f"|{value}|"


def _index(options: Iterable[FieldOption], key_of: Callable[[str], str]) -> dict[str, str]:
    """Return the value of each option by a key of its value, else of its label; without ambiguous ones."""
    by_value: dict[str, set[str]] = {}
    by_label: dict[str, set[str]] = {}
    for option in options:
        by_value.setdefault(key_of(option.value), set()).add(option.value)
        by_label.setdefault(key_of(option.label), set()).add(option.value)
    return {key: min(values) for key, values in {**by_label, **by_value}.items() if len(values) == 1 and key}
