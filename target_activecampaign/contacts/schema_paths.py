"""Owns which properties a stream's schema knows, by name or along the dots of a path.

The schema is as `singer/schema_reading.py` leaves it, after stream maps and flattening.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import nearest_name, shown_name
from target_activecampaign.contacts.header_words import is_header, shown_header

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    Schema: t.TypeAlias = Mapping[str, t.Any]

FREE_RECORDS = "x-free-records"
"""Keyword of a schema whose records may have any property beside those that it names."""

_OTHER_TYPES = ("array", "boolean", "integer", "null", "number", "string")  # than that of an object
_DEEPEST_NAMED = 4  # levels of properties that are compared with a name
_MOST_NAMED = 10  # properties in a message


def keys_along(schema: Schema, path: str) -> tuple[str, ...] | None:
    """Return the keys that lead to a property, by its name or along the dots of a path; `None` without one.

    A name may hold dots itself. Records that are free have any property.
    """
    keys = _named_keys(schema, path)
    if keys is None and schema.get(FREE_RECORDS) is True:
        return tuple(path.split("."))
    return keys


def knows_property(schema: Schema, name: str) -> bool:
    """Tell whether records may have a property of this name."""
    return name in schema.get("properties", {}) or schema.get(FREE_RECORDS) is True


def nearest_path(schema: Schema, path: str) -> str | None:
    """Return the property that a misspelt path likely means."""
    return nearest_name(path, _property_paths(schema, _DEEPEST_NAMED))


def describe_properties(schema: Schema, path: str) -> str:
    """Return the end of a message that the schema lacks a path: what it has, or what to mend."""
    names = [name for name in _properties(schema) if not name.startswith("_sdc_")]
    if len(names) == 1 and ";" in names[0]:
        # A tap for CSV took the whole first line for one name.
        columns = names[0].split(";")
        name = f', "{shown_header(columns, ";")}"' if is_header(columns) else " with semicolons in its name"
        return (
            f". It has one property{name}: the file is separated by semicolons. Set delimiter to ';' in the "
            "tap, or: target-activecampaign send FILE.csv"
        )
    if near := nearest_path(schema, path):
        return f"; the nearest is {near!r}"
    if not names or any("@" in name for name in names):  # of a file without a header these are people's data
        return ""
    shown = ", ".join(map(shown_name, names[:_MOST_NAMED]))
    more = len(names) - _MOST_NAMED
    return f"; it has {shown}" + (f" and {more} more" if more > 0 else "")


def is_free_object(schema: Schema) -> bool:
    """Tell whether the schema says nothing of the properties of an object: any may come."""
    own = schema.get("type", "object")
    types = own if isinstance(own, list) else [own]
    # A type that nobody knows, like `jsonb`, may be that of an object.
    allows_objects = any(name not in _OTHER_TYPES for name in types)
    return allows_objects and schema.get("additionalProperties") is not False and not _properties(schema)


def _named_keys(schema: Schema, path: str) -> tuple[str, ...] | None:
    properties = _properties(schema)
    if path in properties:
        return (path,)
    head, dot, rest = path.partition(".")
    while dot:
        nested = properties.get(head)
        if isinstance(nested, dict):
            if keys := _named_keys(nested, rest):
                return (head, *keys)
            if is_free_object(nested):
                return (head, *rest.split("."))
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


def _properties(schema: Schema) -> dict[str, t.Any]:
    """Return the properties of an object's schema, those of its alternatives included."""
    found: dict[str, t.Any] = {}
    for keyword in ("anyOf", "oneOf", "allOf"):
        alternatives = schema.get(keyword)
        for alternative in alternatives if isinstance(alternatives, list) else ():
            if isinstance(alternative, dict):
                found.update(_properties(alternative))
    own = schema.get("properties")
    return {**found, **own} if isinstance(own, dict) else found


def _property_paths(schema: Schema, depth: int) -> list[str]:
    paths: list[str] = []
    for name, nested in _properties(schema).items():
        paths.append(name)
        if depth > 1 and isinstance(nested, dict):
            paths.extend(f"{name}.{path}" for path in _property_paths(nested, depth - 1))
    return paths
