"""Owns the validation of records in what is mapped, and their keys, without ever showing a value."""

from __future__ import annotations

import decimal
import typing as t

from target_activecampaign.config.names import is_showable
from target_activecampaign.singer.fast_validator import compile_fast_validator
from target_activecampaign.singer.json_schema import DIGITS, make_validator, raise_if_not_of_validator
from target_activecampaign.singer.mapped_schema import join_parts
from target_activecampaign.singer.schema_keywords import REFUSING_KEYWORDS

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_activecampaign.singer.mapped_schema import Keys, Part


class RecordValidator:
    """Names path and keyword of each value that is not what the schema says; `jsonschema` shows the value."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Compile.

        Args:
            parts: What the schema says, in a form that is understood: without references.
        """
        self._surely_fits = _compile(join_parts(parts, ()))
        self._parts = [(part.keys, _compile(part.schema), make_validator(part.schema)) for part in parts]
        self._names = {name for part in parts for name in _names(part.schema)}

    def find_faults(self, record: dict[str, t.Any]) -> dict[Keys, str]:
        """Return JSON path and keyword of the first fault of each value, by the keys that lead to it.

        Formats aside: a mapped value is checked for its own field's type.
        """
        if self._surely_fits(record):
            return {}
        found = (
            (keys, self._find_fault(keys, validator, record))
            for keys, surely_fits, validator in self._parts
            if not surely_fits(record)
        )
        return {keys: fault for keys, fault in found if fault is not None}

    def _find_fault(
        self,
        keys: Keys,
        validator: t.Any,  # noqa: ANN401 - it has no type
        record: dict[str, t.Any],
    ) -> str | None:
        try:
            with decimal.localcontext(DIGITS):
                error = next(validator.iter_errors(record), None)
        except BaseException as failure:  # noqa: BLE001 - one bad value is a fault, whatever it raises
            raise_if_not_of_validator(failure)
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


def _compile(schema: Mapping[str, t.Any]) -> Callable[[t.Any], bool]:
    fits = compile_fast_validator(schema, REFUSING_KEYWORDS)

    def surely_fits(record: dict[str, t.Any]) -> bool:
        try:
            return fits(record)
        except Exception:  # noqa: BLE001 - it is not sure then
            return False

    return surely_fits


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
