"""Starts a real PostgreSQL server for a test session, from the packages of the machine.

Where none is installed, its tests are skipped; with `REQUIRE_POSTGRES` in the environment, they fail.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

if t.TYPE_CHECKING:
    from collections.abc import Iterator

USER = "tester"
UNPRIVILEGED = "postgres"  # a user that Debian's packages make; the server refuses root
SECONDS_TO_START = 60


class PostgresServer:
    """A running server, in which each test has a schema of its own."""

    def __init__(self, port: int, password: str) -> None:
        self.port = port
        self.password = password
        self._numbers = itertools.count(1)

    def new_url(self) -> str:
        """Make an empty schema and return its URL for SQLAlchemy."""
        schema = f"ledger{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        return f"{self.url()}?options=-csearch_path%3D{schema}"

    def url(self, *, user: str = USER, password: str | None = None, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self) -> psycopg.Connection[tuple[t.Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )


@contextlib.contextmanager
def running_server(*settings: str) -> Iterator[PostgresServer]:
    """Start a server in a temporary folder; stop it, and no other, at the end.

    Args:
        settings: Of the server, as `name=value`.
    """
    programs = folder_of_programs()
    assert programs
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    password = secrets.token_hex(16)
    try:
        (folder / "password").write_text(password)
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
            shutil.chown(folder / "password", UNPRIVILEGED)
        _run_unprivileged(
            [
                programs / "initdb",
                f"--pgdata={folder / 'data'}",
                f"--username={USER}",
                "--auth=scram-sha-256",
                f"--pwfile={folder / 'password'}",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            folder,
        ).wait(SECONDS_TO_START)
        with _started(programs, folder, password, settings) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if folder_of_programs() is None:
        reason = "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_server() as server:
        yield server


def folder_of_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _run_unprivileged(command: list[t.Any], folder: Path) -> subprocess.Popen[bytes]:
    become = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
    return subprocess.Popen(
        [*(become if os.geteuid() == 0 else []), *map(str, command)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def _started(
    programs: Path, folder: Path, password: str, settings: tuple[str, ...]
) -> Iterator[PostgresServer]:
    server = PostgresServer(_free_port(), password)
    # A crash of the machine may lose data here; a crash of a run loses none.
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", *settings)
    options = [part for setting in settings for part in ("-c", setting)]
    process = _run_unprivileged(
        [programs / "postgres", "-D", folder / "data", "-p", server.port, *options], folder
    )
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # the server's word for: end all connections, and stop
        process.wait(SECONDS_TO_START)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not _answers(server):
        assert process.poll() is None, "the server ended by itself"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.05)


def _answers(server: PostgresServer) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True
