"""Measures what a record costs with keywords and addresses that are less common, beside the same one without.

    python tests/benchmarks/odd_input.py [--records 5000] [--rounds 5] [--json FILE] [--short]

Each oddity stands in one of twelve properties, in the schema or in the value. The same records go through
the target under the plain and under the odd schema (or with plain and odd addresses) in turn, from the line
to the contact, in one process. The figure is the quickest round's processor time of one, as a share of the
other's. Ends with exit code 1 where a ratio is over its goal.

Options:
    --records N   records in the file
    --rounds N    how often each one runs
    --json FILE   writes the figures there
    --short       2,000 records, 3 rounds
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cpu_path import ours
from benchmarks.made_up_input import SCHEMA, messages

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOISE = 1.15  # of two runs of the same
_TEXT: dict[str, t.Any] = {"type": ["string", "null"]}
_TEXTS: dict[str, t.Any] = {"type": ["array", "null"], "items": {"type": "string"}}
_NUMBER: dict[str, t.Any] = {"type": ["number", "null"]}
_TWO: list[t.Any] = [{"type": "string"}, {"type": "null"}]


class Oddity(t.NamedTuple):
    """A property of the made-up records, made odd.

    Attributes:
        property: Its name.
        plain: Its schema to compare with.
        odd: Its schema to measure.
        goal: How much the records may cost, as a share of the plain ones.
        value: Makes its value of that of a made-up record.
        odd_value: The same for the odd records, where they differ.
    """

    property: str
    plain: dict[str, t.Any]
    odd: dict[str, t.Any]
    goal: float = 2.0
    value: Callable[[t.Any], t.Any] = lambda value: value
    odd_value: Callable[[t.Any], t.Any] | None = None


def _tags(_: object) -> list[str]:
    return ["Berlin", "Bonn", "Bern"]


def _at_idn(address: str) -> str:
    return address.replace(".example.com", "-bücher.example.com")


def _long(address: str) -> str:
    return f"{'long-' * 9}{address}"


ODDITIES: dict[str, Oddity] = {
    "$ref": Oddity("city", _TEXT, {"$ref": "#/definitions/text"}),
    "anyOf a type and null": Oddity("city", _TEXT, {"anyOf": _TWO}),
    "oneOf a type and null": Oddity("city", _TEXT, {"oneOf": _TWO}),
    "oneOf of two that overlap": Oddity(
        "city",
        _TEXT,
        {"oneOf": [{"type": "string", "maxLength": 99}, {"type": ["string", "null"], "minLength": 100}]},
    ),
    "oneOf of constants": Oddity(
        "plan",
        _TEXT,
        {"oneOf": [{"const": plan} for plan in ("starter", "professional", "enterprise", None)]},
    ),
    "not": Oddity("city", _TEXT, {"not": {"type": "number"}}),
    "if, then": Oddity("city", _TEXT, {**_TEXT, "if": {"type": "string"}, "then": {"maxLength": 99}}),
    "patternProperties": Oddity("city", _TEXT, {**_TEXT, "patternProperties": {"^a": {"type": "string"}}}),
    "uniqueItems": Oddity("tags", _TEXTS, {**_TEXTS, "uniqueItems": True}, value=_tags),
    "contains": Oddity("tags", _TEXTS, {**_TEXTS, "contains": {"const": "Bonn"}}, value=_tags),
    "prefixItems": Oddity("tags", _TEXTS, {**_TEXTS, "prefixItems": [{"type": "string"}]}, value=_tags),
    "multipleOf: 1e-38": Oddity("revenue", _NUMBER, {**_NUMBER, "multipleOf": 1e-38}, goal=1.1),
    "IDN addresses": Oddity("email", {}, {}, goal=3.0, odd_value=_at_idn),
    "long addresses": Oddity("email", {}, {}, goal=3.0, odd_value=_long),
}


def main() -> int:
    """Measure, print, judge.

    Returns:
        1 where a goal is missed, else 0.
    """
    options = parse_arguments()
    ratios: dict[str, float] = {}
    for name, oddity in ODDITIES.items():
        plain, odd = measure(oddity, options.records, options.rounds)
        ratios[name] = odd / plain
        sys.stdout.write(
            f"{name:32}{plain:>8.1f}{odd:>8.1f} us a record{ratios[name]:>7.2f} times (goal {oddity.goal})\n"
        )
        sys.stdout.flush()
    if options.json:
        goals = {name: oddity.goal for name, oddity in ODDITIES.items()}
        options.json.write_text(json.dumps({"ratios": ratios, "goals": goals}))
    return int(any(ratio > ODDITIES[name].goal * _NOISE for name, ratio in ratios.items()))


def measure(oddity: Oddity, records: int, rounds: int) -> tuple[float, float]:
    """Return the microseconds of processor time a record, plain and odd."""
    with tempfile.TemporaryDirectory() as folder:
        plain, odd = Path(folder, "plain.singer"), Path(folder, "odd.singer")
        write(plain, oddity.property, oddity.plain, oddity.value, records)
        write(odd, oddity.property, oddity.odd, oddity.odd_value or oddity.value, records)
        pairs = [(seconds(plain), seconds(odd)) for _ in range(rounds)]
    return min(pair[0] for pair in pairs) / records * 1e6, min(pair[1] for pair in pairs) / records * 1e6


def seconds(path: Path) -> float:
    """Return the processor time that the records of a file take."""
    read = ours(path)
    started = time.process_time()
    read()
    return time.process_time() - started


def write(
    path: Path, name: str, schema: dict[str, t.Any], value: Callable[[t.Any], t.Any], records: int
) -> None:
    """Write the made-up records with a property of this schema."""
    whole = {**SCHEMA, "definitions": {"text": _TEXT}, "properties": {**SCHEMA["properties"], name: schema}}
    with path.open("wb") as file:
        for message in _made_odd(name, whole, value, records):
            file.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")


def _made_odd(
    name: str, schema: dict[str, t.Any], value: Callable[[t.Any], t.Any], records: int
) -> Iterator[dict[str, t.Any]]:
    for message in messages(records):
        if message["type"] == "SCHEMA":
            yield {**message, "schema": schema}
        elif message["type"] == "RECORD":
            record = message["record"]
            yield {**message, "record": {**record, name: value(record.get(name))}}


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.records, options.rounds = 2_000, 3
    return options


if __name__ == "__main__":
    sys.exit(main())
