"""Owns where a JSON schema holds other schemas, in any draft."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",  # a list of schemas before 2020-12
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)


def map_subschemas(schema: Mapping[str, t.Any], change: Callable[[t.Any, str], t.Any]) -> dict[str, t.Any]:
    """Return a schema in which each schema right below it is changed.

    Args:
        schema: Anything may stand where it should hold a schema.
        change: From what stands there, and its JSON path from here, to what should.
    """
    return {keyword: _change_value(keyword, value, change) for keyword, value in schema.items()}


def _change_value(keyword: str, value: t.Any, change: Callable[[t.Any, str], t.Any]) -> t.Any:  # noqa: ANN401 - a JSON value
    if keyword in _NAMED and isinstance(value, dict):
        return {name: change(inner, f".{name}") for name, inner in value.items()}
    if isinstance(value, list) and (keyword in _LISTED or keyword == "items"):
        return [change(inner, "") for inner in value]
    return change(value, "") if keyword in _SINGLE else value
