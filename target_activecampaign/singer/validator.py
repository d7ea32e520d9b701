"""Owns the validation of records against their stream's schema, without ever showing a value.

A schema comes from the tap, so nothing that it refers to is fetched.
"""

from __future__ import annotations

import decimal
import typing as t

import jsonschema
import referencing
from singer_sdk.exceptions import InvalidJSONSchema, InvalidRecord
from singer_sdk.sinks.core import BaseJSONSchemaValidator
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from target_activecampaign.config.names import is_showable
from target_activecampaign.singer.fast_validator import compile_fast_validator

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = decimal.Context(prec=100)
"""A database's number may have 38 digits before the point and 38 behind it, and taps say so
(`multipleOf: 1e-38`): with the 28 of Python's own context 12.5 could not be compared with that."""
REFUSING_KEYWORDS = DEFAULT_JSONSCHEMA_VALIDATOR.VALIDATORS.keys() - {"format"}
"""Those of a schema that may refuse a value: `format` is a remark without a checker of formats."""


class RecordValidator(BaseJSONSchemaValidator):
    """Names the path and the keyword of an invalid record; the SDK's own validator shows the value."""

    def __init__(self, schema: dict[str, t.Any]) -> None:
        """Compile a schema.

        Raises:
            InvalidJSONSchema: If it is no valid JSON schema.
        """
        super().__init__(schema)
        try:
            DEFAULT_JSONSCHEMA_VALIDATOR.check_schema(schema)
            self._names = set(_names(schema))
            self._surely_fits = compile_fast_validator(schema, REFUSING_KEYWORDS)
        except jsonschema.SchemaError as error:
            path = _path(error.absolute_path, set(_names(schema)))
            raise InvalidJSONSchema(f"not a valid JSON schema at {path}") from None
        except BaseException as error:  # noqa: BLE001 - bottomless, or with a pattern that is too large
            _raise_if_not_of_the_validator(error)
            raise InvalidJSONSchema(f"not a JSON schema that can be used ({type(error).__name__})") from None
        # Without a registry of our own `jsonschema` opens whatever URL a `$ref` names, files included.
        self._validator = DEFAULT_JSONSCHEMA_VALIDATOR(schema, registry=referencing.Registry())

    def validate(self, record: dict[str, t.Any]) -> None:
        """Validate a record as `find_fault` does.

        Raises:
            InvalidRecord: Naming JSON path and keyword.
        """
        if (fault := self.find_fault(record)) is not None:
            raise InvalidRecord(fault, {})

    def find_fault(self, record: dict[str, t.Any]) -> str | None:
        """Return JSON path and keyword of the first fault of a record, or `None`.

        Formats aside: a mapped value is checked for its own field's type.
        """
        try:
            if self._surely_fits(record):
                return None
        except Exception:  # noqa: BLE001, S110 - it is not sure then
            pass
        try:
            with decimal.localcontext(_DIGITS):
                error = next(self._validator.iter_errors(record), None)
        except BaseException as failure:  # noqa: BLE001 - one bad record is a fault, whatever it raises
            _raise_if_not_of_the_validator(failure)
            # NaN, 1E+999999 or an endless integer against a bound, a bottomless record, a `$ref` to nowhere.
            return "$: can't be compared with the schema"
        return None if error is None else f"{_path(error.absolute_path, self._names)}: {error.validator}"


def _raise_if_not_of_the_validator(error: BaseException) -> None:
    """Raise again what ends the program.

    The part of `referencing` that is written in Rust turns a `RecursionError` into a panic, which is no
    `Exception`; it depends on the depth of the stack whether it strikes there.
    """
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


def _path(parts: t.Iterable[str | int], names: set[str]) -> str:
    """Return a JSON path. A key that the schema does not name may be personal data itself: it becomes `*`."""
    return "$" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part if part in names and is_showable(part) else '*'}"
        for part in parts
    )


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
