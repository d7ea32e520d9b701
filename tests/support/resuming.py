"""Makes an input of several streams, and the rest of it for a run that resumes after a STATE, as a tap does.

The second run gets all messages after the last STATE of the first, and the SCHEMA messages. Every record has
a number of its own in `last_name`, so that the account shows which one it saw last.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from support.command import config_for, record_message, schema_message, state_message

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

LIST_OF_STREAM = {"people": 1, "vip": 3}
BAD = "nobody at all"


@dataclass(frozen=True)
class Step:
    """A record, or a STATE that stands for all records before it."""

    stream: str = ""
    email: str = ""
    first_name: str | None = None


RECORDS = [
    Step("people", "Ada@example.com", "Ada"),
    Step("people", "bo@example.com", "Bo"),
    Step(),
    Step("people", "cy@example.com", "Cy"),
    Step("vip", "ada@example.com"),
    Step("people", BAD),
    Step(),
    Step("vip", "dee@example.com", "Dee"),
    Step("people", "ADA@example.com", "Adele"),
    Step(),
    Step(),
    Step("people", "eve@example.com"),
    Step("vip", "bo@example.com", "Bob"),
    Step("people", "bo@example.com"),
    Step(),
    Step("vip", "fay@example.com", "Fay"),
]


def messages_after(state: int | None) -> list[dict[str, t.Any]]:
    """Return the messages of a tap that resumes after a STATE, whose value is the number of its step."""
    begin = 0 if state is None else state + 1
    return [schema_message(stream) for stream in LIST_OF_STREAM] + [
        record_message(record_of(number), step.stream) if step.stream else state_message(number)
        for number, step in enumerate(RECORDS)
        if number >= begin
    ]


def record_of(number: int) -> dict[str, t.Any]:
    step = RECORDS[number]
    return {"email": step.email, "first_name": step.first_name, "last_name": f"{number:03d}"}


def config_of(sandbox: RunningSandbox, folder: Path, **overrides: object) -> dict[str, t.Any]:
    """Two contacts in a batch, read back all."""
    settings: dict[str, t.Any] = {
        "list_id": None,
        "streams": {stream: {"list_id": list_id} for stream, list_id in LIST_OF_STREAM.items()},
        "batch_size_rows": 2,
        "verify": "all",
        "max_rejected_percent": 90,
        "shutdown_grace": 5,
    }
    return config_for(sandbox.url, folder, **{**settings, **overrides})


def account_of(sandbox: RunningSandbox) -> dict[str, tuple[str, str, dict[str, int]]]:
    """Return first name, last name and lists of each contact, by address."""
    return {
        row["email"].lower(): (row["firstName"], row["lastName"], row["lists"])
        for row in sandbox.snapshot(1000)["contacts"]
    }


def applied_one_by_one() -> dict[str, tuple[str, str, dict[str, int]]]:
    """Return the account as it is after each record was applied in order; a null leaves a value alone."""
    people: dict[str, tuple[str, str, dict[str, int]]] = {}
    for number, step in enumerate(RECORDS):
        if step.stream and step.email != BAD:
            first_name, _, lists = people.get(step.email.lower(), ("", "", {}))
            people[step.email.lower()] = (
                step.first_name or first_name,
                f"{number:03d}",
                {**lists, str(LIST_OF_STREAM[step.stream]): 1},
            )
    return people


def assert_covered(state: int | None, sandbox: RunningSandbox, folder: Path) -> None:
    """Check that each record before a STATE, or a later one of its person, was delivered or rejected."""
    people = account_of(sandbox)
    kept = rejected_in(folder)
    for number, step in enumerate(RECORDS[: 0 if state is None else state]):
        if step.email == BAD:
            assert number in kept
        elif step.stream:
            _, last_name, lists = people[step.email.lower()]
            assert last_name >= f"{number:03d}"
            assert str(LIST_OF_STREAM[step.stream]) in lists


def rejected_in(folder: Path) -> set[int]:
    """Return the numbers of the records in the rejects files of all runs."""
    lines = [line for path in folder.glob("rejects.singer*") for line in path.read_text().splitlines()]
    return {
        int(message["record"]["last_name"])
        for message in map(json.loads, lines)
        if message["type"] == "RECORD"
    }
