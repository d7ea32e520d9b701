"""Measures how many imports of 250 contacts the sandbox takes a second, and how long its pages take then.

Run by hand: `python tests/benchmarks/sandbox_imports.py [--imports N]`. The sandbox runs in its own process
with its limits off, imports are carried out before they are answered, and the account is a file. With
`--imports 4000` the account ends with a million contacts. The last line is the figure that counts.
Processor time is the sandbox's alone, serving included (Linux); that of the last tenth of the imports, beside
the first, shows what it costs that the account has grown.

With `--paced SECONDS` it gets 100 imports and 100 polls a second instead, at a steady pace, and imports end a
second after they came, while others come. The figures are then the seconds from the moment at which a request
was due to its answer. `--imports` are in the account before.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CONTACTS = 250
PAGES = {
    "first page": "/api/3/contacts?limit=100",
    "by id, from the middle": "/api/3/contacts?limit=100&orders[id]=ASC&id_greater={middle}",
    "far offset": "/api/3/contacts?limit=100&offset={middle}",
    "one email": "/api/3/contacts?email=person{middle}@example.com",
    "members of a list": "/api/3/contacts?listid=1&limit=100",
    "search": "/_sandbox/contacts?search=person{middle}",
    "figures": "/_sandbox/figures",
}
IMPORT = "/api/3/import/bulk_import"
POLL = "/api/3/import/info?batchId="
START = (
    "from target_activecampaign.sandbox.command import command;"
    "command(['--port', '0', '--no-limits', '--progress', 'at-once', '--contact-limit', '100000000',"
    " '--database', r'{database}'])"
)
PACE = 100
"""Imports, and polls, a second."""
RECENT = 2 * PACE
"""Imports of the last two seconds, half of which have ended: the polls ask for these."""
CONNECTIONS = 32
POLLS = 1_000
"""Polls of imports that have ended, whose processor time is measured."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imports", type=int)
    parser.add_argument("--paced", type=int, metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = START.format(database=Path(folder, "account.db"))
        with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) as sandbox:
            try:
                address = address_of(sandbox)
                connection = http.client.HTTPConnection(address)
                if options.paced is None:
                    print_figures(connection, sandbox.pid, options.imports or 400)
                else:
                    print_paced(connection, sandbox.pid, options.imports or 0, options.paced)
            finally:
                sandbox.terminate()


def address_of(sandbox: subprocess.Popen[str]) -> str:
    """Return the sandbox's host and port, which its first line of output names."""
    line = sandbox.stdout.readline() if sandbox.stdout else ""
    return line.split("http://")[1].split()[0]


def print_figures(connection: http.client.HTTPConnection, process: int, imports: int) -> None:
    """Send the imports, ask for the pages, poll the imports, and print how long each took."""
    tenth = max(imports // 10, 1)
    seconds, spent, batches = [], [processor_seconds(process)], []
    for number in range(imports):
        body = make_body(number * CONTACTS)
        started = time.perf_counter()
        batches.append(json.loads(ask(connection, "POST", IMPORT, body))["batchId"])
        seconds.append(time.perf_counter() - started)
        spent.append(processor_seconds(process))
    say(f"{imports * CONTACTS:,} contacts in {sum(seconds):.1f} s, slowest {max(seconds) * 1000:.0f} ms")
    for name, path in PAGES.items():
        page = time_asking(connection, "GET", path.format(middle=imports * CONTACTS // 2))
        say(f"{name}: {page * 1000:.0f} ms")
    before = processor_seconds(process)
    for number in range(POLLS):
        ask(connection, "GET", POLL + batches[number % imports])
    polls = (processor_seconds(process) - before) / POLLS
    first, last = (spent[tenth] - spent[0]) / tenth, (spent[-1] - spent[-1 - tenth]) / tenth
    say(f"processor time, ms: import {first * 1000:.2f}, at last {last * 1000:.2f}, poll {polls * 1000:.2f}")
    say(f"imports a second: {imports / sum(seconds):.0f}")


class SteadyLoad:
    """Imports and polls, each sent at the moment at which it is due."""

    def __init__(self, address: str, before: int) -> None:
        self._address = address
        self._before = before
        self._here = threading.local()
        self._batches: list[str] = []
        self._started = time.perf_counter()

    def run(self, seconds: int) -> tuple[list[float], list[float]]:
        """Return the seconds from the moment at which each import and each poll was due to its answer."""
        numbers = range(seconds * PACE)
        with ThreadPoolExecutor(CONNECTIONS) as imports, ThreadPoolExecutor(CONNECTIONS) as polls:
            self._started = time.perf_counter() + 1.0
            answers = imports.map(self._import, numbers), polls.map(self._poll, numbers)
            return list(answers[0]), list(answers[1])

    def _import(self, number: int) -> float:
        body = make_body((self._before + number) * CONTACTS)
        due = self._wait(number / PACE)
        answer = ask(self._connection(), "POST", IMPORT, body)
        seconds = time.perf_counter() - due
        self._batches.append(json.loads(answer)["batchId"])
        return seconds

    def _poll(self, number: int) -> float:
        due = self._wait((number + 0.5) / PACE)
        recent = self._batches[-RECENT:] or ["none"]
        ask(self._connection(), "GET", POLL + recent[number % len(recent)])
        return time.perf_counter() - due

    def _wait(self, seconds: float) -> float:
        due = self._started + seconds
        time.sleep(max(due - time.perf_counter(), 0))
        return due

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._here, "connection"):
            self._here.connection = http.client.HTTPConnection(self._address)
        connection: http.client.HTTPConnection = self._here.connection
        return connection


def print_paced(connection: http.client.HTTPConnection, process: int, before: int, seconds: int) -> None:
    """Send at a steady pace and print how long answers took, in milliseconds; `before` imports come first."""
    for number in range(before):
        ask(connection, "POST", IMPORT, make_body(number * CONTACTS))
    ask(connection, "PUT", "/_sandbox/progress", b'{"progress": "seconds=1"}')
    spent = processor_seconds(process)
    imports, polls = SteadyLoad(f"{connection.host}:{connection.port}", before).run(seconds)
    spent = processor_seconds(process) - spent
    for name, answers in (("imports", imports), ("polls", polls), ("all", imports + polls)):
        median, p99 = statistics.median(answers), statistics.quantiles(answers, n=100)[-1]
        say(f"{name}: median {median * 1000:.1f}, p99 {p99 * 1000:.1f}, max {max(answers) * 1000:.1f} ms")
    say(f"processor time, ms: import and poll {spent / len(imports) * 1000:.2f}")


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has used so far, 0 where the system has no figure."""
    try:
        used = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    except FileNotFoundError:
        return 0.0
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def time_asking(connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b"") -> float:
    """Return the seconds that an answer took. Its status must be 200."""
    started = time.perf_counter()
    ask(connection, method, path, body)
    return time.perf_counter() - started


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b"") -> bytes:
    """Return the body of an answer. Its status must be 200."""
    headers = {"Api-Token": "sandbox", "Content-Type": "application/json"}
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    read = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{method} {path}: status {answer.status}")
    return read


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def make_body(first: int) -> bytes:
    """Return an import of made-up people, numbered from `first`."""
    contacts = [
        {
            "email": f"person{number}@example.com",
            "first_name": "Ada",
            "last_name": f"Made-up {number}",
            "phone": "+442079460000",
            "fields": [{"id": 1, "value": "Athens"}, {"id": 2, "value": "2026-01-02"}],
            "subscribe": [{"listid": 1}],
        }
        for number in range(first, first + CONTACTS)
    ]
    return json.dumps({"contacts": contacts, "exclude_automations": True}).encode()


if __name__ == "__main__":
    main()
