"""How many imports of 250 contacts the sandbox takes in a second, and how long its pages take then.

Run by hand: `python tests/benchmarks/sandbox_imports.py [--imports N]`. The sandbox runs in its own process
with its limits off, imports are carried out before they are answered, and the account is a file. With
`--imports 4000` the account ends with a million contacts. The last line is the figure that counts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
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
START = (
    "from target_activecampaign.sandbox.command import command;"
    "command(['--port', '0', '--no-limits', '--progress', 'at-once', '--contact-limit', '100000000',"
    " '--database', r'{database}'])"
)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imports", type=int, default=400)
    imports = parser.parse_args().imports
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", START.format(database=Path(folder, "account.db"))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
            try:
                print_figures(connect(sandbox), imports)
            finally:
                sandbox.terminate()


def connect(sandbox: subprocess.Popen[str]) -> http.client.HTTPConnection:
    """Return a connection to the sandbox, whose first line of output names its URL."""
    line = sandbox.stdout.readline() if sandbox.stdout else ""
    address = line.split("http://")[1].split()[0]
    return http.client.HTTPConnection(address)


def print_figures(connection: http.client.HTTPConnection, imports: int) -> None:
    """Send the imports, ask for the pages, print what each took."""
    spent = slowest = 0.0
    for number in range(imports):
        body = make_body(number * CONTACTS)
        seconds = ask(connection, "POST", "/api/3/import/bulk_import", body)
        spent, slowest = spent + seconds, max(slowest, seconds)
    say(f"{imports * CONTACTS:,} contacts in {spent:.1f} s, slowest import {slowest * 1000:.0f} ms")
    for name, path in PAGES.items():
        seconds = ask(connection, "GET", path.format(middle=imports * CONTACTS // 2))
        say(f"{name}: {seconds * 1000:.0f} ms")
    say(f"imports a second: {imports / spent:.0f}")


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> float:
    """Return the seconds that an answer took, which must be a good one."""
    started = time.perf_counter()
    connection.request(method, path, body, {"Api-Token": "sandbox", "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    seconds = time.perf_counter() - started
    if answer.status != http.HTTPStatus.OK:
        message = f"{method} {path}: status {answer.status}"
        raise RuntimeError(message)
    return seconds


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
