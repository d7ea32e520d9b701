"""Runs the project in docs/examples/postgres: a real database, a published tap, Meltano, and a sandbox.

Each test has tables, account, ledger and Meltano's memory of its own; programs and plugins are shared.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    Report: t.TypeAlias = dict[str, t.Any]

    from support.postgres_server import PostgresServer

    from target_activecampaign.sandbox.server import RunningSandbox

CLONE = Path(__file__).parents[2]
EXAMPLE = CLONE / "docs" / "examples" / "postgres"
LISTS = {"Customers": 1, "Newsletter": 2}  # in the sandbox
STATE_STORED = "Incremental state has been updated"  # a line of Meltano's log
SUBSCRIBED, UNSUBSCRIBED = 1, 2
# The sandbox does not limit requests here.
UNLIMITED = {
    "TARGET_ACTIVECAMPAIGN_REQUESTS_PER_SECOND": "1000",
    "TARGET_ACTIVECAMPAIGN_IMPORTS_PER_MINUTE": "60000",
}
PASSWORD = "secret"  # as customers.sql has it
SLOT = "activecampaign"
DATABASE_OF_MELTANO = "meltano.db"
MOST_SECONDS = 300  # for one call of Meltano


class Project:
    """A copy of the example with its plugins installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._memory = folder / ".meltano" / DATABASE_OF_MELTANO
        self._empty_memory = folder / "empty.db"

    def install(self) -> None:
        shutil.copytree(EXAMPLE, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        write_variables(self.folder)
        # The tap pins what it needs; for the rest the versions are those of all tests.
        self.call("install", "--plugin-type=extractor")
        self.call("install", "--plugin-type=loader", UV_CONSTRAINT=str(CLONE / "constraints.txt"))
        shutil.copy(self._memory, self._empty_memory)

    def forget_runs(self) -> None:
        for pattern in ("ledger.db*", "*.json*", f".meltano/{DATABASE_OF_MELTANO}*"):
            for left in self.folder.glob(pattern):
                left.unlink()
        shutil.copy(self._empty_memory, self._memory)

    def call(self, *arguments: str, **variables: str) -> str:
        """Call Meltano and return its log."""
        result = self.try_call(*arguments, **variables)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def try_call(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Call Meltano, which may fail."""
        return subprocess.run(
            [str(program("meltano")), *arguments],
            cwd=self.folder,
            env={**os.environ, **UNLIMITED, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Meltano in a group of processes of its own, with its log as output."""
        return subprocess.Popen(
            [str(program("meltano")), *arguments],
            cwd=self.folder,
            env={**os.environ, **UNLIMITED},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


class Shop:
    """Customers in a database, the project that sends them, and the account that they go to."""

    def __init__(self, project: Project, server: PostgresServer, sandbox: RunningSandbox) -> None:
        self.project = project
        self.sandbox = sandbox
        self._server = server
        write_variables(
            project.folder,
            TAP_POSTGRES_HOST="127.0.0.1",
            TAP_POSTGRES_PORT=server.port,
            TAP_POSTGRES_DATABASE="postgres",
            TAP_POSTGRES_PASSWORD=PASSWORD,
            TARGET_ACTIVECAMPAIGN_HOSTNAME=sandbox.url,
            TARGET_ACTIVECAMPAIGN_API_KEY="sandbox",
        )

    def execute(self, statements: str) -> None:
        with self._server.connect() as connection:
            connection.execute(statements.encode())

    def make_tables(self) -> None:
        self.execute((EXAMPLE / "customers.sql").read_text("utf-8"))

    def keep_deletions(self) -> None:
        """Let the database keep its log from now on.

        Raises:
            psycopg.errors.UndefinedFile: The plugin that writes the log is not installed.
        """
        for statement in (EXAMPLE / "deletions.sql").read_text("utf-8").split(";\n"):
            self.execute(statement)

    def drop_tables(self) -> None:
        self.execute(f"""
            SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{SLOT}';
            DROP SCHEMA IF EXISTS marketing CASCADE;
            DO $$ BEGIN
                DROP OWNED BY activecampaign; DROP ROLE activecampaign;
                EXCEPTION WHEN undefined_object THEN NULL;
            END $$
        """)  # noqa: S608 - our own name

    def add(self, first: int, last: int) -> None:
        """Add customers by number, of which every second wants the newsletter."""
        self.execute(f"""
            INSERT INTO marketing.customers (id, email, first_name, city, newsletter)
            SELECT n, format('person%s@example.com', n), 'Ada', 'London', n % 2 = 0
            FROM generate_series({first}, {last}) n ORDER BY n
        """)  # noqa: S608 - our own numbers

    def run(self, job: str, *options: str) -> Report:
        """Run a job to its good end, and return its report."""
        self.project.call("run", *options, job)
        return self.report()

    def run_in_vain(self, job: str) -> str:
        """Run a job that has to fail, and return Meltano's log."""
        result = self.project.try_call("run", job)
        assert result.returncode != 0
        return result.stdout

    def run_until_state(self, job: str) -> None:
        """Run a job, and kill all of its processes when Meltano has stored a STATE."""
        with self.project.start("run", job) as meltano:
            assert meltano.stdout
            is_stored = any(
                STATE_STORED in line for line in meltano.stdout
            )  # reads no further than that line
            os.killpg(meltano.pid, signal.SIGKILL)
            meltano.stdout.read()  # ends with the last of the processes
        assert is_stored

    def report(self) -> Report:
        report: Report = json.loads((self.project.folder / "report.json").read_text("utf-8"))
        return report

    def on_list(self, name: str, status: int = SUBSCRIBED) -> set[int]:
        """Return the numbers of the people who are on a list with this status."""
        number = str(LISTS[name])
        rows = self.sandbox.snapshot(10**6)["contacts"]
        return {number_of(row["email"]) for row in rows if row["lists"].get(number) == status}

    def cities(self) -> dict[int, str]:
        """Return the city of each person by number."""
        rows = self.sandbox.snapshot(10**6)["contacts"]
        return {number_of(row["email"]): row["fields"].get("CITY", "") for row in rows}


def number_of(email: str) -> int:
    return int(email.removeprefix("person").removesuffix("@example.com"))


def program(name: str) -> Path:
    return Path(sys.executable).parent / name


def write_variables(folder: Path, **values: object) -> None:
    """Write the file `.env` that the page shows, with values of the test."""
    page = (EXAMPLE / "README.md").read_text("utf-8")
    shown = re.search(r"<!-- file: \.env -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert shown, "README.md shows the file .env"
    values = {"CLONE": CLONE, **values}
    lines = [line.partition("=") for line in shown[1].splitlines()]
    assert {key for key, _, _ in lines} >= values.keys(), "each variable stands in the page"
    text = "".join(f"{key}={values.get(key, value)}\n" for key, _, value in lines)
    (folder / ".env").write_text(text, "utf-8")
