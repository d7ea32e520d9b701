"""A ledger that another process keeps locked does not keep a run that was asked to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import typing as t

import pytest
from support.command import (
    config_for,
    record_message,
    run_target,
    schema_message,
    singer_lines,
    state_message,
)

from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import InterruptedRunError
from target_activecampaign.run.run import Run
from target_activecampaign.run.signals import Interruption
from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.postgres_server import PostgresServer

GRACE_SECONDS = 1
SLACK_SECONDS = 15.0  # beside the grace: the machine may be busy; the lock is held for longer
SECONDS_UNTIL_IT_WAITS = 0.7

Locked = tuple[str, "Callable[[], contextlib.AbstractContextManager[t.Any]]"]


@pytest.fixture(params=["sqlite", "postgresql"])
def locked(request: pytest.FixtureRequest, tmp_path: Path) -> Locked:
    """The URL of a ledger, and what locks it against everybody."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        return f"sqlite:///{path}", lambda: _lock_file(path)
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_url()
    return url, lambda: _lock_tables(server, url)


@contextlib.contextmanager
def _lock_file(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextlib.contextmanager
def _lock_tables(server: PostgresServer, url: str) -> Iterator[None]:
    schema = url.rpartition("%3D")[2]
    with server.connect() as other:
        other.execute("BEGIN")
        for table in ("ledger_contact", "ledger_run"):
            other.execute(f"LOCK TABLE {schema}.{table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


def test_a_run_whose_ledger_is_locked_ends_within_its_grace(locked: Locked, tmp_path: Path) -> None:
    url, lock = locked
    with serve(with_limits=False, progress="at-once") as sandbox:
        config = config_for(sandbox.url, tmp_path, ledger_url=url, shutdown_grace=GRACE_SECONDS)
        assert run_target(config, [schema_message()], tmp_path).exit_code == 0
        with _started(tmp_path) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(singer_lines([schema_message(), state_message("begun")]).encode())
            process.stdin.flush()
            assert process.stdout.readline() == b'"begun"\n'
            with lock():
                lines = [record_message({"email": "ada@example.com"}), state_message("ada")]
                process.stdin.write(singer_lines(lines).encode())
                process.stdin.close()
                threading.Event().wait(SECONDS_UNTIL_IT_WAITS)
                assert process.poll() is None
                begun = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 128 + signal.SIGTERM
                assert time.monotonic() - begun < GRACE_SECONDS + SLACK_SECONDS
            assert process.stdout.read() == b""
        assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_ledger_that_is_locked_at_the_start_does_not_hold_up_a_signal(
    locked: Locked, tmp_path: Path
) -> None:
    url, lock = locked
    settings = parse_settings(config_for("sandbox", tmp_path, ledger_url=url))
    first = Run(settings, Interruption())
    first.begin()
    first.fail(0)
    interruption = Interruption()
    usual = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, interruption._handle)
    asking = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    run = Run(settings, interruption)
    try:
        asking.start()
        with lock(), pytest.raises(InterruptedRunError):
            run.begin()
        run.fail(143)
    finally:
        asking.join()
        signal.signal(signal.SIGTERM, usual)


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command with the configuration that is in the folder."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "target_activecampaign", "--config", str(folder / "config.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                pipe.close()
