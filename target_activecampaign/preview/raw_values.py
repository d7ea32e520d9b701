"""Owns how a value of a record is found and stands as text, before the mapping. Pure."""

from __future__ import annotations

import json
import typing as t

from msgspec import UNSET

from target_activecampaign.contacts.text import trim

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def find_value(record: Mapping[str, t.Any], keys: Sequence[str]) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return the value that keys lead to; `UNSET` where the record has none."""
    value: t.Any = record
    for key in keys:
        if value is None:
            return None  # a null object is a null in each of its properties
        if not isinstance(value, dict) or key not in value:
            return UNSET
        value = value[key]
    return value


def text_of(value: object) -> str:
    """Return a value as text; of none it is empty."""
    if isinstance(value, str):
        return value
    if value is None or value is UNSET:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def is_empty(value: object) -> bool:
    """Tell whether a value says nothing: none at all, a null, or blank text."""
    return value is UNSET or value is None or (isinstance(value, str) and not trim(value))
