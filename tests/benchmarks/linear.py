"""Measures whether a record costs the same however many there are.

    python tests/benchmarks/linear.py [--rounds 2] [--json FILE] [--short]

Dry runs of 100,000, 200,000, 400,000 and 800,000 new contacts take turns, each in a process of its own. The
figure is the processor time a record, less that of a run of a single contact, which is the start; of each
size the quickest round counts. Ends with exit code 1 where the most costly size takes more than 1.25 times
the least costly one.

Options:
    --rounds N    how often each size runs
    --sizes N...  other sizes
    --json FILE   writes the figures there
    --short       50,000 and 200,000 contacts
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cpu_path import CONFIG
from benchmarks.watched_run import watch

from target_activecampaign.sandbox import serve

SIZES = [100_000, 200_000, 400_000, 800_000]
SHORT_SIZES = [50_000, 200_000]
MOST_RATIO = 1.25


def main() -> int:
    """Measure, print, judge.

    Returns:
        1 where the goal is missed, else 0.
    """
    options = parse_arguments()
    microseconds = measure(options.sizes, options.rounds)
    for size, cost in microseconds.items():
        sys.stdout.write(f"{size:>10,} contacts{cost:>8.2f} us a record\n")
    ratio = max(microseconds.values()) / min(microseconds.values())
    sys.stdout.write(f"most to least: {ratio:.2f} times\n")
    if options.json:
        options.json.write_text(json.dumps({"microseconds": microseconds, "ratio": ratio}))
    return 1 if ratio > MOST_RATIO else 0


def measure(sizes: list[int], rounds: int) -> dict[int, float]:
    """Return the microseconds of processor time a record, by size."""
    least: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name, serve(with_limits=False) as sandbox:
        config = {**CONFIG, "hostname": sandbox.url, "profile_limit": 10**9, "dry_run": True}
        for _ in range(rounds):
            start = watch(config, 1, Path(name)).processor_seconds
            for size in sizes:
                seconds = watch(config, size, Path(name)).processor_seconds - start
                least[size] = min(seconds / size * 1e6, least.get(size, float("inf")))
    return least


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.sizes = SHORT_SIZES
    return options


if __name__ == "__main__":
    sys.exit(main())
