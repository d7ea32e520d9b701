"""Runs the benchmarks, prints one table, and draws the plots of the README.

    python tests/benchmarks/run_all.py [--short] [--folder build/benchmarks] [--only NAME...] [--plots DIR]

The scripts run one after the other, since they would disturb each other. The table has one line for each
question. Plots need the dependency group `bench`. Takes half an hour, or some six minutes in the short form.
Ends with exit code 1 where a goal is missed.

Options:
    --short         each script's short form
    --folder DIR    keeps the figures of each script there, as JSON
    --only NAME...  runs these parts, and takes the figures of the others from the folder, where it has
                    them; without a name it runs none
    --plots DIR     draws there
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

if t.TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
PARTS = {
    "full_run": ["full_run", "--contacts", "250000", "--speed", "10", "--quick-clock"],
    "million": ["full_run", "--contacts", "1000000", "--speed", "60", "--progress", "seconds=60"],
    "paper_run": ["paper_run"],
    "cpu_path": ["cpu_path"],
    "odd_input": ["odd_input"],
    "start_up": ["start_up"],
    "linear": ["linear"],
    "memory": ["memory"],
    "mirror": ["mirror"],
}
"""Part to its script and the options of the long form, but for `--json`."""
SHORT = {
    **{name: [script, "--short"] for name, (script, *_) in PARTS.items() if name != "million"},
    "paper_run": ["paper_run", "--imports", "400"],
}
"""The same for the short form, without the million contacts, which take two quick cores."""


@dataclass(frozen=True)
class Answer:
    """A line of the table."""

    question: str
    goal: str
    measured: str
    is_met: bool


def main() -> int:
    """Run, print, draw.

    Returns:
        1 where a goal is missed, else 0.
    """
    options = parse_arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    parts = SHORT if options.short else PARTS
    for name in options.only:
        if name in parts:
            run(name, parts[name], options.folder)
    files = {name: options.folder / f"{name}.json" for name in PARTS}
    figures = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    answers = [answer for name, found in figures.items() for answer in ANSWERS[name](found)]
    say(table(answers))
    if options.plots:
        from benchmarks.plots import draw_all  # noqa: PLC0415 - needs more packages

        draw_all(figures, options.plots)
    return 0 if all(answer.is_met for answer in answers) else 1


def run(name: str, script_and_options: list[str], folder: Path) -> None:
    """Run a part. The table says whether it misses its goal."""
    say(f"\n== {name}")
    file = folder / f"{name}.json"
    file.unlink(missing_ok=True)
    script, *options = script_and_options
    command = [sys.executable, str(HERE / f"{script}.py"), *options, "--json", str(file)]
    subprocess.run(command, check=False)
    if not file.exists():
        raise SystemExit(f"{name} wrote no figures")


def table(answers: list[Answer]) -> str:
    """Return the answers as a table in Markdown."""
    rows = [
        f"| {answer.question} | {answer.goal} | {answer.measured} | {'yes' if answer.is_met else '**no**'} |"
        for answer in answers
    ]
    return "\n".join(["", "| question | goal | measured | met |", "|---|---|---|---|", *rows])


# The answers of each part


def of_full_run(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield whether the limits are used and kept."""
    figures = found["figures"]
    pace = figures["pace from first to last import, %"]
    yield Answer("imports, as a share of the limit", "98 % or more", f"{pace:.1f} %", pace >= 98)
    refused = figures["refused for the rate (429, importer's 400)"]
    yield Answer("refused for their rate", "0", str(refused), refused == 0)
    full = figures["full imports, % (all but the last)"]
    yield Answer("imports that are full", "99 % or more", f"{full:.1f} %", full >= 99)
    polls = figures["polls, % of the request budget"]
    yield Answer("polls, as a share of all requests", "50 % or less", f"{polls:.0f} %", polls <= 50)


def of_million(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the same at 60 times the pace."""
    answers = list(of_full_run(found))
    pace, refused, full, polls = (answer.measured for answer in answers)
    yield Answer(
        "a million contacts at 60 times the limits: pace, refused, full, polls",
        "98 %, 0, 99 %, 50 %",
        f"{pace}, {refused}, {full}, {polls}",
        all(answer.is_met for answer in answers),
    )


def of_paper_run(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the same of the simulation, the worst of all latencies."""
    pace, refused, polls = found["least pace"], found["refused"], found["most polls"]
    yield Answer(
        "the same on paper at the service's own pace, the worst of 32 latencies",
        "98 %, 0, 50 %",
        f"{100 * pace:.1f} %, {refused}, {100 * polls:.0f} %",
        pace >= 0.98 and refused == 0 and polls <= 0.5,
    )


def of_cpu_path(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the pace beside the bare SDK."""
    ratios = found["ratios"]
    whole, without = ratios["ours, all unchanged"], ratios["ours, no delivery"]
    yield Answer(
        "pace of unchanged records with a ledger, beside a do-nothing target on the bare SDK",
        "5 times or more",
        f"{whole:.1f} times",
        whole >= 5,
    )
    yield Answer("the same up to the delivery", "5 times or more", f"{without:.1f} times", without >= 5)


def of_odd_input(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the cost of a record with less common keywords and addresses."""
    ratios, goals = found["ratios"], found["goals"]
    worst = max(ratios, key=lambda name: ratios[name] / goals[name])
    yield Answer(
        f"cost of a record with a less common keyword or address ({worst}), beside one without",
        f"{goals[worst]} times or less",
        f"{ratios[worst]:.2f} times",
        ratios[worst] <= goals[worst],
    )


def of_start_up(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the time to start."""
    ratios = found["ratios"]
    words = ", ".join(f"{way} {ratio:.2f}" for way, ratio in ratios.items())
    yield Answer(
        "time to start, beside the same target", "1.2 times or less", words, max(ratios.values()) <= 1.2
    )


def of_linear(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the cost of a record."""
    sizes = [f"{int(size):,}" for size in found["microseconds"]]
    yield Answer(
        f"cost of a record, the most to the least of {sizes[0]} to {sizes[-1]} contacts",
        "1.25 times or less",
        f"{found['ratio']:.2f} times",
        found["ratio"] <= 1.25,
    )


def of_memory(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield the peaks of memory, and their growth."""
    first: dict[str, dict[str, t.Any]] = {}
    for run_ in found["runs"]:
        mode, peak = run_["mode"], run_["peak_bytes"] / 1e6
        if mode == "stuck":
            growth = run_["growth_bytes"] / 1e6
            measured = f"{peak:.0f} MB, {growth:.0f} MB of it in the second half"
            yield Answer(
                "memory, importer stuck", "150 MB or less, flat", measured, peak <= 150 and growth <= 10
            )
        elif mode not in first:
            question = f"memory of {run_['contacts']:,} contacts, {mode}"
            yield Answer(question, "150 MB or less", f"{peak:.0f} MB", peak <= 150)
        else:
            more = peak - first[mode]["peak_bytes"] / 1e6
            question = f"memory of {run_['contacts']:,}, {mode}, beyond that of {first[mode]['contacts']:,}"
            yield Answer(question, "30 MB or less", f"{more:.0f} MB", more <= 30)
        first.setdefault(mode, run_)


def of_mirror(found: dict[str, t.Any]) -> Iterator[Answer]:
    """Yield what it takes to find who is gone."""
    members = found["ledgers"][1]["members"]
    yield Answer(
        f"a member's share of the search for who is gone, among {members:,} beside a fifth of them",
        "1.5 times or less",
        f"{found['ratio']:.2f} times",
        found["ratio"] <= 1.5,
    )


ANSWERS = {
    "full_run": of_full_run,
    "million": of_million,
    "paper_run": of_paper_run,
    "cpu_path": of_cpu_path,
    "odd_input": of_odd_input,
    "start_up": of_start_up,
    "linear": of_linear,
    "memory": of_memory,
    "mirror": of_mirror,
}


def say(line: str) -> None:
    """Print a line at once, so that it stands before the output of the scripts."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("build", "benchmarks"))
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--plots", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
