"""Fixtures: database servers, and published taps that read a table `people` of twenty into an account."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

import psycopg
import pytest
from support import mariadb_server, postgres_server
from support.published_taps import Tap, find_tap, last_state, select_table, skip_without

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.changes_pipeline import Pipeline
    from support.command import Outcome
    from support.mariadb_server import MariaDBServer
    from support.postgres_server import PostgresServer

PEOPLE = range(1, 21)
MAKE_TABLE = """
    create table people (
        id int primary key, email varchar(100), first_name varchar(50), changed timestamp default {now}
    )
"""
ADD_PERSON = "insert into people (id, email, first_name) values ({id}, '{email}', 'Ada')"
SLOTS = {"meltanolabs-tap-postgres": "tappostgres", "pipelinewise-tap-postgres": "pipelinewise_postgres"}
KEYS = {"INCREMENTAL": "changed"}


def email(number: int) -> str:
    return f"person{number}@example.com"


@dataclass
class Source:
    """A table, and a tap that reads it into an account again and again."""

    tap: Tap
    execute: Callable[[str], None]
    pipeline: Pipeline
    folder: Path
    scalar: Callable[[str], str] = field(default=lambda _: "")
    keys: dict[str, str] = field(default_factory=lambda: dict(KEYS))
    state: dict[str, t.Any] | None = None
    catalog: dict[str, t.Any] | None = None

    def read(self, method: str) -> list[dict[str, t.Any]]:
        """Run the tap, from where it stopped the last time."""
        self.catalog = self.catalog or self.tap.discover(self.folder)
        selected = select_table(self.catalog, "people", method, self.keys.get(method))
        messages = self.tap.run(self.folder, selected, self.state)
        if any(message["type"] == "STATE" for message in messages):
            self.state = last_state(messages)
        return messages

    def load(self, method: str, **settings: t.Any) -> Outcome:  # noqa: ANN401 - of the configuration
        return self.pipeline.run_messages(self.read(method), **settings)

    def add(self, number: int, address: str | None = None) -> None:
        self.execute(ADD_PERSON.format(id=number, email=address or email(number)))

    def delete(self, number: int) -> None:
        self.execute(f"delete from people where id = {number}")  # noqa: S608 - our own number

    def rename(self, below: int) -> None:
        """Change everybody whose number is smaller."""
        changed = "current_timestamp + interval '1' hour"
        self.execute(
            f"update people set first_name = 'Bea', changed = {changed} where id < {below}"  # noqa: S608 - our own number
        )

    def off(self) -> set[str]:
        """Return the people who were taken off the list."""
        return {address for address, status in self.pipeline.statuses().items() if status != 1}


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDBServer]:
    skip_without("tap-mysql", "pipelinewise-tap-mysql")
    if missing := mariadb_server.missing_programs():
        pytest.skip(f"{', '.join(missing)} missing (Debian: mariadb-server-core mariadb-client-core)")
    with mariadb_server.running_mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def logical_postgres() -> Iterator[PostgresServer]:
    skip_without(*SLOTS)
    if postgres_server.folder_of_programs() is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql postgresql-15-wal2json)")
    slots = ("max_replication_slots=8", "max_wal_senders=8")
    with postgres_server.running_server("wal_level=logical", *slots) as server:
        yield server


@pytest.fixture
def from_mariadb(
    mariadb: MariaDBServer, pipeline: Pipeline, tmp_path: Path
) -> Iterator[Callable[[str], Source]]:
    """Make the table, and return what gives a source by the name of its tap."""

    def execute(statement: str) -> None:
        mariadb.execute(f"use shop; {statement};")

    def make(environment: str) -> Source:
        config = {
            "host": "127.0.0.1",
            "port": str(mariadb.port),
            "user": mariadb_server.TAP_USER,
            "password": mariadb_server.TAP_PASSWORD,
            "engine": "mariadb",
        }
        tap = Tap(find_tap(environment, "tap-mysql"), config, "--properties")
        return Source(tap, execute, pipeline, tmp_path)

    mariadb.execute("create database shop")
    fill_table(execute, MAKE_TABLE.format(now="now()"))
    yield make
    mariadb.execute("drop database shop")


@pytest.fixture
def from_postgres(
    logical_postgres: PostgresServer, pipeline: Pipeline, tmp_path: Path
) -> Iterator[Callable[[str], Source]]:
    """Make the table, and return what gives a source by the name of its tap, with its replication slot."""
    with logical_postgres.connect() as connection, contextlib.ExitStack() as slots:

        def execute(statement: str) -> None:
            connection.execute(statement.encode())

        def scalar(statement: str) -> str:
            row = connection.execute(statement.encode()).fetchone()
            assert row
            return str(row[0])

        def make(environment: str) -> Source:
            executable = find_tap(environment, "tap-postgres")
            slots.enter_context(replication_slot(connection, SLOTS[environment]))
            # Behind the slot, since older changes are not in it.
            fill_table(execute, MAKE_TABLE.format(now="now()"))
            is_of_sdk = environment.startswith("meltanolabs")
            config = postgres_config(logical_postgres, is_of_sdk=is_of_sdk)
            tap = Tap(executable, config, "--catalog" if is_of_sdk else "--properties")
            keys = {**KEYS, **({"LOG_BASED": "_sdc_lsn"} if is_of_sdk else {})}
            return Source(tap, execute, pipeline, tmp_path, scalar, keys)

        yield make
        execute("drop table if exists people")


@contextlib.contextmanager
def replication_slot(connection: psycopg.Connection[t.Any], name: str) -> Iterator[None]:
    try:
        connection.execute("select pg_create_logical_replication_slot(%s, 'wal2json')", [name])
    except psycopg.errors.UndefinedFile:
        pytest.skip("wal2json is missing (Debian: postgresql-15-wal2json)")
    yield
    connection.execute("select pg_drop_replication_slot(%s)", [name])


def postgres_config(server: PostgresServer, *, is_of_sdk: bool) -> dict[str, t.Any]:
    config = {"host": "127.0.0.1", "user": postgres_server.USER, "password": server.password}
    if is_of_sdk:
        return {**config, "port": server.port, "database": "postgres", "replication_idle_exit_seconds": 1}
    return {**config, "port": str(server.port), "dbname": "postgres", "logical_poll_total_seconds": 3}


def fill_table(execute: Callable[[str], None], make_table: str) -> None:
    execute(make_table)
    for number in PEOPLE:
        execute(ADD_PERSON.format(id=number, email=email(number)))
