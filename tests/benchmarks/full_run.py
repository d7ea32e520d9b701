"""Measures whether a full run against the sandbox uses the limit of imports and keeps it, at a raised pace.

    python tests/benchmarks/full_run.py [--contacts 1000000] [--speed 60] [--progress seconds=5] [--delay 0]

Sandbox and target are processes of their own. `--speed` multiplies the limits and divides the import latency
(`--progress`) and the request latency (`--delay`), which are given in seconds of the service. The windows
stay a second and a minute. With `--quick-clock` all of the sandbox's time passes quicker, its windows
included: 5 requests in 17 ms instead of 300 in a second. Prints ratios, and ends with exit code 1 where one
misses its goal; no time has a goal. `--json` writes them with the series for a plot, `--short` makes it
small.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
import urllib.request
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS_IN_IMPORT = 250
REQUESTS_PER_SECOND = 5
IMPORTS_PER_MINUTE = 100
SHORT_CONTACTS = 40_000
SHORT_SPEED = 5.0
FIRST_NAMES = ("Ada", "Bo", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal")
SECONDS_BETWEEN_SAMPLES = 0.25

LEAST_PACE = 98.0
LEAST_FULL = 99.0
MOST_SHARE_OF_POLLS = 50.0


@dataclass(frozen=True)
class Options:
    """The options of the command line.

    Attributes:
        progress: When imports end, as the sandbox's option of this name.
        delay: Seconds of the service that every request takes.
    """

    contacts: int
    speed: float
    progress: str
    delay: float
    quick_clock: bool
    seed: int
    json: Path | None
    target: str

    @property
    def quicker(self) -> float:
        """How many times quicker the sandbox's clock is than the service's."""
        return self.speed if self.quick_clock else 1.0


def main() -> int:
    """Run, print, judge."""
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_sandbox(options, folder) as url:
            outcome = run_target(options, folder, url)
            refused = sum(second["refused"] for second in ask(url, "figures?seconds=600")["series"])
        outcome["sandbox_seconds"] = processor_seconds_of_the_ended() - outcome["seconds"]
        figures = judge(options, outcome, read_imports(folder), refused)
    for figure, value in figures.items():
        print(f"{figure:>42}: {value}")  # noqa: T201 - a command
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "series": outcome["series"]}, indent=1))
    missed = misses(figures)
    for miss in missed:
        print(f"missed: {miss}")  # noqa: T201 - likewise
    return 1 if missed else 0


# The sandbox


@contextlib.contextmanager
def running_sandbox(options: Options, folder: Path) -> Iterator[str]:
    """Run a sandbox as a process of its own, and yield its URL."""
    arguments = ["--port", "0", "--contact-limit", "100000000", "--progress", progress_of(options)]
    arguments += ["--database", str(folder / "account.db")]
    delay = options.delay * options.quicker / options.speed
    arguments += ["--fault", f"* delay={delay}"] if delay else []
    arguments += ["--speed", str(options.quicker)]
    code = f"from target_activecampaign.sandbox.command import command; command({arguments!r})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            url = "http://" + line.split("http://")[1].split()[0]
            if not options.quick_clock:
                ask(url, "limits", raised_limits(options.speed))
            yield url
        finally:
            process.terminate()


def progress_of(options: Options) -> str:
    """Return when imports end, in seconds of the sandbox's clock."""
    kind, _, amount = options.progress.partition("=")
    if kind != "seconds":
        return options.progress
    return f"{kind}={float(amount) * options.quicker / options.speed}"


def raised_limits(speed: float) -> dict[str, int]:
    """Return the service's limits times `speed`."""
    return {
        "requestsPerSecond": int(REQUESTS_PER_SECOND * speed),
        "importsPerMinute": int(IMPORTS_PER_MINUTE * speed),
        "singleImportsPerMinute": int(IMPORTS_PER_MINUTE * speed / 5),
    }


def ask(url: str, control: str, change: object = None) -> dict[str, t.Any]:
    """Send a request to one of the sandbox's controls and return the answer."""
    body = None if change is None else json.dumps(change).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/_sandbox/{control}", body, method="GET" if body is None else "PUT"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - likewise
        return dict(json.load(answer))


def read_imports(folder: Path) -> list[sqlite3.Row]:
    """Read the imports that the sandbox accepted from its database."""
    with contextlib.closing(sqlite3.connect(folder / "account.db")) as database:
        database.row_factory = sqlite3.Row
        return database.execute(
            "select queued_seconds, contacts, looks as polls from import order by number"
        ).fetchall()


# The target


def run_target(options: Options, folder: Path, url: str) -> dict[str, t.Any]:
    """Run the target as a process, and return its report and samples of its memory."""
    limits = raised_limits(options.speed)
    config = {
        "hostname": url,
        "api_key": "sandbox",
        "data_privacy_consent": True,
        "list_id": 1,
        "profile_limit": 100_000_000,
        "requests_per_second": limits["requestsPerSecond"],
        "imports_per_minute": limits["importsPerMinute"],
        "report_path": str(folder / "report.json"),
    }
    (folder / "config.json").write_text(json.dumps(config))
    write_input(folder / "input.singer", options)
    command = [sys.executable, "-m", options.target, "--config", str(folder / "config.json")]
    with (
        (folder / "input.singer").open("rb") as lines,
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdin=lines, stdout=subprocess.DEVNULL, stderr=log) as process,
    ):
        series = sample(process, url)
    if process.returncode:
        print((folder / "log").read_text()[-3000:])  # noqa: T201 - the reason
    report = json.loads((folder / "report.json").read_text())
    seconds = processor_seconds_of_the_ended()  # the sandbox still runs
    return {"exit_code": process.returncode, "report": report, "series": series, "seconds": seconds}


def processor_seconds_of_the_ended() -> float:
    """Return the processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_input(path: Path, options: Options) -> None:
    """Write made-up people, the same for the same seed."""
    chance = random.Random(options.seed)  # noqa: S311 - made-up people
    properties = {
        name: {"type": ["string", "null"]} for name in ("email", "first_name", "last_name", "phone")
    }
    schema = {"type": "object", "properties": properties}
    with path.open("w", encoding="utf-8") as file:
        message: dict[str, t.Any] = {
            "type": "SCHEMA",
            "stream": "people",
            "schema": schema,
            "key_properties": [],
        }
        file.write(json.dumps(message) + "\n")
        for number in range(options.contacts):
            record = {
                "email": f"person{number}@example.com",
                "first_name": chance.choice(FIRST_NAMES),
                "last_name": f"Made-up {chance.randrange(10**6)}",
                "phone": f"+44207946{chance.randrange(10**4):04}",
            }
            file.write(json.dumps({"type": "RECORD", "stream": "people", "record": record}) + "\n")
            if number % 10_000 == 0:
                file.write(json.dumps({"type": "STATE", "value": number}) + "\n")


def sample(process: subprocess.Popen[bytes], url: str) -> dict[str, list[t.Any]]:
    """Sample the target's memory and threads until it ends, then ask for the sandbox's figures."""
    series: dict[str, list[t.Any]] = {"seconds": [], "resident_bytes": [], "threads": []}
    started, ended = time.monotonic(), threading.Event()
    while process.poll() is None:
        ended.wait(SECONDS_BETWEEN_SAMPLES)
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            figures = dict(line.split(":", 1) for line in status)
            if "VmRSS" in figures:
                series["seconds"].append(round(time.monotonic() - started, 2))
                series["resident_bytes"].append(int(figures["VmRSS"].split()[0]) * 1024)
                series["threads"].append(int(figures["Threads"]))
    series["service"] = ask(url, "figures?seconds=600")["series"]
    return series


# Figures


def judge(
    options: Options, outcome: dict[str, t.Any], imports: list[sqlite3.Row], refused: int
) -> dict[str, t.Any]:
    """Return the ratios. Add the moments of the imports, in seconds of the sandbox's clock, to the series."""
    report = outcome["report"]
    moments = [row["queued_seconds"] for row in imports]
    outcome["series"]["import_moments"] = [round(moment - moments[0], 3) for moment in moments]
    seconds = moments[-1] - moments[0]
    raised = options.speed / options.quicker
    pace = IMPORTS_PER_MINUTE * raised / 60
    requests = REQUESTS_PER_SECOND * raised
    whole_seconds = report["seconds"] * options.quicker
    polls = sum(row["polls"] for row in imports)
    full = sum(row["contacts"] == CONTACTS_IN_IMPORT for row in imports[:-1])
    return {
        "exit code": outcome["exit_code"],
        "records delivered": report["delivered"],
        "imports": len(imports),
        "refused for the rate (429, importer's 400)": refused,
        "full imports, % (all but the last)": round(100 * full / (len(imports) - 1), 2),
        "pace from first to last import, %": round(100 * (len(imports) - 1) / seconds / pace, 2),
        "polls an import": round(polls / len(imports), 3),
        "polls, % of the request budget": round(100 * polls / (whole_seconds * requests), 1),
        "requests": report["requests"],
        "seconds": report["seconds"],
        "processor time of the target, us a contact": round(outcome["seconds"] / options.contacts * 1e6, 1),
        "processor time of the sandbox, ms an import": round(
            outcome["sandbox_seconds"] / len(imports) * 1e3, 1
        ),
        "most memory, MB": round(max(outcome["series"]["resident_bytes"]) / 1e6),
        "most threads": max(outcome["series"]["threads"]),
    }


def misses(figures: dict[str, t.Any]) -> list[str]:
    """Return the goals that were missed."""
    goals = {
        "exit code": figures["exit code"] == 0,
        "pace": figures["pace from first to last import, %"] >= LEAST_PACE,
        "refused": figures["refused for the rate (429, importer's 400)"] == 0,
        "full imports": figures["full imports, % (all but the last)"] >= LEAST_FULL,
        "share of polls": figures["polls, % of the request budget"] <= MOST_SHARE_OF_POLLS,
    }
    return [goal for goal, is_reached in goals.items() if not is_reached]


def parse_arguments() -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--contacts", type=int)
    parser.add_argument("--speed", type=float)
    parser.add_argument("--progress", default="seconds=5", help="when imports end, as the sandbox takes it")
    parser.add_argument("--delay", type=float, default=0, help="seconds that every request takes")
    parser.add_argument("--quick-clock", action="store_true", help="let the windows pass quicker, too")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write figures and series there")
    parser.add_argument("--target", default="target_activecampaign", help="the module that is run")
    parser.add_argument("--short", action="store_true")
    options = vars(parser.parse_args())
    is_short = options.pop("short")
    options["quick_clock"] |= is_short
    contacts, speed = (SHORT_CONTACTS, SHORT_SPEED) if is_short else (1_000_000, 60.0)
    options["contacts"] = options["contacts"] or contacts
    options["speed"] = options["speed"] or speed
    return Options(**options)


if __name__ == "__main__":
    sys.exit(main())
