"""Owns which custom field of the account a key means, and how a value is written for its type. Pure."""

from __future__ import annotations

import functools
import typing as t
import unicodedata
from dataclasses import dataclass

from target_activecampaign.config.names import nearest_name, shown_text
from target_activecampaign.contacts.dates import format_date, format_datetime
from target_activecampaign.contacts.text import (
    UnfitValueError,
    format_item,
    format_number,
    format_text,
    trim,
)

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

# Field types that take several options, written `||a||b||` (custom field values reference).
_SEVERAL_OPTIONS = frozenset({"checkbox", "listbox"})
_SEPARATOR = "||"
_TIMES = {"date": format_date, "datetime": format_datetime}
_NUMBERS = frozenset({"number", "currency"})


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field of the account.

    Attributes:
        id: The id that the bulk importer wants.
        title: What people call it.
        tag: Personalization tag, capitals, without percent signs.
        type: `text`, `date`, `checkbox`, ... as `GET /fields` names it; may be empty.
    """

    id: int
    title: str
    tag: str
    type: str


def find_custom_field(key: str, fields: Sequence[CustomField]) -> CustomField | str:
    """Find the field that a key of `field_mapping.custom_fields` means.

    Args:
        key: An id, a personalization tag with or without `%`, or a title, in any letter case.
        fields: All custom fields of the account.

    Returns:
        The field, or what is wrong with the key and what to write instead.
    """
    wanted = _folded(key)
    by_id = [field for field in fields if str(field.id) == wanted]
    by_tag = [field for field in fields if field.tag and _folded(field.tag) == wanted.strip("%")]
    by_title = [field for field in fields if _folded(field.title) == wanted]
    found = by_id or by_tag or by_title
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(field.id) for field in found)
        return f"several custom fields of the account are called so; write one of their ids: {ids}"
    return f"the account has no such custom field{_nearest(key, fields)}"


def _folded(name: str) -> str:
    """Return what two spellings of a name share: letter case, blanks around it, and how accents are coded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", trim(name)).casefold())


def _nearest(key: str, fields: Sequence[CustomField]) -> str:
    tags = [field.tag for field in fields if field.tag]
    titles = [field.title for field in fields if field.title]
    near = nearest_name(key.strip(" %"), (*tags, *titles))
    return f"; the nearest is {shown_text(repr(near))}" if near else ""


def formatter_for(field_type: str, zone: dt.tzinfo | None = None) -> Callable[[t.Any], str]:
    """Return the function that writes a value for a type of field.

    Args:
        field_type: As `GET /fields` names it. Unknown types are written as text.
        zone: Where times without offset belong, and in which a time has its day; `None` for UTC, and for the
            day in a time's own offset.

    Returns:
        A function from a value that is not null to the text that is sent. It raises `UnfitValueError`.
    """
    name = field_type.lower()
    if name in _SEVERAL_OPTIONS:
        return format_options
    if name in _TIMES:
        return _TIMES[name] if zone is None else functools.partial(_TIMES[name], zone=zone)
    return format_number if name in _NUMBERS else format_text


def format_options(value: object) -> str:
    """Write one or several options as `||a||b||`; text already in this form stays.

    Raises:
        UnfitValueError: If an option holds `||`, or begins or ends with `|`, which would make two of it.
    """
    if isinstance(value, str) and len(value) > 2 * len(_SEPARATOR) and value.startswith(_SEPARATOR):
        value = value.strip("|").split(_SEPARATOR)
    items = value if isinstance(value, (list, tuple)) else [value]
    options = list(filter(None, (format_item(item) for item in items if item is not None)))
    if any(_SEPARATOR in f"|{option}|" for option in options):
        raise UnfitValueError("an option holds the separator || or a part of it at its ends")
    return _SEPARATOR.join(["", *options, ""]) if options else ""
