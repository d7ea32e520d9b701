"""Simulates a million contacts at the service's own pace, 4,000 imports, in seconds of this machine.

    python tests/benchmarks/paper_run.py [--imports 4000] [--json FILE]

For import latencies of 0, 5 and 60 s, of 5 and 10 minutes, and latencies that vary, grow and jump, and for
request latencies of 0, 0.3 and 1 s, with no more imports open than the delivery has: the pace from the first
import to the last as a share of the limit, the requests that the service refused over sliding and fixed
windows, polls an import, their share of the requests, and the delay until an end was seen.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.schedule import Plan, simulate

from target_activecampaign.delivery.bounds import Bounds

_chance = random.Random(1)  # noqa: S311 - a simulation

IMPORTS: dict[str, t.Callable[[int, float], float]] = {
    "0 s": lambda _, __: 0.0,
    "5 s": lambda _, __: 5.0,
    "60 s": lambda _, __: 60.0,
    "5 min": lambda _, __: 300.0,
    "10 min": lambda _, __: 600.0,
    "30 to 90 s": lambda _, __: _chance.uniform(30, 90),
    "growing to 4 min": lambda _, now: now / 10,
    "5 or 60 s, by 5 min": lambda _, now: 60.0 if now // 300 % 2 else 5.0,
}
REQUESTS: dict[str, t.Callable[[random.Random], tuple[float, float]]] = {
    "0 s": lambda _: (0.0, 0.0),
    "0.3 s": lambda _: (0.15, 0.15),
    "1 s": lambda _: (0.5, 0.5),
    "0.1 to 0.6 s": lambda chance: (chance.uniform(0.05, 0.55), 0.05),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--imports", type=int, default=4000)
    parser.add_argument("--json", type=Path, help="write the worst of the figures there")
    options = parser.parse_args()
    most_open = Bounds().minutes_in_flight * 100
    count, paces, refused, shares = options.imports, [], 0, []
    say("| imports take | requests take | pace, % | refused | polls an import | of the requests, % |", end="")
    say(" delay: median, most, s | most open | most in flight |")
    say("|---|---|---|---|---|---|---|---|---|")
    for imports, import_seconds in IMPORTS.items():
        for requests, request_seconds in REQUESTS.items():
            figures = simulate(Plan(count, import_seconds, request_seconds, most_open))
            delays = sorted(figures.delays)
            paces.append(figures.share_of_pace(100))
            shares.append(figures.share_of_looks(5))
            refused += figures.refused
            cells = (
                imports,
                requests,
                f"{100 * figures.share_of_pace(100):.1f}",
                figures.refused,
                f"{figures.looks_per_import:.2f}",
                f"{100 * figures.share_of_looks(5):.0f}",
                f"{delays[len(delays) // 2]:.1f}, {delays[-1]:.0f}",
                figures.most_open,
                figures.most_in_the_air,
            )
            say(f"| {' | '.join(map(str, cells))} |")
    if options.json:
        worst = {"least pace": min(paces), "refused": refused, "most polls": max(shares)}
        options.json.write_text(json.dumps(worst))


def say(line: str, end: str = "\n") -> None:
    """Print."""
    sys.stdout.write(line + end)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
