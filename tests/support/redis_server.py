"""Starts a real Redis server for a test session, from the packages of the machine.

Where none is installed, its tests are skipped; with `REQUIRE_REDIS` in the environment, they fail.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import typing as t

import pytest
import redis

if t.TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS_TO_START = 60


class RedisServer:
    """A server that can be stopped and started again, and keeps nothing on disk."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._password = secrets.token_hex(16)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program
        options = f"--port {self._port} --bind 127.0.0.1 --requirepass {self._password} --appendonly no"
        self._process = subprocess.Popen(
            [program, *options.split(), "--save", "", "--dir", self._folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            assert self._process.poll() is None, "the server ended by itself"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(SECONDS_TO_START)
            self._process = None

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False


@contextlib.contextmanager
def running_server() -> Iterator[RedisServer]:
    """Start a server in a temporary folder; stop it, and no other, at the end."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_program() -> None:
    if shutil.which("redis-server") is None:
        reason = "no Redis server is installed (Debian: apt-get install redis-server)"
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def redis_server(redis_program: None) -> Iterator[RedisServer]:
    with running_server() as server:
        yield server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
