"""Measures how much memory a run takes, and whether it grows with the number of contacts.

    python tests/benchmarks/memory.py [--contacts 1000000] [--more 10000000] [--modes MODE...] [--short]

Each run is a process of its own, fed by a tap at full speed, against a sandbox without limits here:

    dry-run       every contact is new, nothing is sent
    unchanged     with a ledger that knows every contact
    full          every contact is sent, at a multiple of the service's limits (`--speed`)
    full-ledger   the same, with a new ledger
    full-mirror   the same, with a mirror, which keeps who is brought
    stuck         no import ever ends, and the tap goes on at full speed for `--seconds`

Goals: a peak below 150 MB, at most 30 MB more for ten times as many contacts; where the importer is stuck, at
most 10 MB more at the end than after half of the time.

Options:
    --contacts N      contacts of each run
    --more N          contacts of a second, larger one; 0 for none
    --modes MODE...   which runs; all by default
    --more-modes ...  which of them run once more with `--more`; `dry-run` by default
    --speed N         multiple of the service's limits; where sandbox and machine do not keep up, requests
                      are in flight for long, each with its import and its thread, which takes memory
    --seconds N       how long the importer is stuck
    --json FILE       writes the figures, with memory over time, there
    --short           dry-run and unchanged with 100,000 and 300,000 contacts
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cpu_path import CONFIG
from benchmarks.made_up_input import SCHEMA, messages
from benchmarks.watched_run import watch

from target_activecampaign.config.secret import Secret
from target_activecampaign.contacts.contact import Contact
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.sandbox import serve
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.watched_run import Watched

MOST_BYTES = 150_000_000
MOST_GROWTH_BYTES = 30_000_000
MOST_STUCK_GROWTH_BYTES = 10_000_000
STUCK = "stuck"
STUCK_CONTACTS = 100_000_000
MODES: dict[str, dict[str, t.Any]] = {
    "dry-run": {"dry_run": True},
    "unchanged": {"ledger_url": "sqlite:///known.db"},
    "full": {},
    "full-ledger": {"ledger_url": "sqlite:///new.db"},
    "full-mirror": {"ledger_url": "sqlite:///new.db", "membership": "mirror"},
    STUCK: {},
}
REQUESTS_PER_SECOND, IMPORTS_PER_MINUTE = 5, 100
CONTACTS_A_SET = 10_000


@dataclass(frozen=True)
class Figures:
    """Figures of one run.

    Attributes:
        growth_bytes: Peak of the run beyond the largest sample of the first half of its time.
        samples: Seconds since the start, and bytes resident then.
    """

    mode: str
    contacts: int
    peak_bytes: int
    growth_bytes: int
    seconds: float
    samples: list[tuple[float, int]]


def main() -> int:
    """Measure, print, judge.

    Returns:
        1 where a goal is missed, else 0.
    """
    options = parse_arguments()
    found = []
    for mode, contacts in planned(options):
        figures = measure(mode, contacts, options)
        say(
            f"{mode:12}{figures.contacts:>12,} contacts{figures.peak_bytes / 1e6:>8.1f} MB at most,"
            f"{figures.growth_bytes / 1e6:>6.1f} MB of it in the second half,{figures.seconds:>7.1f} s"
        )
        found.append(figures)
        if options.json:
            runs = [asdict(figures) for figures in found]
            options.json.write_text(json.dumps({"runs": runs}))
    missed = misses(found)
    for miss in missed:
        say(f"missed: {miss}")
    return 1 if missed else 0


def planned(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """Yield mode and contacts of each run."""
    for mode in options.modes:
        yield mode, STUCK_CONTACTS if mode == STUCK else options.contacts
    if options.more:
        yield from ((mode, options.more) for mode in options.modes if mode in options.more_modes)


def measure(mode: str, contacts: int, options: argparse.Namespace) -> Figures:
    """Run once and return the figures."""
    is_stuck = mode == STUCK
    with (
        tempfile.TemporaryDirectory() as name,
        serve(
            Path(name, "account.db"),
            with_limits=False,
            progress="never" if is_stuck else "at-once",
            contact_limit=10**9,
            kept_bytes=0,
        ) as sandbox,
    ):
        config = {
            **CONFIG,
            **MODES[mode],
            "requests_per_second": REQUESTS_PER_SECOND * options.speed,
            "imports_per_minute": IMPORTS_PER_MINUTE * options.speed,
            "hostname": sandbox.url,
            "profile_limit": 10**9,
            "verify": "none",
        }
        if mode == "unchanged":
            fill_ledger(config, Path(name, "known.db"), contacts)
        run = watch(
            config,
            contacts,
            Path(name),
            options.seconds if is_stuck else None,
            is_full_table=config.get("membership") == "mirror",
        )
    if not is_stuck:
        check(mode, run, contacts)
    return Figures(mode, contacts, run.peak_bytes, growth(run), run.seconds, run.samples)


def check(mode: str, run: Watched, contacts: int) -> None:
    """Refuse the figures of a run that did not end as its mode says."""
    done = run.report["unchanged" if mode == "unchanged" else "delivered"]
    if done != contacts:
        raise SystemExit(f"{mode}: {done} of {contacts} contacts")


def growth(run: Watched) -> int:
    """Return the bytes that a run took in the second half of its time beyond those of the first."""
    half = [number for seconds, number in run.samples if seconds < run.seconds / 2]
    return max(0, run.peak_bytes - max(half, default=0))


def fill_ledger(config: dict[str, t.Any], path: Path, contacts: int) -> None:
    """Make a ledger that knows every contact, as a full run leaves it, but quicker."""
    without = {key: value for key, value in config.items() if key != "ledger_url"}
    target = TargetActiveCampaign(config={**without, "dry_run": True})
    settings = target.settings
    mapper = target.current_run.open_stream("people", SCHEMA)
    now = int(time.time())
    ledger = Ledger.open(
        Secret(f"sqlite:///{path}"), account=settings.account, api_key=settings.api_key, now=now
    )
    ledger.begin_run(now)
    records = (message["record"] for message in messages(contacts) if message["type"] == "RECORD")
    while some := list(itertools.islice(records, CONTACTS_A_SET)):
        mapped = [mapper.map(record) for record in some] if mapper else []
        known = {
            contact.email: ledger.fingerprint(contact.body)
            for contact in mapped
            if isinstance(contact, Contact)
        }
        ledger.confirm(config["list_id"], known, now, now)
    ledger.close()


def misses(found: list[Figures]) -> list[str]:
    """Return the goals that were missed."""
    missed = [
        f"{figures.mode}, {figures.contacts:,} contacts: {figures.peak_bytes / 1e6:.0f} MB"
        for figures in found
        if figures.peak_bytes > MOST_BYTES and figures.contacts == smallest(found, figures.mode).contacts
    ]
    for figures in found:
        more = figures.peak_bytes - smallest(found, figures.mode).peak_bytes
        if more > MOST_GROWTH_BYTES:
            missed.append(f"{figures.mode}, {figures.contacts:,} contacts: {more / 1e6:.0f} MB more")
        if figures.mode == STUCK and figures.growth_bytes > MOST_STUCK_GROWTH_BYTES:
            missed.append(f"{STUCK}: {figures.growth_bytes / 1e6:.0f} MB more in the second half")
    return missed


def smallest(found: list[Figures], mode: str) -> Figures:
    """Return the run of a mode with the fewest contacts."""
    return min((figures for figures in found if figures.mode == mode), key=lambda figures: figures.contacts)


def say(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--more", type=int, default=10_000_000)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--more-modes", nargs="+", choices=MODES, default=["dry-run"])
    parser.add_argument("--speed", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.contacts, options.more = 100_000, 300_000
        options.modes = options.more_modes = ["dry-run", "unchanged"]
    return options


if __name__ == "__main__":
    sys.exit(main())
