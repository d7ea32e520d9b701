"""Deadlines: no request takes longer than it may, however slowly its answer drips.

A time-out of a socket starts anew with each byte, so an answer of one byte every half second would hang a run
for ever. A thread watches the requests that are in the air, and shuts the connection of one that is overdue
down: the thread that reads from it then fails at once. The watching thread ends when nothing is in the air.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t

from target_activecampaign.clock import SystemClock

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    import urllib3

_SECONDS_BETWEEN_SHUTDOWNS = 1.0  # a connection that is being made has nothing to shut down yet
_IDLE_SECONDS = 1.0


class Deadline:
    """The end of the time of one request.

    Attributes:
        is_over: Whether it has passed.
        connection: What the request uses, once it has one.
        socket: Its socket, once the request is sent: a connection that is to be closed forgets it.
    """

    def __init__(self, due: float) -> None:
        self.due = due
        self.is_over = False
        self.connection: t.Any = None
        self.socket: t.Any = None

    def pass_by(self) -> None:
        """End the request by its connection."""
        self.is_over = True
        self.due += _SECONDS_BETWEEN_SHUTDOWNS
        sock = self.socket or getattr(self.connection, "sock", None)
        if isinstance(sock, socket.socket):
            # The plain method: that of a TLS socket would take the reading thread's state away.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class Deadlines:
    """Watches requests in the air. Threads may share it."""

    def __init__(self) -> None:
        """Start without a thread."""
        self._clock = SystemClock()
        self._changed = threading.Condition()
        self._open: set[Deadline] = set()
        self._is_watching = False

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[Deadline]:
        """Give the requests of this thread a time for as long as the block lasts."""
        deadline = Deadline(self._clock.now() + seconds)
        with self._changed:
            self._open.add(deadline)
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
        _of_thread.deadline = deadline
        try:
            yield deadline
        finally:
            _of_thread.deadline = None
            with self._changed:
                self._open.discard(deadline)

    def _watch(self) -> None:
        with self._changed:
            while self._open:
                now = self._clock.now()
                for deadline in self._open:
                    if deadline.due <= now:
                        deadline.pass_by()
                soonest = min(deadline.due for deadline in self._open)
                # Requests may be begun or end meanwhile: none that is begun now is due before its own time.
                self._clock.wait_for_change(self._changed, min(_IDLE_SECONDS, soonest - now))
            self._is_watching = False


_of_thread = threading.local()


def watch_connections(manager: urllib3.PoolManager) -> None:
    """Have the connections that a manager makes tell the deadline of the request that uses them."""
    manager.pool_classes_by_scheme = {
        scheme: _watched(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _watched(pool: type[t.Any]) -> type[t.Any]:
    connection = type("WatchedConnection", (_Watched, pool.ConnectionCls), {})
    return type("WatchedPool", (pool,), {"ConnectionCls": connection})


class _Watched:
    """A connection that stands in its thread's deadline, from before it is made."""

    def connect(self) -> None:
        self._note()
        super().connect()  # type: ignore[misc]

    def request(self, *arguments: t.Any, **options: t.Any) -> None:  # noqa: ANN401 - as the library's
        self._note()
        super().request(*arguments, **options)  # type: ignore[misc]
        deadline = getattr(_of_thread, "deadline", None)
        if deadline is not None:
            deadline.socket = getattr(self, "sock", None)

    def _note(self) -> None:
        deadline = getattr(_of_thread, "deadline", None)
        if deadline is not None:
            deadline.connection = self
