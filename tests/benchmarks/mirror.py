"""Measures how long the mirror takes to find who is gone, and what a member costs where there are many.

    python tests/benchmarks/mirror.py [--members 1000000] [--gone 0.01] [--json FILE] [--short]

Two ledgers, the second of five times as many members, whom an earlier run brought; this run brings all but a
share. Seconds are those from the end of the input until it is known who is to be taken off. Steps are those
of SQLite's machine for the ledger alone: they depend on no machine. Ends with exit code 1 where the search
takes more than 10 s, or a member of the larger ledger more than 1.5 times the steps of one of the smaller.

Options:
    --members N   members of the larger ledger
    --gone SHARE  of the members who do not come
    --json FILE   writes the figures there
    --short       20,000 members; no time is judged
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import typing as t
from pathlib import Path
from unittest.mock import Mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from target_activecampaign.batched import batched
from target_activecampaign.config.secret import Secret
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.run.mirror import Mirror
from target_activecampaign.run.people import People
from target_activecampaign.singer.completeness import Completeness

MOST_SECONDS = 10.0
MOST_RATIO = 1.5
LIST_ID, STREAM = 1, "people"
AT_ONCE = 10_000
STEPS_AT_ONCE = 100


def main() -> int:
    """Measure, print, judge.

    Returns:
        1 where a goal is missed, else 0.
    """
    options = parse_arguments()
    found = [measure(members, options.gone) for members in (options.members // 5, options.members)]
    for one in found:
        sys.stdout.write(
            f"{one['members']:>10,} members, {one['leavers']:,} gone:{one['seconds']:>7.2f} s,"
            f"{one['steps_a_member']:>8.1f} steps a member\n"
        )
    ratio = found[1]["steps_a_member"] / found[0]["steps_a_member"]
    sys.stdout.write(f"steps a member, the larger ledger beside the smaller: {ratio:.2f} times\n")
    if options.json:
        options.json.write_text(json.dumps({"ledgers": found, "ratio": ratio}))
    is_slow = not options.short and found[1]["seconds"] > MOST_SECONDS
    return 1 if is_slow or ratio > MOST_RATIO else 0


def measure(members: int, gone: float) -> dict[str, t.Any]:
    """Return the figures of one ledger."""
    with tempfile.TemporaryDirectory() as name:
        ledger = Ledger.open(
            Secret(f"sqlite:///{name}/ledger.db"),
            account="acme.api-us1.com",
            api_key=Secret("k" * 32),
            now=1,
            keeps_people=True,
        )
        ledger.begin_run(1)
        for some in batched(map(address_of, range(members)), AT_ONCE):
            ledger.note_people(LIST_ID, STREAM, [(ledger.source_key(one.encode()), one) for one in some], 2)
            ledger.confirm(LIST_ID, dict.fromkeys(some, bytes(16)), 2, 3)
        people = People(
            Mock(),
            ledger,
            is_mirror=True,
            takes_deletions=False,
            kept_lists=[LIST_ID],
            is_read_only=False,
            now=5,
        )
        mirror = Mirror(
            ledger,
            people,
            Completeness(),
            lambda stream: ({stream}, False),
            check_interruption=lambda: None,
            writes=True,
            now=5,
        )
        mirror.open_stream(STREAM, LIST_ID)
        every = round(1 / gone)
        staying = (address_of(number) for number in range(members) if number % every)
        for some in batched(staying, AT_ONCE):
            people.note_living(STREAM, LIST_ID, [(one.encode(), one) for one in some])
        people.flush()
        steps = count_steps(ledger)
        started = time.monotonic()
        (leavers,) = mirror.find_leavers()
        seconds = time.monotonic() - started
        people.close()
        ledger.close()
    return {
        "members": members,
        "leavers": len(leavers.removals),
        "seconds": seconds,
        "steps_a_member": STEPS_AT_ONCE * len(steps) / members,
    }


def address_of(number: int) -> str:
    """Return a made-up address."""
    return f"person{number}@example.com"


def count_steps(ledger: Ledger) -> list[None]:
    """Return a list that grows by one for every hundred steps that SQLite takes for the ledger."""
    steps: list[None] = []
    for one in (ledger._database._reader, ledger._database._writer):
        driver: t.Any = one.connection.dbapi_connection
        driver.set_progress_handler(lambda: steps.append(None), STEPS_AT_ONCE)
    return steps


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--gone", type=float, default=0.01)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.members = 20_000
    return options


if __name__ == "__main__":
    sys.exit(main())
