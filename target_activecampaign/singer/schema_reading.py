"""Owns the form in which the schema of a SCHEMA message goes on, to the SDK, the mapping and the validator.

References are replaced by the schemas that they name, none of them fetched. A schema that names no property
is one of free records. docs/design/input-path.md says what is understood of a schema, and where.
"""

from __future__ import annotations

import typing as t
from urllib.parse import unquote

from target_activecampaign.contacts.schema_paths import FREE_RECORDS, is_free_object
from target_activecampaign.singer.subschemas import map_subschemas

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DEEPEST = 30  # schemas in each other; the SDK copies and flattens them by recursion
_MOST_SCHEMAS = 50_000  # in one; references may multiply them
_DEFINITIONS = ("$defs", "definitions")  # nothing refers to them any more
_LONGEST_INDEX = 9  # digits


SCALARS = ("string", "number", "boolean", "null")
"""Types of values after flattening: objects and arrays become text."""

ANY_TYPE = (*SCALARS, "object", "array")


def read_schema(
    schema: Mapping[str, t.Any], key_properties: Iterable[str], *, default_types: Sequence[str] = ()
) -> dict[str, t.Any]:
    """Return the schema of a SCHEMA message as it goes on.

    Args:
        schema: As the tap sent it.
        key_properties: Of the message.
        default_types: Of a property that has no type, where the SDK's stream maps or flattening want one.
    """
    read: dict[str, t.Any] = _Reading(schema, default_types).read(schema)
    if not isinstance(read.get("required", []), list):
        del read["required"]
    if is_free_object(read):
        # The SDK looks for keys there, and flattening takes one without a type for text.
        key = _with_type({}, default_types) if default_types else {}
        return {**read, "properties": dict.fromkeys(key_properties, key), FREE_RECORDS: True}
    return {"properties": {}, **read}


class _Reading:
    """Reads one schema."""

    def __init__(self, root: Mapping[str, t.Any], default_types: Sequence[str]) -> None:
        self._root = root
        self._default_types = default_types
        own = root.get("$id", root.get("id"))
        self._own_address = own.rstrip("#") if isinstance(own, str) else ""
        self._schemas_left = _MOST_SCHEMAS

    def read(self, schema: t.Any, depth: int = 0, open_: tuple[str, ...] = ()) -> t.Any:  # noqa: ANN401 - a JSON value
        """Return a schema with what its references name in their place.

        Args:
            schema: Or whatever stands in its place.
            depth: How many schemas it stands in.
            open_: References that it stands in.

        Returns:
            A schema that says nothing in the place of one that stands too deep, or in itself, like the arrays
            of arrays of PostgreSQL.
        """
        if not isinstance(schema, dict):
            return schema
        self._schemas_left -= 1
        if depth > _DEEPEST or self._schemas_left < 0:
            return {}
        own = {keyword: value for keyword, value in schema.items() if keyword not in _DEFINITIONS}
        reference = own.get("$ref")
        if isinstance(reference, str) and (found := self._find(reference)) is not None:
            del own["$ref"]
            inner = {} if reference in open_ else found
            return self.read({**inner, **own}, depth + 1, (*open_, reference))
        if not isinstance(own.get("properties", {}), dict):
            del own["properties"]
        return map_subschemas(own, lambda inner, path: self._read_inner(inner, path, depth + 1, open_))

    def _read_inner(self, schema: t.Any, path: str, depth: int, open_: tuple[str, ...]) -> t.Any:  # noqa: ANN401 - likewise
        """Read a schema in another one; that of a property becomes an object, which the SDK expects."""
        if not path:
            return self.read(schema, depth, open_)
        read: dict[str, t.Any] = self.read(_as_object(schema), depth, open_)
        return _with_type(read, self._default_types) if self._default_types else read

    def _find(self, reference: str) -> Mapping[str, t.Any] | None:
        """Return what a reference into the schema names; `None` where it leads elsewhere or nowhere."""
        address, hash_, pointer = reference.partition("#")
        if not hash_ or address not in {"", self._own_address} or pointer[:1] not in {"", "/"}:
            return None
        place: t.Any = self._root
        for part in unquote(pointer).split("/")[1:]:
            place = _step(place, part.replace("~1", "/").replace("~0", "~"))
        return _as_object(place) if isinstance(place, (dict, bool)) else None


def _step(place: t.Any, key: str) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return what stands at a key or index; `None` where nothing does."""
    if isinstance(place, dict):
        return place.get(key)
    if isinstance(place, list) and key.isdecimal() and len(key) <= _LONGEST_INDEX and int(key) < len(place):
        return place[int(key)]
    return None


def _as_object(schema: t.Any) -> dict[str, t.Any]:  # noqa: ANN401 - a JSON value
    """Return a schema as an object, with a `type` that the SDK can search."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if not isinstance(schema, dict):
        return {"type": [schema]}  # as in `"email": "string"`; whether it is a type shows where it is mapped
    own = schema.get("type", "")
    if isinstance(own, (str, list)):
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword != "type"}
    return rest if own is None else {**rest, "type": [own]}


_TYPES: dict[type, str] = {str: "string", bool: "boolean", dict: "object", list: "array", type(None): "null"}


def _with_type(schema: dict[str, t.Any], default: Sequence[str]) -> dict[str, t.Any]:
    """Return the schema of a property with a type: flattening drops it without one, or fails."""
    if "type" in schema:
        return schema
    types: list[t.Any] = []
    alternatives = schema.get("anyOf", schema.get("oneOf"))
    if isinstance(alternatives, list):
        for part in alternatives:
            own = part.get("type", default) if isinstance(part, dict) else default
            types += [own] if isinstance(own, str) else own
    elif isinstance(schema.get("enum"), list):
        types = [_TYPES.get(type(value), "number") for value in schema["enum"]]
    is_sure = types and all(isinstance(name, str) for name in types)
    return {"type": list(dict.fromkeys(types if is_sure else default)), **schema}
