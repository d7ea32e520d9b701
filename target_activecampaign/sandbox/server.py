"""Owns a running sandbox: a web server in a thread of this process.

The only module that knows the web server.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from target_activecampaign.sandbox import LOOPBACK
from target_activecampaign.sandbox.app import build_app
from target_activecampaign.sandbox.emulator import Emulator, Options
from target_activecampaign.sandbox.host_check import LOOPBACK_NAMES, HostCheck
from target_activecampaign.sandbox.state.snapshot import take_snapshot

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.sandbox.state.account import Account

KEEP_ALIVE_SECONDS = 75
"""Idle time after which a connection closes; clients pause for less, so that none meets a closing one."""
STARTUP_SECONDS = 10.0


class RunningSandbox:
    """A sandbox that serves requests until it is closed.

    Args:
        options: The settings of the sandbox.
        host: The address to listen on.
        port: The port to listen on; 0 lets the system choose.
        names: Host names that it serves besides the loopback's and `host`.

    Raises:
        OSError: The port is taken, or the address is not this machine's.
        DatabaseUnusableError, SeedInvalidError, ValueError: As `Emulator`.
    """

    def __init__(
        self, options: Options, *, host: str = LOOPBACK, port: int = 0, names: frozenset[str] = frozenset()
    ) -> None:
        self._socket = _listen(host, port)
        try:
            self.emulator = Emulator(options)
        except BaseException:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        connections = _Connections()
        check = HostCheck(LOOPBACK_NAMES | {name.lower() for name in (host, *names)})
        app = build_app(self.emulator, connections.cut, check)
        self._server = _Server(app, connections)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        self._server.wait_until_ready()

    @property
    def account(self) -> Account:
        """The first account, to read past the API."""
        return self.emulator.first.account

    def snapshot(self, max_contacts: int | None = None) -> dict[str, t.Any]:
        """Return the first account's content, as `take_snapshot` does."""
        return take_snapshot(self.account, max_contacts)

    def close(self) -> None:
        """Stop serving, cut open connections and release the files. A second call does nothing."""
        self._server.stop()
        self._thread.join()
        self.emulator.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._socket]))


@contextmanager
def run(
    options: Options, *, host: str = LOOPBACK, port: int = 0, names: frozenset[str] = frozenset()
) -> Iterator[RunningSandbox]:
    """Run a sandbox for the length of a `with` block. Arguments and errors as `RunningSandbox`."""
    running = RunningSandbox(options, host=host, port=port, names=names)
    try:
        yield running
    finally:
        running.close()


class _Connections:
    """The open connections by their client's address, so that one can be cut without a response."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.BaseTransport] = {}

    def protocol(self) -> type[HttpToolsProtocol]:
        transports = self._transports

        class TrackedProtocol(HttpToolsProtocol):
            """The server's protocol, which registers its transport."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                transports[transport.get_extra_info("peername")[:2]] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.transport.get_extra_info("peername")[:2], None)
                super().connection_lost(exc)

        return TrackedProtocol

    async def cut(self, client: tuple[str, int]) -> None:
        transport = self._transports.get(client)
        if isinstance(transport, asyncio.Transport):
            transport.abort()
            await asyncio.sleep(0)

    async def cut_all(self) -> None:
        for client in list(self._transports):
            await self.cut(client)


class _Server(uvicorn.Server):
    """A server that starts and stops at once: it does not poll, and cuts open connections at its end."""

    def __init__(self, app: object, connections: _Connections) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # type: ignore[arg-type]
                http=connections.protocol(),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
        )
        self._connections = connections
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wait_until_ready(self) -> None:
        if not self._ready.wait(STARTUP_SECONDS):
            raise RuntimeError("the sandbox's server did not start")

    def stop(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    async def main_loop(self) -> None:
        """Wait for the stop; renew the server's `Date` header once a second."""
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        # One thread for the accounts' work, so that it runs in the order of the requests.
        self._loop.set_default_executor(ThreadPoolExecutor(1, "sandbox-accounts"))
        await self.on_tick(0)
        self._ready.set()
        stopped = asyncio.ensure_future(self._stop.wait())
        while not stopped.done():
            await asyncio.wait((stopped,), timeout=1.0)
            await self.on_tick(0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and cut open connections."""
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        await self._connections.cut_all()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only with its protocol named does asyncio send at once (TCP_NODELAY); else responses wait 40 ms for the
    # client's acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
        listening.settimeout(0)
    except BaseException:
        listening.close()
        raise
    return listening
