"""Owns what is taken of `jsonschema`: the validator of draft 2020-12, for values that were read to the digit.

JSON has no integers of its own, and the draft says that `5.0` is one, also where it was read as a `Decimal`.
"""

from __future__ import annotations

import contextlib
import decimal
import re
import typing as t
import warnings
from decimal import Decimal

import jsonschema
import referencing
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIGITS = decimal.Context(prec=100)
"""A database's number may have 38 digits before the point and 38 behind it, and taps say so
(`multipleOf: 1e-38`): with the 28 of Python's own context 12.5 could not be compared with that."""


def is_integral(number: Decimal | float) -> bool:
    """Tell whether a number has no fraction."""
    if isinstance(number, float):
        return number.is_integer()
    return number.is_finite() and number == number.to_integral_value()


def _is_integer(_: jsonschema.TypeChecker, value: t.Any) -> bool:  # noqa: ANN401 - a JSON value
    if isinstance(value, Decimal):
        return is_integral(value)
    return bool(DEFAULT_JSONSCHEMA_VALIDATOR.TYPE_CHECKER.is_type(value, "integer"))


VALIDATOR: t.Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    DEFAULT_JSONSCHEMA_VALIDATOR,
    type_checker=DEFAULT_JSONSCHEMA_VALIDATOR.TYPE_CHECKER.redefine("integer", _is_integer),
)
"""A schema is valid for it, or its results mean nothing."""


def make_validator(schema: Mapping[str, t.Any]) -> t.Any:  # noqa: ANN401 - it has no type
    """Return a validator of a schema, which opens nothing.

    Without a registry of our own `jsonschema` opens whatever URL a `$ref` names, files included.
    """
    registry: t.Any = referencing.Registry()
    return VALIDATOR(schema, registry=registry)


def ask_jsonschema(schema: Mapping[str, t.Any]) -> Callable[[t.Any], bool]:
    """Return a function that tells whether a value fits a schema; `ValueError` means that it can't say."""
    validator = make_validator(schema)

    def fits(value: object) -> bool:
        try:
            with decimal.localcontext(DIGITS):
                return not list(validator.iter_errors(value))
        except BaseException as failure:  # noqa: BLE001 - whatever a bad value raises
            raise_if_not_of_validator(failure)
            raise ValueError("the value can't be compared with the schema") from None

    return fits


def raise_if_not_of_validator(error: BaseException) -> None:
    """Raise again what ends the program.

    The part of `referencing` that is written in Rust turns a `RecursionError` into a panic, which is no
    `Exception`; it depends on the depth of the stack whether it strikes there.
    """
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


_FORMATS = jsonschema.FormatChecker(formats=())
_META_VALIDATOR = VALIDATOR(VALIDATOR.META_SCHEMA, format_checker=_FORMATS)
# Of other dialects, to Python something else: `[[:alpha:]]` is the set of `[:alph` before a `]`, and the
# slashes of `/^a$/i` stand where no text has any more.
_FOREIGN = re.compile(r"\[([:.=])[^\[\]]*\1\]|\A/\^|\$/[a-z]*\Z")


def is_valid_schema(schema: dict[str, t.Any]) -> bool:
    """Tell whether a schema is one, with patterns that Python can search for."""
    with contextlib.suppress(Exception):  # of a pattern that is too large
        return bool(_META_VALIDATOR.is_valid(schema))
    return False


@_FORMATS.checks("regex")
def _is_understood(pattern: object) -> bool:
    """Tell whether Python surely reads a pattern as it was meant.

    Python warns of what other dialects take for a set in a set, and of flags that it takes no more.
    """
    if not isinstance(pattern, str):
        return True
    with warnings.catch_warnings():
        for category in (FutureWarning, DeprecationWarning):
            warnings.filterwarnings("error", "Possible |Flags not", category)
        try:
            re.compile(pattern)
        except Exception:  # noqa: BLE001 - of one that is too large, too
            return False
    return _FOREIGN.search(pattern) is None
