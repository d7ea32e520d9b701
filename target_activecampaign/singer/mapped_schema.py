"""Owns which part of a stream's schema its records are held against: what is mapped, and the keys.

A column that nobody exports keeps no person off a list. docs/design/input-path.md says more.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.singer.schema_keywords import NotUnderstood, understand

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Keys: t.TypeAlias = "tuple[str, ...]"
"""Lead from a record to a value in it."""

_ALTERNATIVES = ("anyOf", "oneOf")


class Part(t.NamedTuple):
    """What a schema says of one value of a record.

    Attributes:
        keys: Lead to the value.
        schema: Of a record; it concerns this value alone, and what that stands in.
    """

    keys: Keys
    schema: dict[str, t.Any]


def find_parts(
    schema: Mapping[str, t.Any], values: Iterable[Keys], problems: list[NotUnderstood]
) -> list[Part]:
    """Return what a schema says of some values of its records.

    Args:
        schema: After `read_schema`, stream maps and flattening.
        values: The keys of each.
        problems: Takes each keyword that is not understood.
    """
    parts: list[Part] = []
    for keys in dict.fromkeys(values):
        along = _along(schema, keys)
        along.pop("type", None)  # it is an object, or no record
        parts.append(Part(keys, understand(along, "$", problems)))
    return parts


def join_parts(parts: Sequence[Part], properties: Collection[str]) -> dict[str, t.Any]:
    """Return the schema that a record fits that fits each part; it names these properties of records."""
    found: dict[str, list[t.Any]] = {name: [] for name in properties}
    required: list[str] = []
    others: list[t.Any] = []
    for part in parts:
        own = dict(part.schema)
        for name, inner in own.pop("properties", {}).items():
            found.setdefault(name, []).append(inner)
        required += own.pop("required", [])
        others += [own] if own else []
    joined: dict[str, t.Any] = {"properties": {name: _all_of(some) for name, some in found.items()}}
    if required:
        joined["required"] = list(dict.fromkeys(required))
    return {**joined, "allOf": others} if others else joined


def _all_of(schemas: list[t.Any]) -> t.Any:  # noqa: ANN401 - a JSON value
    own = [schema for schema in schemas if not _says_nothing(schema)]
    return {} if not own else own[0] if len(own) == 1 else {"allOf": own}


def _along(schema: t.Any, keys: Keys) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return what a schema says of the value that keys lead to, and of the objects on the way to it."""
    if not isinstance(schema, dict):
        return schema
    if not keys:
        return _with_null_items(schema)
    key, rest = keys[0], keys[1:]
    kept: dict[str, t.Any] = {"type": schema["type"]} if "type" in schema else {}
    inner = schema.get("properties", {}).get(key)
    if inner is not None:
        kept["properties"] = {key: _along(inner, rest)}
    if _is_required(schema, key, inner):
        kept["required"] = [key]
    together = [part for whole in _listed(schema, "allOf") if not _says_nothing(part := _along(whole, keys))]
    for keyword in _ALTERNATIVES:
        some = [_along(part, keys) for part in _listed(schema, keyword)]
        if some and not any(map(_says_nothing, some)):
            # Of `oneOf`, what is left of two alternatives may be the same.
            together.append({"anyOf": some})
    return {**kept, "allOf": together} if together else kept


def _says_nothing(schema: object) -> bool:
    return schema is True or schema == {}


def _is_required(schema: Mapping[str, t.Any], key: str, inner: object) -> bool:
    names = schema.get("required")
    is_listed = isinstance(names, list) and key in names
    return is_listed or (isinstance(inner, dict) and inner.get("required") is True)  # the latter in draft 3


def _listed(schema: Mapping[str, t.Any], keyword: str) -> list[t.Any]:
    parts = schema.get(keyword)
    return parts if isinstance(parts, list) else []


def _with_null_items(schema: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the schema of a value with nulls allowed in arrays: what is mapped leaves them out."""
    own = dict(schema)
    if isinstance(own.get("items"), dict):
        own["items"] = _nullable(own["items"])
    for keyword in ("allOf", *_ALTERNATIVES):
        if some := _listed(own, keyword):
            own[keyword] = [_with_null_items(part) if isinstance(part, dict) else part for part in some]
    return own


def _nullable(schema: dict[str, t.Any]) -> dict[str, t.Any]:
    types = schema.get("type")
    if isinstance(types, (str, list)) and schema.keys().isdisjoint(("const", "enum")):
        return {**schema, "type": [*([types] if isinstance(types, str) else types), "null"]}
    return {"anyOf": [schema, {"type": "null"}]}
