"""Owns the input of the benchmarks: Singer messages about made-up people, some 410 bytes a record.

As a command it is a tap: `python tests/benchmarks/made_up_input.py 100000`. With `--full-table` its input
proves that all records came, as a mirror wants it.
"""

from __future__ import annotations

import json
import random
import sys
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "email": {"type": ["string", "null"], "format": "email", "maxLength": 255},
        "first_name": {"type": ["string", "null"], "maxLength": 100},
        "last_name": {"type": ["string", "null"], "maxLength": 100},
        "phone": {"type": ["string", "null"]},
        "company": {"type": ["string", "null"]},
        "city": {"type": ["string", "null"]},
        "plan": {"type": ["string", "null"]},
        "revenue": {"type": ["number", "null"]},
        "is_active": {"type": ["boolean", "null"]},
        "customer_since": {"type": ["string", "null"], "format": "date"},
        "updated_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    },
    "required": ["id"],
}

_FIRST_NAMES = ["Ada", "Grace", "Zoë", "Linus", "Mária", "Edsger", "Barbara"]
_LAST_NAMES = ["Lovelace", "Hopper", "Müller-Lüdenscheidt", "O'Neil", "García Márquez", "Liskov"]
_CITIES = ["Berlin", "San Francisco", "Αθήνα", "São Paulo", "Bangalore"]
_PLANS = ["starter", "professional", "enterprise", None]


def messages(records: int, seed: int = 1, people: int | None = None) -> Iterator[dict[str, t.Any]]:
    """Yield a SCHEMA, RECORDs, and a STATE after every thousandth of them and at the end.

    Args:
        records: Number of RECORDs.
        seed: The same seed makes the same people.
        people: Number of different people; by default one for each record.
    """
    yield {"type": "SCHEMA", "stream": "people", "schema": SCHEMA, "key_properties": ["id"]}
    dice = random.Random(seed)  # noqa: S311 - made-up people
    for number in range(1, records + 1):
        record = _record(dice, number if people is None else dice.randrange(people))
        extracted = "2026-08-01T02:03:04.000000Z"
        yield {"type": "RECORD", "stream": "people", "record": record, "time_extracted": extracted}
        if number % 1000 == 0 or number == records:
            yield {"type": "STATE", "value": {"bookmarks": {"people": {"id": number}}}}


def lines(records: int, seed: int = 1, people: int | None = None) -> Iterator[bytes]:
    """Yield the same messages as lines of JSON."""
    for message in messages(records, seed, people):
        yield json.dumps(message, ensure_ascii=False).encode() + b"\n"


def full_table_lines(records: int) -> Iterator[bytes]:
    """Yield lines without a STATE, of one version, which is activated at the end."""
    for message in messages(records):
        if message["type"] != "STATE":
            yield json.dumps({**message, "version": 1}, ensure_ascii=False).encode() + b"\n"
    yield json.dumps({"type": "ACTIVATE_VERSION", "stream": "people", "version": 1}).encode() + b"\n"


def _record(dice: random.Random, person: int) -> dict[str, t.Any]:
    first, last = dice.choice(_FIRST_NAMES), dice.choice(_LAST_NAMES)
    area = dice.choice(["+44207946", "+1202555"])
    return {
        "id": person,
        "email": f"{'Ada' if person % 10 == 0 else 'ada'}.person{person}@mail{person % 50}.example.com",
        "first_name": first,
        "last_name": last,
        "phone": f"{area}{dice.randrange(10_000):04}" if person % 4 else None,
        "company": f"Made-up Industries No. {person % 5000} Ltd",
        "city": dice.choice(_CITIES),
        "plan": dice.choice(_PLANS),
        "revenue": round(dice.random() * 10_000, 2),
        "is_active": dice.random() < 0.8,
        "customer_since": f"20{dice.randrange(10, 26)}-0{dice.randrange(1, 10)}-{dice.randrange(10, 29)}",
        "updated_at": f"2026-0{dice.randrange(1, 9)}-{dice.randrange(10, 29)}T12:34:56.{person % 1000:03}Z",
    }


if __name__ == "__main__":
    made = lines if "--full-table" not in sys.argv else full_table_lines
    sys.stdout.buffer.writelines(made(int(sys.argv[1])))
