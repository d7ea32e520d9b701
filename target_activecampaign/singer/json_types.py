"""Owns what `jsonschema` takes for an integer: a number without fraction, as a database or a file writes it.

JSON has no integers of its own, and draft 2020-12 says that `5.0` is one.
"""

from __future__ import annotations

import typing as t
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
"""The validator of draft 2020-12, for values that were read to the digit."""
