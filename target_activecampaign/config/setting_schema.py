"""Owns how the JSON schema of a setting is written down: as the SDK writes its own, without its import.

That import takes most of a second, which the commands for people would wait for.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Sequence

JsonSchema: t.TypeAlias = "dict[str, t.Any]"

STRING: JsonSchema = {"type": ["string"]}
BOOLEAN: JsonSchema = {"type": ["boolean"]}


class Setting(t.NamedTuple):
    """A setting, or a part of one that is an object."""

    name: str
    schema: JsonSchema
    is_required: bool = False


def setting(  # noqa: PLR0913 - what a schema may say, all by name
    name: str,
    kind: JsonSchema,
    *,
    is_required: bool = False,
    is_secret: bool = False,
    title: str | None = None,
    default: object = None,
    description: str,
    examples: Sequence[str] | None = None,
    allowed: Sequence[str] | None = None,
) -> Setting:
    """Return a setting; without a value, and with null, it is not set.

    Args:
        name: Of the setting.
        kind: Schema of its values.
        is_required: Whether it has to be set, and null is none of its values.
        is_secret: Whether no log and no form may show it.
        title: Its label in a form.
        default: Value where it is not set; `None` for none.
        description: Sentences for people.
        examples: Values as people write them.
        allowed: All its values, where there are few.
    """
    types = kind["type"] if isinstance(kind["type"], list) else [kind["type"]]
    words = {
        "title": title,
        "default": default,
        "description": description,
        "examples": examples,
        "enum": allowed,
        **({"secret": True, "writeOnly": True} if is_secret else {}),
    }
    said = {word: value for word, value in words.items() if value is not None}
    return Setting(name, {**kind, "type": types if is_required else [*types, "null"], **said}, is_required)


def integer(minimum: int, maximum: int | None = None) -> JsonSchema:
    """Return the schema of a number."""
    bounds = {"minimum": minimum} if maximum is None else {"minimum": minimum, "maximum": maximum}
    return {"type": ["integer"], **bounds}


def array_of(items: JsonSchema) -> JsonSchema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def object_of(*settings: Setting, others: JsonSchema | t.Literal[False] = False) -> JsonSchema:
    """Return the schema of an object.

    Args:
        settings: Its parts.
        others: Schema of parts of any other name; `False` if there are none.
    """
    required = [one.name for one in settings if one.is_required]
    return {
        "type": "object",
        "properties": {one.name: one.schema for one in settings},
        **({"required": required} if required else {}),
        "additionalProperties": others,
    }
