"""Owns the fast validator: a record surely fits its schema, told in 2 us where `jsonschema` takes 100.

A schema is compiled to a table of Python classes, one look-up a value. It is not sure of a keyword that it
does not know; `validator` then asks `jsonschema`. It must never be sure where `jsonschema` would refuse (held
by a property test). No code is generated: a schema comes from the tap. Why: docs/design/input-path.md.
"""

from __future__ import annotations

import re
import typing as t
from decimal import Decimal

from msgspec import UNSET, UnsetType

from target_activecampaign.singer.json_schema import is_integral

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    Check: t.TypeAlias = Callable[[t.Any], bool]
    # Class of a value to a check of it, `None` where every value of the class fits. Values of other classes
    # do not surely fit. `None` in place of the table: anything fits.
    Table: t.TypeAlias = Mapping[type, Check | None] | None

_CLASSES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}
_EVERY_CLASS = {class_ for classes in _CLASSES.values() for class_ in classes}
# Not understood, but of no concern to values of other types.
_CONCERN = {
    "object": {
        "dependentRequired",
        "dependentSchemas",
        "maxProperties",
        "minProperties",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
    },
    "array": {"contains", "prefixItems", "unevaluatedItems", "uniqueItems"},
}


class NotSureError(Exception):
    """Says that a value met a keyword that is not understood."""


def compile_fast_validator(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Check:
    """Compile a schema.

    Args:
        schema: A valid JSON schema, of draft 2020-12.
        keywords: All that may refuse a value; others are remarks.

    Returns:
        A function that tells whether a record surely fits the schema. Any exception means that it can't say.
    """
    own = {keyword: value for keyword, value in schema.items() if keyword != "$schema"}
    table = compile_table(own, keywords)
    if table is None:
        return lambda _: True
    check = table.get(dict, _never)
    return check or (lambda _: True)


def compile_table(schema: t.Any, keywords: Collection[str]) -> Table:  # noqa: ANN401 - a JSON value
    """Compile the schema of a value, as `compile_fast_validator` does that of a record."""
    if isinstance(schema, bool):
        return None if schema else {}
    if "$schema" in schema:
        # Of another draft, by whose rules `jsonschema` goes in a part of a schema.
        return dict.fromkeys(_EVERY_CLASS, _cannot_say)
    table: Table = None
    for keyword in schema:
        if keyword in keywords:
            table = _both(table, _compile_keyword(keyword, schema, keywords))
    return table


def _compile_keyword(  # noqa: PLR0911 - one for each kind
    keyword: str, schema: Mapping[str, t.Any], keywords: Collection[str]
) -> Table:
    value = schema[keyword]
    if keyword == "type":
        names = [value] if isinstance(value, str) else value
        # `5.0` is an integer, too.
        integral = {float: is_integral, Decimal: is_integral} if "integer" in names else {}
        return {**integral, **{class_: None for name in names for class_ in _CLASSES[name]}}
    if keyword in {"enum", "const"}:
        return _one_of(value if keyword == "enum" else [value])
    if keyword in {"anyOf", "allOf"}:
        tables = [compile_table(part, keywords) for part in value]
        return _any(tables) if keyword == "anyOf" else _all(tables)
    if keyword in _CHECKS:
        name, make_check = _CHECKS[keyword]
        return _every_class_but(name, make_check(value))
    if keyword == "properties":
        return _every_class_but("object", _check_properties(value, keywords))
    if keyword == "additionalProperties":
        known = schema.get("properties", {}).keys()
        return _every_class_but("object", _check_others(known, compile_table(value, keywords)))
    if keyword == "items":
        return _every_class_but("array", _check_items(compile_table(value, keywords)))
    for name, concerned in _CONCERN.items():
        if keyword in concerned:
            return _every_class_but(name, _cannot_say)
    return dict.fromkeys(_EVERY_CLASS, _cannot_say)


def _check_pattern(pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda value: search(value) is not None


def _has_keys(names: frozenset[str]) -> Check:
    return lambda value: value.keys() >= names


# Keyword to the type that it concerns, and what makes its check.
_CHECKS: dict[str, tuple[str, Callable[[t.Any], Check]]] = {
    "minLength": ("string", lambda least: lambda value: len(value) >= least),
    "maxLength": ("string", lambda most: lambda value: len(value) <= most),
    "pattern": ("string", _check_pattern),
    "minimum": ("number", lambda least: lambda value: value >= least),
    "maximum": ("number", lambda most: lambda value: value <= most),
    "exclusiveMinimum": ("number", lambda bound: lambda value: value > bound),
    "exclusiveMaximum": ("number", lambda bound: lambda value: value < bound),
    "multipleOf": (
        "number",
        # `jsonschema` has a rule of its own for these.
        lambda unit: _cannot_say if isinstance(unit, float) else lambda value: not value % unit,
    ),
    "minItems": ("array", lambda least: lambda value: len(value) >= least),
    "maxItems": ("array", lambda most: lambda value: len(value) <= most),
    "required": ("object", lambda names: _has_keys(frozenset(names))),
}


def _never(_: object) -> bool:
    return False


def _cannot_say(_: object) -> bool:
    """End the check: `jsonschema` must validate the record, and may refuse it at this very place."""
    raise NotSureError


def _every_class_but(name: str, check: Check) -> Table:
    """Return the table of a keyword that concerns one type alone."""
    return {**dict.fromkeys(_EVERY_CLASS), **dict.fromkeys(_CLASSES[name], check)}


def _one_of(values: Iterable[t.Any]) -> Table:
    """Return a table of strings and null alone: of numbers and booleans some are equal to others."""
    texts = {value for value in values if isinstance(value, str)}
    table: dict[type, Check | None] = {str: texts.__contains__}
    if any(value is None for value in values):
        table[type(None)] = None
    return table


def _check_properties(properties: Mapping[str, t.Any], keywords: Collection[str]) -> Check:
    compiled = {name: compile_table(schema, keywords) for name, schema in properties.items()}
    tables = [(name, {**table, UnsetType: None}) for name, table in compiled.items() if table is not None]

    def check(record: Mapping[str, t.Any]) -> bool:
        find = record.get
        try:
            for name, table in tables:
                value = find(name, UNSET)
                further = table[type(value)]
                if further is not None and not further(value):
                    return False
        except KeyError:  # a value of a class that the table does not know
            return False
        return True

    return check


def _check_others(known: Collection[str], table: Table) -> Check:
    def check(record: Mapping[str, t.Any]) -> bool:
        return all(name in known or _fits(value, table) for name, value in record.items())

    return check


def _check_items(table: Table) -> Check:
    return lambda items: all(_fits(item, table) for item in items)


def _fits(value: object, table: Table) -> bool:
    if table is None:
        return True
    further = table.get(type(value), _never)
    return further is None or further(value)


def _all(tables: Iterable[Table]) -> Table:
    table: Table = None
    for part in tables:
        table = _both(table, part)
    return table


def _both(one: Table, other: Table) -> Table:
    if one is None or other is None:
        return one if other is None else other
    return {class_: _and(one[class_], other[class_]) for class_ in one if class_ in other}


def _and(one: Check | None, other: Check | None) -> Check | None:
    if one is None or other is None:
        return one or other
    return lambda value: one(value) and other(value)


def _any(tables: Iterable[Table]) -> Table:
    merged: dict[type, Check | None] = {}
    for table in tables:
        for class_, check in (dict.fromkeys(_EVERY_CLASS) if table is None else table).items():
            merged[class_] = _or(merged[class_], check) if class_ in merged else check
    return merged


def _or(one: Check | None, other: Check | None) -> Check | None:
    if one is None:
        return None
    return lambda value: one(value) or other is None or other(value)
