"""Owns the validation of records in what is mapped, and their keys, without ever showing a value."""

from __future__ import annotations

import decimal
import typing as t

import referencing

from target_activecampaign.config.names import is_showable
from target_activecampaign.singer.fast_validator import compile_fast_validator
from target_activecampaign.singer.json_schema import VALIDATOR
from target_activecampaign.singer.mapped_schema import join_parts
from target_activecampaign.singer.schema_keywords import REFUSING_KEYWORDS

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_activecampaign.singer.mapped_schema import Keys, Part

_DIGITS = decimal.Context(prec=100)
"""A database's number may have 38 digits before the point and 38 behind it, and taps say so
(`multipleOf: 1e-38`): with the 28 of Python's own context 12.5 could not be compared with that."""


class RecordValidator:
    """Names path and keyword of each value that is not what the schema says; `jsonschema` shows the value."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Compile.

        Args:
            parts: What the schema says, in a form that is understood: without references.
        """
        self._surely_fits = compile_fast_validator(join_parts(parts, ()), REFUSING_KEYWORDS)
        # Without a registry of our own `jsonschema` opens whatever URL a `$ref` names, files included.
        registry: t.Any = referencing.Registry()
        self._validators = [(part.keys, VALIDATOR(part.schema, registry=registry)) for part in parts]
        self._names = {name for part in parts for name in _names(part.schema)}

    def find_faults(self, record: dict[str, t.Any]) -> dict[Keys, str]:
        """Return JSON path and keyword of the first fault of each value, by the keys that lead to it.

        Formats aside: a mapped value is checked for its own field's type.
        """
        try:
            if self._surely_fits(record):
                return {}
        except Exception:  # noqa: BLE001, S110 - it is not sure then
            pass
        found = ((keys, self._find_fault(keys, validator, record)) for keys, validator in self._validators)
        return {keys: fault for keys, fault in found if fault is not None}

    def _find_fault(
        self,
        keys: Keys,
        validator: t.Any,  # noqa: ANN401 - it has no type
        record: dict[str, t.Any],
    ) -> str | None:
        try:
            with decimal.localcontext(_DIGITS):
                error = next(validator.iter_errors(record), None)
        except BaseException as failure:  # noqa: BLE001 - one bad value is a fault, whatever it raises
            _raise_if_not_of_the_validator(failure)
            # NaN, 1E+999999 or an endless integer against a bound, a bottomless record.
            return f"{self._path(keys)}: can't be compared with the schema"
        return None if error is None else f"{self._path(error.absolute_path)}: {error.validator}"

    def _path(self, parts: Iterable[str | int]) -> str:
        """Return a JSON path. A key that the schema does not name may be personal data: it becomes `*`."""
        return "$" + "".join(
            f"[{part}]"
            if isinstance(part, int)
            else f".{part if part in self._names and is_showable(part) else '*'}"
            for part in parts
        )


def _raise_if_not_of_the_validator(error: BaseException) -> None:
    """Raise again what ends the program.

    The part of `referencing` that is written in Rust turns a `RecursionError` into a panic, which is no
    `Exception`; it depends on the depth of the stack whether it strikes there.
    """
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


def _names(schema: object) -> Iterator[str]:
    """Yield the names of properties anywhere in a schema."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)
