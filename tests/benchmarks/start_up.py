"""Measures how long a command takes to start, beside a do-nothing target on the bare SDK.

    python tests/benchmarks/start_up.py [--rounds 20] [--json FILE] [--short]

Three ways: `--about`, `--help`, and the first record, which is a SCHEMA and one RECORD read to the end. Both
commands take turns; the figure is the processor time of the whole process. Our first record goes as far as it
can without an account: its stream is not exported.

Options:
    --rounds N    how often each command runs; the medians are compared
    --json FILE   writes the ratios there
    --short       9 rounds; exit code 1 where one of the three takes 30 percent longer than the bare SDK's:
                  the goal is 20, and the rest may be noise
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from benchmarks.made_up_input import lines  # noqa: E402

GOAL = 1.2
NOISE = 0.1
CONFIG = {
    "hostname": "sandbox",
    "api_key": "made-up",
    "data_privacy_consent": True,
    "streams": {"others": {"list_id": 1}},
}
WAYS = {
    "--about": ["--about"],
    "--help": ["--help"],
    "first record": ["--config", "{folder}/config.json", "--input", "{folder}/input.singer"],
}
COMMANDS = {
    "bare SDK": [sys.executable, str(TESTS / "benchmarks" / "bare_sdk_target.py")],
    "ours": [sys.executable, "-m", "target_activecampaign"],
}


def main() -> int:
    """Compare, and print a table.

    Returns:
        1 where `--short` finds the goal missed, else 0.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    rounds = 9 if options.short else options.rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(CONFIG))
        (folder / "input.singer").write_bytes(b"".join(lines(1)))
        ratios = {way: compare(way, folder, rounds) for way in WAYS}
    if options.json:
        options.json.write_text(json.dumps({"ratios": ratios}))
    return 1 if options.short and max(ratios.values()) > GOAL + NOISE else 0


def compare(way: str, folder: Path, rounds: int) -> float:
    """Time both commands and print the figures.

    Returns:
        Our time as a multiple of the bare SDK's.
    """
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            taken = run([*command, *(part.format(folder=folder) for part in WAYS[way])], folder)
            if number:  # the first round fills caches
                seconds[name].append(taken)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    ratio = medians["ours"] / medians["bare SDK"]
    words = ", ".join(f"{name} {median * 1000:.0f} ms" for name, median in medians.items())
    sys.stdout.write(f"{way:15}{words}, {ratio:.2f} times\n")
    return ratio


def run(command: list[str], folder: Path) -> float:
    """Run a command and return its seconds of processor time."""
    before = _children_seconds()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return _children_seconds() - before


def _children_seconds() -> float:
    times: t.Any = os.times()
    return float(times.children_user + times.children_system)


if __name__ == "__main__":
    sys.exit(main())
