"""Measures what one run costs at the service's own pace, and what its ledger costs on PostgreSQL.

    python tests/benchmarks/scaling.py [--contacts 100000] [--latency 60]

The figures of docs/scaling.md: processor time and memory of a run that mostly waits, of one in which nothing
changed, and the bytes that a ledger takes for each contact, without and with `membership: mirror`. Starts a
PostgreSQL server (Debian: postgresql) and sandboxes whose imports end after `--latency` seconds. No figure
has a goal.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cpu_path import CONFIG
from benchmarks.watched_run import watch
from support.postgres_server import running_server

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from benchmarks.watched_run import Watched
    from support.postgres_server import PostgresServer

RAISED = {"requests_per_second": 300, "imports_per_minute": 6000}
TABLES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'ledger_%'
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--latency", type=int, default=60)
    parser.add_argument("--memberships", nargs="+", default=["add", "mirror"])
    options = parser.parse_args()
    for membership in options.memberships:
        with running_server() as server, tempfile.TemporaryDirectory() as folder:
            measure(membership, options, server, Path(folder))


def measure(membership: str, options: argparse.Namespace, server: PostgresServer, folder: Path) -> None:
    """Run twice: at the service's pace where nobody is taken off, and then with nothing changed."""
    at_pace = membership == "add"
    config = CONFIG | {"ledger_url": server.url(), "membership": membership} | ({} if at_pace else RAISED)
    progress = f"seconds={options.latency}" if at_pace else "at-once"
    with serve(progress=progress, with_limits=at_pace, contact_limit=10**9) as sandbox:
        for name in ("first run", "nothing changed"):
            # The tap's stream has a bookmark, which is no mirror's: its runs end with exit code 5.
            run = watch(config | {"hostname": sandbox.url}, options.contacts, folder, most_seconds=3600)
            say(f"{membership}, {name}", run, options.contacts)
    with server.connect() as connection:
        sizes = {str(table): int(size) for table, size in connection.execute(TABLES) if size > 100_000}
    for table, size in {**sizes, "all": sum(sizes.values())}.items():
        print(f"{table:>42}: {size / options.contacts:.0f} bytes a contact")  # noqa: T201 - a command


def say(name: str, run: Watched, contacts: int) -> None:
    """Print the figures of a run."""
    resident = statistics.median(size for _, size in run.samples)
    print(  # noqa: T201 - a command
        f"{name:>42}: {run.seconds:.0f} s, {run.processor_seconds:.1f} s of processor time"
        f" ({run.processor_seconds / contacts * 1e6:.0f} us a contact), {resident / 1e6:.0f} MB resident"
        f" (median), {run.peak_bytes / 1e6:.0f} MB at most, {run.report['requests']} requests",
        flush=True,
    )


if __name__ == "__main__":
    main()
