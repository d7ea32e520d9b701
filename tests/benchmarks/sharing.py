"""Measures runs of one account that share its limits by a server: their pace together, and each one's share.

    python tests/benchmarks/sharing.py [--servers none postgres redis] [--processes 1 2 4 8] [--speed 5]

One run alone without a server is what others are compared with. The sandbox's clock runs `--speed` times as
quick as the service's, its windows included. PostgreSQL and Redis are the machine's own, started for this.
The runs of a row have the same number of imports to send, and batches of different sizes, by which the
sandbox's database tells whose an import was. Prints a table, and ends with exit code 1 where one misses a
goal.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.full_run import Options, ask, raised_limits, read_imports, running_sandbox
from support import postgres_server, redis_server

if t.TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_PACE = 95.0
LEAST_SHARE = 50.0
CONTACTS = 240  # of an import of the first run; each further one has one less
HEAD = "| server | processes | imports | pace, % of one run | refused | least share, % of a fair one |"


class Row(t.NamedTuple):
    """What was measured.

    Attributes:
        per_minute: Imports, by the service's clock, from the first to the last.
        least_share: Of all imports while none had ended, the share of the run with the fewest, in percent of
            an equal one.
        failed: Runs that did not end well.
    """

    server: str
    processes: int
    imports: int
    per_minute: float
    refused: int
    least_share: float
    failed: int


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", nargs="+", default=["none", "postgres", "redis"])
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--speed", type=float, default=5.0)
    parser.add_argument("--imports", type=int, default=400, help="of all runs together")
    options = parser.parse_args()
    alone = measure("none", 1, options)
    show(f"one run: {alone.per_minute:.1f} imports a minute, {alone.refused} refused")
    show(f"\n{HEAD}\n|---|---|---|---|---|---|")
    missed = False
    for server in options.servers:
        for processes in options.processes:
            row = alone if (server, processes) == ("none", 1) else measure(server, processes, options)
            pace = 100 * row.per_minute / alone.per_minute
            figures = f"{row.imports} | {pace:.1f} | {row.refused} | {row.least_share:.0f}"
            show(f"| {server} | {processes} | {figures} |{f' {row.failed} failed' if row.failed else ''}")
            is_good = pace >= LEAST_PACE and not row.refused and row.least_share >= LEAST_SHARE
            missed |= (not is_good or bool(row.failed)) and server != "none"
    return 1 if missed else 0


def show(line: str) -> None:
    """Print a line at once: a row takes minutes."""
    print(line, flush=True)  # noqa: T201 - a command


def measure(server: str, processes: int, options: argparse.Namespace) -> Row:
    """Run processes side by side against a new account."""
    with tempfile.TemporaryDirectory() as name, running(server) as rate_limit_url:
        folder = Path(name)
        of_sandbox = Options(0, options.speed, "seconds=5", 0.1, True, 1, None, "")  # noqa: FBT003
        with running_sandbox(of_sandbox, folder) as url:
            each = options.imports // processes
            runs = [
                start(number, each, url, rate_limit_url, options.speed, folder) for number in range(processes)
            ]
            failed = sum(run.wait(timeout=900) != 0 for run in runs)
            refused = sum(second["refused"] for second in ask(url, "figures?seconds=3600")["series"])
        for number, run in enumerate(runs):
            if run.returncode:
                show((folder / f"log{number}").read_text()[-1000:])
        return make_row(server, processes, read_imports(folder), refused, failed)


def make_row(server: str, processes: int, imports: list[t.Any], refused: int, failed: int) -> Row:
    """Return the figures of a measurement."""
    by_run: dict[int, list[float]] = {CONTACTS - number: [] for number in range(processes)}
    for row in imports:
        if row["contacts"] in by_run:
            by_run[row["contacts"]].append(row["queued_seconds"])
    # The machine may need some seconds to start all of them.
    began, ended = max(map(min, by_run.values())), min(map(max, by_run.values()))
    together = {size: sum(began <= moment <= ended for moment in moments) for size, moments in by_run.items()}
    every = sorted(moment for moments in by_run.values() for moment in moments)
    return Row(
        server,
        processes,
        len(imports),
        60 * (len(every) - 1) / (every[-1] - every[0]),
        refused,
        100 * min(together.values()) * processes / sum(together.values()),
        failed,
    )


@contextlib.contextmanager
def running(server: str) -> Iterator[str | None]:
    """Run a server, and yield the URL for `rate_limit_url`."""
    if server == "postgres":
        with postgres_server.running_server() as postgres:
            yield postgres.url()
    elif server == "redis":
        with redis_server.running_server() as redis:
            yield redis.url
    else:
        yield None


def start(  # noqa: PLR0913, PLR0917 - what makes one run
    number: int, imports: int, url: str, rate_limit_url: str | None, speed: float, folder: Path
) -> subprocess.Popen[bytes]:
    """Start one run."""
    limits = raised_limits(speed)
    size = CONTACTS - number
    config = {
        "hostname": url,
        "api_key": "sandbox",
        "data_privacy_consent": True,
        "list_id": 1,
        "batch_size_rows": size,
        "profile_limit": 100_000_000,
        "requests_per_second": limits["requestsPerSecond"],
        "imports_per_minute": limits["importsPerMinute"],
        "rate_limit_url": rate_limit_url,
        "report_path": str(folder / f"report{number}.json"),
    }
    (folder / f"config{number}.json").write_text(json.dumps(config))
    lines = folder / f"input{number}.singer"
    with lines.open("w", encoding="utf-8") as file:
        schema = {"properties": {"email": {"type": "string"}}}
        file.write(json.dumps({"type": "SCHEMA", "stream": "people", "schema": schema, "key_properties": []}))
        for person in range(imports * size):
            record = {"email": f"person{number}.{person}@example.com"}
            file.write("\n" + json.dumps({"type": "RECORD", "stream": "people", "record": record}))
        file.write("\n")
    command = [
        sys.executable,
        "-m",
        "target_activecampaign",
        "--config",
        str(folder / f"config{number}.json"),
    ]
    with lines.open("rb") as given, (folder / f"log{number}").open("wb") as log:
        return subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, stderr=log)


if __name__ == "__main__":
    sys.exit(main())
