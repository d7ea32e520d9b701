"""Owns what is taken of `jsonschema`: the validator of draft 2020-12, for values that were read to the digit.

JSON has no integers of its own, and the draft says that `5.0` is one, also where it was read as a `Decimal`.
"""

from __future__ import annotations

import contextlib
import re
import typing as t
import warnings
from decimal import Decimal

import jsonschema
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR


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
