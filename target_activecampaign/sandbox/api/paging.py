"""Owns paging and filtering of collections that fit into memory."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence

    from target_activecampaign.sandbox.api.request import ApiRequest

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
"""Filter operators (tags reference). That letter case does not matter is assumed."""


def paged(
    request: ApiRequest,
    plural: str,
    items: Sequence[t.Any],
    shape: Callable[[t.Any], object] = lambda item: item,
) -> ApiResponse:
    """Return the page of a collection that the request asks for, with the total as a string.

    Args:
        request: The request.
        plural: The collection's name.
        items: All of it.
        shape: Returns an item as the API shows it. It is asked for the page's items alone, since it may take
            queries of its own.
    """
    limit, offset = request.page()
    shown = [shape(item) for item in items[offset : offset + limit]]
    return ApiResponse(200, {plural: shown, "meta": {"total": str(len(items))}})


def filtered(request: ApiRequest, rows: Iterable[sqlite3.Row], key: str, column: str) -> list[sqlite3.Row]:
    """Return the rows that `filters[key][operator]` keep, in the order of `orders[key]`."""
    kept = list(rows)
    for name, operator, value in request.bracketed("filters"):
        if name == key and operator in _OPERATORS:
            kept = [row for row in kept if _OPERATORS[operator](row[column].lower(), value.lower())]
    for name, _, direction in request.bracketed("orders"):
        if name == key and direction.lower() in ("asc", "desc"):
            kept.sort(key=lambda row: str(row[column]).lower(), reverse=direction.lower() == "desc")
    return kept
