"""Owns how the outcome of a record is written: the SCHEMA of its stream, and the record's key.

The stream of outcomes is called `<stream>_outcomes` and has the key properties of the exported stream, so a
target keeps one row for each of its keys: the latest outcome. A key that can't be written (null, of another
type than the schema says) would break the load there: its record stands in a stream without a key.

It must not write an address: a text that holds one, and the properties that name a person, are hashed.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import typing as t
import unicodedata
from decimal import Decimal

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_SCALARS = ("string", "integer", "number", "boolean")
_LONGEST_TEXT = 1_000  # characters; a longer one is hashed
_HASH_CHARACTERS = 64
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # what databases stop at: NUL, half of a surrogate pair
_LARGEST_INTEGER = 10**38  # what the widest number of a warehouse holds

OWN_COLUMNS: dict[str, dict[str, t.Any]] = {
    "stream": {"type": "string", "description": "Name of the exported stream, after stream maps."},
    "outcome": {
        "type": "string",
        "description": "`delivered`, `unchanged`, `superseded`, `rejected`, `held_back` or `unsettled`.",
    },
    "reason": {
        "type": ["string", "null"],
        "description": "Why a record was rejected, held back or left on its list; else null.",
    },
    "import_id": {
        "type": ["string", "null"],
        "description": "The import of ActiveCampaign that delivered or refused it; else null.",
    },
    "at": {"type": "string", "format": "date-time", "description": "When the outcome was written."},
}
"""Columns beside those of the key, as their SCHEMA message has them."""

_COLUMNS_BEHIND_KEY = ("outcome", "reason", "import_id", "at")


class OutcomeStream(t.NamedTuple):
    """A stream of outcomes.

    Attributes:
        name: Its name.
        schema: Its SCHEMA message.
    """

    name: str
    schema: str


class OutcomeSchema:
    """How the outcomes of one exported stream are written.

    Attributes:
        key_properties: Of the stream, each once.
    """

    def __init__(
        self,
        stream: str,
        key_properties: Sequence[str],
        schema: Mapping[str, t.Any],
        personal: Collection[str],
    ) -> None:
        """Prepare for a SCHEMA of the stream.

        Args:
            stream: Its name, after stream maps.
            key_properties: Likewise.
            schema: Likewise.
            personal: Properties whose values are hashed.
        """
        self.key_properties = tuple(dict.fromkeys(key_properties))
        properties = schema.get("properties", {})
        self._columns = [
            _KeyColumn(name, properties.get(key), is_hashed=key in personal)
            for key, name in zip(self.key_properties, _column_names(self.key_properties), strict=True)
        ]
        name = f"{stream}_outcomes"
        self._keyed = self._make_stream(name, [column.name for column in self._columns])
        self._keyless = self._make_stream(f"{name}_without_key", ())
        record = f'"record": {{"stream": {json.dumps(stream)}'
        self._opening, self._keyless_opening = (
            f'{{"type": "RECORD", "stream": {json.dumps(one.name)}, {record}'
            for one in (self._keyed, self._keyless)
        )

    def begin(self, key: Sequence[object] | None) -> tuple[OutcomeStream, str, bool]:
        """Return where the outcome of a record goes, and the first part of its line.

        Args:
            key: Values of the key properties in their order; `None` where the record has none that can be
                read.

        Returns:
            The stream, the part of the line before `outcome`, and whether it names the record.
        """
        values = [None] * len(self._columns) if key is None else key
        written = [column.write(value) for column, value in zip(self._columns, values, strict=True)]
        parts = "".join(
            [
                f", {column.label}: {text or 'null'}"
                for column, text in zip(self._columns, written, strict=True)
            ]
        )
        if None in written:
            return self._keyless, self._keyless_opening + parts, False
        return self._keyed, self._opening + parts, bool(written)

    def _make_stream(self, name: str, key_properties: Sequence[str]) -> OutcomeStream:
        columns = {
            "stream": OWN_COLUMNS["stream"],
            **{column.name: column.schema for column in self._columns},
            **{name: OWN_COLUMNS[name] for name in _COLUMNS_BEHIND_KEY},
        }
        schema = {"type": "object", "properties": columns}
        message = {"type": "SCHEMA", "stream": name, "schema": schema, "key_properties": list(key_properties)}
        return OutcomeStream(name, json.dumps(message))


@functools.lru_cache(maxsize=16)  # records mostly end together
def end_line(outcome: str, reason: str | None, import_id: str | None, at: str) -> str:
    """Return the last part of a line, behind what `OutcomeSchema.begin` gives."""
    values = {"outcome": outcome, "reason": reason, "import_id": import_id, "at": at}
    return f", {json.dumps(values)[1:]}}}"


class _KeyColumn:
    """How one key property is written."""

    def __init__(self, name: str, schema: object, *, is_hashed: bool) -> None:
        self.name = name
        self.label = json.dumps(name)
        self._is_hashed = is_hashed
        kinds = ["string"] if is_hashed else _kinds_of(schema)
        self._kinds = frozenset(kinds)
        self._is_text = not kinds
        longest = schema.get("maxLength") if isinstance(schema, dict) else None
        self._longest = max(longest, _HASH_CHARACTERS) if isinstance(longest, int) else _LONGEST_TEXT
        self.schema: dict[str, t.Any] = {"type": [*(kinds or ["string"]), "null"]}
        if isinstance(longest, int) and "string" in kinds:
            self.schema["maxLength"] = self._longest

    def write(self, value: object) -> str | None:
        """Return the JSON text of a value; `None` where it is none, or the target may not take it."""
        if isinstance(value, bool):
            return self._write_word("true" if value else "false")
        if isinstance(value, str):
            return self._write_text(value)
        if isinstance(value, (int, float, Decimal)):
            return self._write_number(value if isinstance(value, int) else Decimal(str(value)))
        isoformat = getattr(value, "isoformat", None)  # of dates and times, as a BATCH file may hold them
        return None if isoformat is None else self._write_text(isoformat())

    def _write_word(self, word: str) -> str | None:
        if self._is_text or self._is_hashed:
            return self._write_text(word)
        return word if "boolean" in self._kinds else None

    def _write_text(self, text: str) -> str | None:
        if not (self._is_text or "string" in self._kinds) or _UNSTORABLE.search(text):
            return None
        if self._is_hashed or len(text) > _LONGEST_TEXT or _may_hold_address(text):
            return f'"{hashlib.sha256(text.encode()).hexdigest()}"'
        return json.dumps(text) if len(text) <= self._longest else None

    def _write_number(self, number: int | Decimal) -> str | None:
        if isinstance(number, Decimal) and not number.is_finite():
            return None
        if not -_LARGEST_INTEGER < number < _LARGEST_INTEGER:
            return None
        if number == int(number):
            number = int(number)
        if self._is_text or self._is_hashed:
            return self._write_text(str(number))
        is_taken = "number" in self._kinds or ("integer" in self._kinds and isinstance(number, int))
        return str(number) if is_taken else None


def _column_names(key_properties: Iterable[str]) -> Iterator[str]:
    """Yield the columns of key properties: their names, unless a column of ours has it in any letter case."""
    taken = {key.lower() for key in key_properties} - OWN_COLUMNS.keys()
    for key in key_properties:
        name = key
        while name.lower() in OWN_COLUMNS or (name != key and name.lower() in taken):
            name = f"key_{name}"
        taken.add(name.lower())
        yield name


def _kinds_of(schema: object) -> list[str]:
    """Return the scalar types that a property may have; none where its schema does not say."""
    if not isinstance(schema, dict):
        return []
    types = schema.get("type")
    kinds = list(types) if isinstance(types, list) else [types]
    for keyword in ("anyOf", "oneOf"):
        alternatives = schema.get(keyword)
        for alternative in alternatives if isinstance(alternatives, list) else ():
            kinds += _kinds_of(alternative)
    return [kind for kind in _SCALARS if kind in kinds]


def _may_hold_address(text: str) -> bool:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "@" in plain or "%40" in plain
