"""Paging and filtering of collections that are small enough to be held whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api.call import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call

_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "": lambda text, value: text == value,
    "eq": lambda text, value: text == value,
    "neq": lambda text, value: text != value,
    "lt": lambda text, value: text < value,
    "lte": lambda text, value: text <= value,
    "gt": lambda text, value: text > value,
    "gte": lambda text, value: text >= value,
    "contains": lambda text, value: value in text,
    "starts_with": lambda text, value: text.startswith(value),
}
"""Filter operators (tags reference). That they compare without regard to letter case is assumed."""


def paged(call: Call, plural: str, items: Sequence[Any]) -> Answer:
    """Answer the page of `items` that the call asks for, with the total as a string."""
    limit, offset = call.page()
    return Answer(200, {plural: items[offset : offset + limit], "meta": {"total": str(len(items))}})


def filtered(call: Call, rows: Iterable[sqlite3.Row], key: str, column: str) -> list[sqlite3.Row]:
    """Return the rows that `filters[key][operator]` let through, in the order of `orders[key]`."""
    kept = list(rows)
    for name, operator, value in call.bracketed("filters"):
        if name == key and operator in _OPERATORS:
            kept = [row for row in kept if _OPERATORS[operator](row[column].lower(), value.lower())]
    for name, _, direction in call.bracketed("orders"):
        if name == key and direction.lower() in ("asc", "desc"):
            kept.sort(key=lambda row: str(row[column]).lower(), reverse=direction.lower() == "desc")
    return kept
