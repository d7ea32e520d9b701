"""Owns the record decoder: it reads and validates a record in one pass, twice as fast as in two.

A stream's schema is compiled to a `msgspec` struct: a record that can be read as it surely fits. A record
that can't is read as any JSON is, and validated. The decoder must never take a record that `jsonschema` would
refuse, nor read another value (held by a property test). Why: docs/design/input-path.md.
"""

from __future__ import annotations

import functools
import operator
import typing as t
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from target_activecampaign.singer.deletion import DELETED_AT
from target_activecampaign.singer.fast_validator import compile_table, never
from target_activecampaign.singer.json_schema import is_integral

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from target_activecampaign.singer.fast_validator import Check

# Keywords of a record's schema that the struct checks. It takes a property that is not named where the schema
# has no `additionalProperties`.
_ANSWERED = {"type", "properties", "required", "additionalProperties"}
# Classes of values that `msgspec` gives for the type of this name, and for nothing else.
_EXACT = {str, int, bool, type(None)}
_LENGTHS = {"minLength": "min_length", "maxLength": "max_length"}
_LONGEST = 2**31


class RecordDecoder:
    """Reads records of one schema. Made by `compile_record_decoder`.

    Attributes:
        struct: A subclass of `msgspec.Struct`: the type of a record.
    """

    def __init__(
        self, struct: type, names: Mapping[str, str], checks: Mapping[str, Mapping[type, Check | None]]
    ) -> None:
        """Prepare the checks of what the struct's types do not say.

        Args:
            struct: As above.
            names: Property to attribute of the struct, of those that may be picked.
            checks: Attribute to a table of the fast validator, where its type does not say all.
        """
        self.struct = struct
        self._decode: Callable[[t.Any], t.Any] = msgspec.json.Decoder(struct, float_hook=Decimal).decode
        self._names = names
        self._checks = [(operator.attrgetter(name), table) for name, table in checks.items()]

    def read(self, raw: str | bytes) -> object | None:
        """Return the record that a JSON text holds; `None` where it does not surely fit, or is a deletion."""
        try:
            if isinstance(raw, bytes):
                raw.decode()  # values that are left out are not looked into
            record: object = self._decode(raw)
        except Exception:  # noqa: BLE001 - it is not sure then
            return None
        return record if self.fits(record) else None

    def fits(self, record: object) -> bool:
        """Tell whether a record surely fits the schema in what the struct's types do not say."""
        try:
            for get, table in self._checks:
                value = get(record)
                check = table[type(value)]
                if check is not None and not check(value):
                    return False
        except Exception:  # noqa: BLE001 - it is not sure then
            return False
        return True

    def picker(self, properties: Sequence[str | None]) -> Callable[[t.Any], Sequence[t.Any]] | None:
        """Return a function that picks the values of some properties out of a record.

        Args:
            properties: Two or more. A record has no property `None`.

        Returns:
            A function whose result has `msgspec.UNSET` for a property that the record lacks. `None` where one
            can't be picked: the schema does not name it, or it is metadata.
        """
        names: dict[str | None, str] = {None: "absent"}
        names.update(self._names)
        if not names.keys() >= set(properties):
            return None
        return operator.attrgetter(*(names[name] for name in properties))


class _RecordMessage(msgspec.Struct, gc=False):
    record: dict[str, t.Any]


_read_message = msgspec.json.Decoder(_RecordMessage, float_hook=Decimal).decode


def read_whole_record(source: str | bytes) -> dict[str, t.Any]:
    """Return the record of a RECORD message, with the properties that a decoder leaves out."""
    return _read_message(source).record


def compile_record_decoder(
    schema: Mapping[str, t.Any],
    *,
    keys: Collection[str],
    metadata: Collection[str],
    keywords: Collection[str],
) -> RecordDecoder | None:
    """Compile a schema.

    Args:
        schema: A valid JSON schema, of draft 2020-12.
        keys: Properties that each record must have.
        metadata: Properties that are removed before a record is validated, `_sdc_deleted_at` among them.
        keywords: All that may refuse a value; others are remarks. Empty where records are not validated.

    Returns:
        `None` where no struct can stand for the schema.
    """
    properties = {name: part for name, part in schema.get("properties", {}).items() if name not in metadata}
    required = {*keys, *(schema.get("required", ()) if "required" in keywords else ())}
    is_answered = _ANSWERED.issuperset(keyword for keyword in schema if keyword in keywords)
    if not (is_answered and required <= properties.keys() and _takes_objects(schema)):
        return None
    names = {name: f"p{number}" for number, name in enumerate((*properties, *metadata))}
    fields: list[t.Any] = []  # in the order in which records likely have them
    checks: dict[str, Mapping[type, Check | None]] = {}
    for name, part in properties.items():
        kind, table = _type_of(part, keywords)
        if table is not None:
            checks[names[name]] = {**table, UnsetType: None}
        is_needed = name in required
        fields.append((names[name], kind) if is_needed else (names[name], kind | UnsetType, UNSET))
    fields += [
        # What has more there, where CSV files have blank text, may be a deletion: it is read as any JSON is.
        (names[name], t.Literal[""] | None | UnsetType if name == DELETED_AT else t.Any, UNSET)
        for name in metadata
    ]
    try:
        struct = msgspec.defstruct(
            "Record",
            fields,
            namespace={"absent": UNSET},
            rename={attribute: name for name, attribute in names.items()},
            forbid_unknown_fields="additionalProperties" in schema,
            kw_only=True,
            gc=False,
        )
    except ValueError:  # `msgspec` takes no names that JSON has to escape
        return None
    return RecordDecoder(struct, {name: names[name] for name in properties}, checks)


def _takes_objects(schema: Mapping[str, t.Any]) -> bool:
    types = schema.get("type", "object")
    return "object" in ([types] if isinstance(types, str) else types)


def _type_of(schema: t.Any, keywords: Collection[str]) -> tuple[t.Any, Mapping[type, Check | None] | None]:  # noqa: ANN401 - a JSON value
    """Return the type of a property, and a table of what the type does not say, `None` for nothing."""
    parts: dict[str, t.Any] = schema if isinstance(schema, dict) else {}
    lengths = {_LENGTHS[key]: value for key, value in parts.items() if key in _LENGTHS and key in keywords}
    others = {key: value for key, value in parts.items() if key not in _LENGTHS} if lengths else schema
    table = compile_table(others, keywords) or {}
    # The few integers that are written like `5.0` go alone.
    named = compile_table({"type": parts["type"]}, keywords) if "type" in parts else None
    excluded = {class_ for class_, check in (named or {}).items() if check is never}
    exact = {
        class_: check
        for class_, check in table.items()
        if check not in {is_integral, never} and class_ not in excluded
    }
    can_be_told = all(isinstance(length, int) and length < _LONGEST for length in lengths.values())
    if exact and exact.keys() <= _EXACT and not any(exact.values()) and can_be_told:
        text = t.Annotated[str, msgspec.Meta(**lengths)] if lengths else str
        kinds = [text if class_ is str else class_ for class_ in exact]
        return functools.reduce(operator.or_, kinds), None
    return t.Any, compile_table(schema, keywords)
