"""A small server on the loopback address, for the faults that the sandbox does not have."""

from __future__ import annotations

import contextlib
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if t.TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    Reply: t.TypeAlias = Callable[["Handler"], None]


A_USER = b'{"user": {"id": "1", "username": "ola"}}'
"""What `users/me` answers to a good key."""


class Handler(BaseHTTPRequestHandler):
    """Keeps each request and replies as the test says."""

    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    body: bytes

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length)
        self.server.bodies.append(self.body)
        self.server.received.append((self.command, self.path, dict(self.headers)))
        self.server.reply(self)

    do_POST = do_GET  # noqa: N815 - the name that the standard library asks for

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """Send an answer; underscores in names of headers stand for hyphens."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class LoopbackServer(ThreadingHTTPServer):
    """Keeps method, path and headers of what it received, and the bodies."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, reply: Reply, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.received: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.ended = threading.Event()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_address[1]}"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """A client that goes away is no news."""


@contextlib.contextmanager
def serve_replies(reply: Reply, tls: ssl.SSLContext | None = None) -> Iterator[LoopbackServer]:
    """Serve for the length of a block. `server.ended` is set at its end, for replies that hang."""
    with LoopbackServer(reply, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
