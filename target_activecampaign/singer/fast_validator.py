"""Owns the fast validator: it tells in 2 us whether a record fits its schema, where `jsonschema` takes 100.

A schema is compiled to a table of Python classes, one look-up a value. It tells what `jsonschema` tells, or
raises (held by a property test), so its answers may be counted and negated. Of a value under a keyword that
it does not know it asks `jsonschema`: only that value costs more. No code is generated: a schema comes from
the tap. Why: docs/design/input-path.md.
"""

from __future__ import annotations

import itertools
import re
import typing as t
from decimal import Decimal

from msgspec import UNSET, UnsetType

from target_activecampaign.singer.json_schema import DIGITS, ask_jsonschema, is_integral

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    Check: t.TypeAlias = Callable[[t.Any], bool]
    # Class of a value to a check of it, `None` where every value of the class fits, `never` where none does.
    # Nothing is known of values of other classes. `None` in place of the table: anything fits.
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
_EVERY_CLASS = tuple({class_: None for classes in _CLASSES.values() for class_ in classes})
# Types that a keyword concerns, of those that may be left to `jsonschema`; others concern every type.
_CONCERNED = {
    "multipleOf": "number",
    **dict.fromkeys(
        (
            "additionalProperties",
            "dependentRequired",
            "dependentSchemas",
            "maxProperties",
            "minProperties",
            "patternProperties",
            "properties",
            "propertyNames",
            "unevaluatedProperties",
        ),
        "object",
    ),
    **dict.fromkeys(("contains", "unevaluatedItems", "uniqueItems"), "array"),
}
_EASILY_EQUAL = (str, bool, type(None))  # values of these are equal to others of their class alone


class NotSureError(Exception):
    """Says that a value met a keyword that is not understood."""


def compile_fast_validator(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Check:
    """Compile a schema.

    Args:
        schema: A valid JSON schema, of draft 2020-12.
        keywords: All that may refuse a value; others are remarks.

    Returns:
        A function that tells whether a record fits the schema. Any exception means that it can't say.
    """
    own = {keyword: value for keyword, value in schema.items() if keyword != "$schema"}
    table = compile_table(own, keywords)
    check = None if table is None else table[dict]
    return check or (lambda _: True)


def compile_table(schema: t.Any, keywords: Collection[str]) -> Table:  # noqa: ANN401 - a JSON value
    """Compile the schema of a value, as `compile_fast_validator` does that of a record."""
    if isinstance(schema, bool):
        return None if schema else dict.fromkeys(_EVERY_CLASS, never)
    if "$schema" in schema:
        # Of another draft, by whose rules `jsonschema` goes in a part of a schema.
        return dict.fromkeys(_EVERY_CLASS, _cannot_say)
    concerned = [keyword for keyword in schema if keyword in keywords]
    asked = [keyword for keyword in concerned if not _is_compiled(keyword, schema)]
    own = (_compile_keyword(keyword, schema, keywords) for keyword in concerned if keyword not in asked)
    return _both(_all(own), _ask(asked, schema, keywords))


def _is_compiled(keyword: str, schema: Mapping[str, t.Any]) -> bool:
    value = schema[keyword]
    if keyword in {"properties", "additionalProperties"}:
        return "patternProperties" not in schema
    if keyword in {"enum", "const"}:
        values = value if keyword == "enum" else [value]
        return all(isinstance(one, _EASILY_EQUAL) for one in values)
    if keyword == "multipleOf":
        return not isinstance(value, float)  # `jsonschema` has a rule of its own for these
    return keyword in _CHECKS or keyword in _COMBINED or keyword in _TABLES


def _ask(asked: Sequence[str], schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    """Return the table of keywords that are left to `jsonschema`."""
    if not asked:
        return None
    # Some look at others: `contains` at remarks, these at all.
    needs_all = any(keyword.startswith("unevaluated") for keyword in asked)
    own = {
        name: value for name, value in schema.items() if needs_all or name in asked or name not in keywords
    }
    check = _cannot_say if _refers(own) else ask_jsonschema(own)
    classes = (_CLASSES[_CONCERNED[name]] if name in _CONCERNED else _EVERY_CLASS for name in asked)
    return {**dict.fromkeys(_EVERY_CLASS), **dict.fromkeys(itertools.chain(*classes), check)}


def _refers(schema: t.Any) -> bool:  # noqa: ANN401 - a JSON value
    """Tell whether a schema may mean something else where it stands alone, for references in it."""
    if isinstance(schema, dict):
        return any(key.startswith("$") or _refers(value) for key, value in schema.items())
    return isinstance(schema, list) and any(map(_refers, schema))


def _compile_keyword(keyword: str, schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    value = schema[keyword]
    if keyword in _CHECKS:
        name, make_check = _CHECKS[keyword]
        return _every_class_but(name, make_check(value))
    if keyword in _COMBINED:
        return _COMBINED[keyword]([compile_table(part, keywords) for part in value])
    return _TABLES[keyword](schema, keywords)


def _compile_type(schema: Mapping[str, t.Any], _: Collection[str]) -> Table:
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    # `5.0` is an integer, too.
    integral = {float: is_integral, Decimal: is_integral} if "integer" in names else {}
    named = {class_: None for name in names for class_ in _CLASSES[name]}
    return {**dict.fromkeys(_EVERY_CLASS, never), **integral, **named}


def _compile_enum(schema: Mapping[str, t.Any], _: Collection[str]) -> Table:
    return _one_of(schema["enum"])


def _compile_const(schema: Mapping[str, t.Any], _: Collection[str]) -> Table:
    return _one_of([schema["const"]])


def _compile_properties(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    return _every_class_but("object", _check_properties(schema["properties"], keywords))


def _compile_additional(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    known = schema.get("properties", {}).keys()
    return _every_class_but(
        "object", _check_others(known, compile_table(schema["additionalProperties"], keywords))
    )


def _compile_items(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    table, others = compile_table(schema["items"], keywords), len(schema.get("prefixItems", ()))
    return _every_class_but(
        "array", lambda items: False not in [_fits(item, table) for item in items[others:]]
    )


def _compile_first_items(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    tables = [compile_table(part, keywords) for part in schema["prefixItems"]]

    def check(items: list[t.Any]) -> bool:
        return False not in [_fits(item, table) for item, table in zip(items, tables, strict=False)]

    return _every_class_but("array", check)


def _compile_not(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    table = compile_table(schema["not"], keywords)
    return {class_: _not(_of(table, class_)) for class_ in _EVERY_CLASS}


def _compile_if(schema: Mapping[str, t.Any], keywords: Collection[str]) -> Table:
    parts = (schema["if"], schema.get("then", True), schema.get("else", True))
    condition, then, other = (compile_table(part, keywords) for part in parts)
    return {
        class_: _if(_of(condition, class_), _of(then, class_), _of(other, class_)) for class_ in _EVERY_CLASS
    }


def _check_pattern(pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda value: search(value) is not None


def _is_multiple_of(unit: float | Decimal) -> Check:
    if isinstance(unit, Decimal):
        find_remainder = DIGITS.remainder  # not of a binary fraction: it raises
        return lambda value: not find_remainder(value, unit)
    return lambda value: not value % unit


def _has_keys(names: frozenset[str]) -> Check:
    return lambda value: value.keys() >= names


# Keyword to the type that it concerns, and what makes its check.
_CHECKS: dict[str, tuple[str, Callable[[t.Any], Check]]] = {
    "minLength": ("string", lambda least: lambda value: len(value) >= least),
    "maxLength": ("string", lambda most: lambda value: len(value) <= most),
    "pattern": ("string", _check_pattern),
    # NaN is within any bounds.
    "minimum": ("number", lambda least: lambda value: not value < least),
    "maximum": ("number", lambda most: lambda value: not value > most),
    "exclusiveMinimum": ("number", lambda bound: lambda value: not value <= bound),
    "exclusiveMaximum": ("number", lambda bound: lambda value: not value >= bound),
    "multipleOf": ("number", _is_multiple_of),
    "minItems": ("array", lambda least: lambda value: len(value) >= least),
    "maxItems": ("array", lambda most: lambda value: len(value) <= most),
    "required": ("object", lambda names: _has_keys(frozenset(names))),
}


def never(_: object) -> bool:
    """Refuse a value."""
    return False


def _cannot_say(_: object) -> bool:
    """End the check: `jsonschema` must validate the record, and may refuse it at this very place."""
    raise NotSureError


def _every_class_but(name: str, check: Check) -> Table:
    """Return the table of a keyword that concerns one type alone."""
    return {**dict.fromkeys(_EVERY_CLASS), **dict.fromkeys(_CLASSES[name], check)}


def _one_of(values: Sequence[t.Any]) -> Table:
    """Return the table of values that are easily equal."""
    texts = frozenset(value for value in values if isinstance(value, str))
    truths = frozenset(value for value in values if isinstance(value, bool))
    return {
        **dict.fromkeys(_EVERY_CLASS, never),
        str: texts.__contains__ if texts else never,
        bool: truths.__contains__ if truths else never,
        type(None): None if None in values else never,
    }


def _check_properties(properties: Mapping[str, t.Any], keywords: Collection[str]) -> Check:
    compiled = {name: compile_table(schema, keywords) for name, schema in properties.items()}
    tables = [(name, {**table, UnsetType: None}) for name, table in compiled.items() if table is not None]

    def check(record: Mapping[str, t.Any]) -> bool:
        find, fits = record.get, True
        for name, table in tables:
            value = find(name, UNSET)
            further = table[type(value)]
            if further is not None and not further(value):
                fits = False
        return fits

    return check


def _check_others(known: Collection[str], table: Table) -> Check:
    def check(record: Mapping[str, t.Any]) -> bool:
        return False not in [name in known or _fits(value, table) for name, value in record.items()]

    return check


def _fits(value: object, table: Table) -> bool:
    check = None if table is None else table[type(value)]
    return check is None or check(value)


def _of(table: Table, class_: type) -> Check | None:
    return None if table is None else table[class_]


# A comparison may raise, and in `anyOf` `jsonschema` goes on with it after a first fault. So each check of a
# value goes on, too, where the answer is known already (`False not in [...]`, where `all` would stop).


def _all(tables: Iterable[Table]) -> Table:
    table: Table = None
    for part in tables:
        table = _both(table, part)
    return table


def _both(one: Table, other: Table) -> Table:
    if one is None or other is None:
        return one if other is None else other
    return {class_: _and(one[class_], other[class_]) for class_ in _EVERY_CLASS}


def _and(one: Check | None, other: Check | None) -> Check | None:
    if one is None or other is None or one is other:
        return one or other
    return lambda value: one(value) & other(value)


def _any(tables: Sequence[Table]) -> Table:
    return {class_: _or([_of(table, class_) for table in tables]) for class_ in _EVERY_CLASS}


def _or(checks: Sequence[Check | None]) -> Check | None:
    some = [check for check in checks if check is not never]
    if len(some) < _SEVERAL:
        return some[0] if some else never
    return None if some[0] is None else lambda value: any(check is None or check(value) for check in some)


def _exactly_one(tables: Sequence[Table]) -> Table:
    return {class_: _one([_of(table, class_) for table in tables]) for class_ in _EVERY_CLASS}


def _one(checks: Sequence[Check | None]) -> Check | None:
    some = [check for check in checks if check is not never]
    if len(some) < _SEVERAL:
        return some[0] if some else never
    return lambda value: [check is None or check(value) for check in some].count(True) == 1


def _not(check: Check | None) -> Check | None:
    if check is None or check is never:
        return never if check is None else None
    return lambda value: not check(value)


def _if(condition: Check | None, then: Check | None, other: Check | None) -> Check | None:
    if condition is None or condition is never:
        return then if condition is None else other

    def check(value: object) -> bool:
        further = then if condition(value) else other
        return further is None or further(value)

    return check


_SEVERAL = 2
_COMBINED: dict[str, Callable[[Sequence[Table]], Table]] = {
    "allOf": _all,
    "anyOf": _any,
    "oneOf": _exactly_one,
}
_TABLES: dict[str, Callable[[Mapping[str, t.Any], Collection[str]], Table]] = {
    "type": _compile_type,
    "enum": _compile_enum,
    "const": _compile_const,
    "properties": _compile_properties,
    "additionalProperties": _compile_additional,
    "items": _compile_items,
    "prefixItems": _compile_first_items,
    "not": _compile_not,
    "if": _compile_if,
}
