"""Owns how a text of JSON becomes values: to the digit, and as leniently as Singer taps write it.

`msgspec` takes a fifth of the time of the standard library; a property test holds that it reads alike.
"""

from __future__ import annotations

import json
import typing as t
from decimal import Decimal

import msgspec
from singer_sdk.singerlib.json import deserialize_json

NOT_JSON: t.Any = object()
"""What `parse_json` returns for a text that is no JSON."""

REFUSALS = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What `msgspec` raises where it takes a text for no JSON; the last one where parts are nested too deep."""


def parse_json(text: str | bytes) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return a JSON value with `Decimal` for fractions, or `NOT_JSON`.

    A number that Python can't hold breaks no more than the value that it stands for: an endless integer
    becomes a `Decimal`, an endless exponent is no number (`Decimal("NaN")`).
    """
    try:
        return _DECODER.decode(text)
    except REFUSALS:
        # It is stricter than Singer taps are: NaN, halves of surrogate pairs, a byte order mark.
        return _parse_leniently(text)


_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def _parse_leniently(text: str | bytes) -> t.Any:  # noqa: ANN401 - a JSON value
    """Return the value that the standard library reads, or `NOT_JSON`."""
    try:
        return deserialize_json(text)
    except (ValueError, ArithmeticError):
        pass
    except RecursionError:
        return NOT_JSON
    try:
        return json.loads(text, parse_int=_parse_integer, parse_float=_parse_fraction)
    except (ValueError, RecursionError):
        return NOT_JSON


def _parse_integer(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)


def _parse_fraction(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        return Decimal("NaN")
