"""Starts a MariaDB server that writes a binlog, from the packages of the machine.

Where none is installed, its tests are skipped with the packages that they need.
"""

from __future__ import annotations

import contextlib
import getpass
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator

TAP_USER = "tap"
TAP_PASSWORD = "made-up"
SECONDS_TO_START = 60
MAKE_TAP_USER = f"""
    create user '{TAP_USER}'@'127.0.0.1' identified by '{TAP_PASSWORD}';
    grant select, replication client, replication slave on *.* to '{TAP_USER}'@'127.0.0.1';
"""


class MariaDBServer:
    """A running server, to which its own client talks."""

    def __init__(self, socket_path: Path, port: int) -> None:
        self.port = port
        self._client = ["mariadb", "--no-defaults", f"--socket={socket_path}", "--user=root"]

    def execute(self, statements: str) -> None:
        self._run(statements).check_returncode()

    def answers(self) -> bool:
        return self._run("select 1").returncode == 0

    def _run(self, statements: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._client, input=statements, text=True, capture_output=True, check=False, timeout=60
        )


def missing_programs() -> list[str]:
    return [name for name in ("mariadb-install-db", "mariadbd", "mariadb") if not _path_of(name)]


@contextlib.contextmanager
def running_mariadb() -> Iterator[MariaDBServer]:
    """Start a server in a temporary folder; stop it, and no other, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    try:
        _make_data_folder(folder)
        with _started(folder) as server:
            server.execute(MAKE_TAP_USER)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _path_of(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _make_data_folder(folder: Path) -> None:
    subprocess.run(
        [
            str(_path_of("mariadb-install-db")),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--user={getpass.getuser()}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS_TO_START,
    )


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[MariaDBServer]:
    server = MariaDBServer(folder / "socket", _free_port())
    options = [
        f"--user={getpass.getuser()}",
        f"--datadir={folder / 'data'}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        f"--port={server.port}",
        "--bind-address=127.0.0.1",
        "--server-id=1",
        f"--log-bin={folder / 'bin'}",
        "--binlog-format=ROW",
        "--binlog-row-image=FULL",
        "--innodb-buffer-pool-size=32M",
        "--innodb-flush-log-at-trx-commit=0",
    ]
    process = subprocess.Popen(
        [str(_path_of("mariadbd")), "--no-defaults", *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS_TO_START)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: MariaDBServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not server.answers():
        assert process.poll() is None, "the server ended by itself"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.05)
