"""Owns which keywords of a schema are understood, and what those of other drafts mean in draft 2020-12.

A keyword that is not understood says nothing, and is named. docs/design/input-path.md has the table.
"""

from __future__ import annotations

import typing as t
from decimal import Decimal

from target_activecampaign.config.names import is_showable
from target_activecampaign.singer.json_schema import VALIDATOR, is_integral, is_valid_schema
from target_activecampaign.singer.subschemas import map_subschemas

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REFUSING_KEYWORDS = VALIDATOR.VALIDATORS.keys() - {"format"}
"""Those of a schema that may refuse a value: `format` is a remark without a checker of formats."""

_CONCERNED = (REFUSING_KEYWORDS | {"else", "maxContains", "minContains", "then"}) - {"$ref", "$dynamicRef"}
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# They refuse more where something that they look at is not understood.
_FRAGILE = frozenset(
    {"additionalProperties", "contains", "if", "not", "oneOf", "unevaluatedItems", "unevaluatedProperties"}
)
_COUNTS = frozenset({"Contains", "Items", "Length", "Properties"})  # behind `max` and `min`
_MOST_DIGITS = 18
_BOUNDS = {"exclusiveMaximum": "maximum", "exclusiveMinimum": "minimum"}


class NotUnderstood(t.NamedTuple):
    """A keyword that is not understood.

    Attributes:
        path: JSON path of the schema that has it, from the schema that was read.
        keyword: Its name.
    """

    path: str
    keyword: str


def understand(schema: t.Any, path: str, problems: list[NotUnderstood]) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return a valid schema of draft 2020-12 that refuses what a schema refuses as far as it is understood.

    Args:
        schema: Or whatever stands in its place.
        path: Its JSON path.
        problems: Takes each keyword that is not understood and may refuse a value.
    """
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        problems.append(NotUnderstood(path, "type"))
        return True
    before = len(problems)
    own = _translate(schema)
    problems.extend(NotUnderstood(path, keyword) for keyword in _REFERENCES if keyword in own)
    concerned = {keyword: value for keyword, value in own.items() if keyword in _CONCERNED}
    read = map_subschemas(concerned, lambda inner, step: understand(inner, path + _shown(step), problems))
    wrong = [keyword for keyword, value in read.items() if not is_valid_schema({keyword: value})]
    problems.extend(NotUnderstood(path, keyword) for keyword in wrong)
    left_out = {*wrong, *(_FRAGILE if len(problems) > before else ())}
    if len(problems) > before and "prefixItems" in own:
        left_out.add("items")
    return {keyword: value for keyword, value in read.items() if keyword not in left_out}


def describe_problems(stream: str, problems: Iterable[NotUnderstood]) -> str:
    """Return a message that names the keywords, and the way out."""
    names = ", ".join(f"{keyword!r} at {path}" for path, keyword in dict.fromkeys(problems))
    return (
        f"stream {stream!r}: the schema's {names} can't be understood, so values there are not held against "
        "it. Mend the schema in the tap or its catalog, or set validate_records: false, which holds no value "
        "against a schema"
    )


def _shown(step: str) -> str:
    return step if is_showable(step) else ".*"


def _translate(schema: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return a schema of any draft in the words of draft 2020-12, as far as they have other words."""
    own = {keyword: _as_count(keyword, value) for keyword, value in schema.items()}
    if isinstance(own.get("required"), bool):  # of draft 3: it concerns the object around
        del own["required"]
    for keyword, bound in _BOUNDS.items():
        if isinstance(own.get(keyword), bool):  # of draft 4
            is_exclusive = own.pop(keyword)
            if is_exclusive and bound in own:
                own[keyword] = own.pop(bound)
    _translate_type(own)
    if isinstance(own.get("items"), list):  # before 2020-12
        items = own.pop("items")
        others = {"items": own["additionalItems"]} if "additionalItems" in own else {}
        own.update({"prefixItems": items, **others} if items else others)
    return own


def _as_count(keyword: str, value: t.Any) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return a count as an integer: a reader of JSON gives `5.0` as a `Decimal`."""
    is_count = isinstance(value, Decimal) and keyword[3:] in _COUNTS
    return int(value) if is_count and is_integral(value) and value.adjusted() < _MOST_DIGITS else value


def _translate_type(schema: dict[str, t.Any]) -> None:
    own = schema.get("type")
    names = own if isinstance(own, list) else [own]
    if own is None or not all(isinstance(name, (str, type(None))) for name in names):
        return
    if "any" in names:  # of draft 3
        del schema["type"]
        return
    nullable = ["null"] if schema.get("nullable") is True else []  # of OpenAPI
    schema["type"] = list(dict.fromkeys([name or "null" for name in names] + nullable))
