"""Requests to one account: at its pace, and with every exchange kept in memory for the cassette.

Knows nothing of what is asked, and writes nothing.
"""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAUSE_SECONDS = 0.25
"""Between requests: below 5 a second (rate limits reference)."""
REQUEST_SECONDS = 60
TRIES, TRIES_OF_WHAT_MAY_PASS = 6, 3
LONGEST_WAIT_SECONDS = 61.0
"""For a minute's limit of imports to pass, and at most for what `Retry-After` says."""
RATE_LIMITED, FORBIDDEN, SERVER_ERROR = 429, 403, 500


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        body: The JSON that it held, `None` where it held none.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: t.Any
    text: str

    @property
    def is_over_limit(self) -> bool:
        """Whether a limit refused the request: 429, or the importer's 400."""
        message = self.body.get("message") if isinstance(self.body, dict) else None
        return self.status == RATE_LIMITED or message == "Rate limit exceeded."


class UnexpectedAnswerError(Exception):
    """An answer that leaves a point undecided; says which request got which status."""

    def __init__(self, answer: Answer, wanted: str) -> None:
        path = "/".join("N" if part.isdecimal() else part for part in answer.path.split("/"))
        super().__init__(f"{answer.method} {path} was answered with status {answer.status}, not {wanted}")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, and the point that it was made for."""

    point: str
    query: Mapping[str, str]
    sent: t.Any
    answer: Answer


@dataclass
class Session:
    """The door to one account.

    Args:
        url: The account's address without a path.
        key: Its key, which goes into a header and nowhere else.
        speed: Seconds of the account in one of ours; 1 but for a sandbox.
        pause_seconds: The account's seconds between requests.
        sleep: Waits for real seconds.
    """

    url: str
    key: str = field(repr=False)
    speed: float = 1.0
    pause_seconds: float = PAUSE_SECONDS
    sleep: Callable[[float], None] = time.sleep
    exchanges: list[Exchange] = field(default_factory=list, repr=False)
    point: str = ""
    _local: threading.local = field(default_factory=threading.local, repr=False)

    def get(self, path: str, **query: object) -> Answer:
        """Read, with keys of the query such as `filters[name]` in a dictionary."""
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: object) -> Answer:
        """Write."""
        return self.ask("POST", path, body=body)

    def delete(self, path: str) -> Answer:
        """Delete."""
        return self.ask("DELETE", path)

    def ask(
        self, method: str, path: str, *, query: Mapping[str, object] | None = None, body: object = None
    ) -> Answer:
        """Send a request until no limit refuses it; an answer that seems to pass is waited for as well."""
        for attempt in range(1, TRIES + 1):
            self.wait(self.pause_seconds)
            answer = self.send(method, path, query=query, body=body)
            may_pass = answer.status >= SERVER_ERROR or answer.status == FORBIDDEN
            if answer.is_over_limit:
                self.wait(_seconds_to_wait(answer))
            elif may_pass and attempt < TRIES_OF_WHAT_MAY_PASS:
                self.wait(1)
            else:
                break
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        key: str | None = None,
    ) -> Answer:
        """Send a request once, and keep the exchange."""
        asked = {name: str(value) for name, value in (query or {}).items()}
        response = self._requests().request(
            method,
            f"{self.url}/api/3{path}",
            params=asked,
            json=body,
            headers={"Api-Token": self.key if key is None else key},
            timeout=REQUEST_SECONDS,
            allow_redirects=False,  # the key is for this host alone
        )
        answer = Answer(method, path, response.status_code, response.headers, _json(response), response.text)
        self.exchanges.append(Exchange(self.point, asked, body, answer))
        return answer

    def bursts(
        self, call: tuple[str, str], at_once: int, *, times: int, gap_seconds: float = 0.0, phase: float = 0.0
    ) -> tuple[list[list[Answer]], float]:
        """Send a request at the same time over several connections, and that several times.

        Args:
            call: Method and path.
            at_once: How many requests, each over a connection that is open already.
            times: How many bursts.
            gap_seconds: From the start of a burst to that of the next.
            phase: The part of a second after which the first one starts, the last ones being forgotten.

        Returns:
            The answers of each burst, and the account's seconds from the first request to the last answer.
        """
        with ThreadPoolExecutor(at_once) as pool:
            self._open_connections(pool, at_once)
            self.wait(1.2 + (phase - self.now() - 1.2) % 1)
            started, answers = self.now(), []
            for burst in range(times):
                self.wait(max(started + burst * gap_seconds - self.now(), 0))
                answers.append(list(pool.map(lambda _: self.send(*call), range(at_once))))
            return answers, self.now() - started

    def wait(self, seconds: float) -> None:
        """Wait for seconds of the account."""
        self.sleep(seconds / self.speed)

    def now(self) -> float:
        """Return the account's seconds since some moment."""
        return time.monotonic() * self.speed

    def _open_connections(self, pool: ThreadPoolExecutor, count: int) -> None:
        """Have each thread open its connection: that takes longer than the limit's second leaves time for."""
        all_there = threading.Barrier(count)

        def open_one(_: int) -> None:
            all_there.wait(REQUEST_SECONDS)
            self._requests().get(self.url, timeout=REQUEST_SECONDS, allow_redirects=False)

        list(pool.map(open_one, range(count)))

    def _requests(self) -> requests.Session:
        """Return this thread's connection."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session


def _seconds_to_wait(answer: Answer) -> float:
    told = answer.headers.get("Retry-After", "")
    return min(float(told), LONGEST_WAIT_SECONDS) if told.isdecimal() else LONGEST_WAIT_SECONDS


def _json(response: requests.Response) -> t.Any:  # noqa: ANN401 - of any shape
    try:
        return response.json()
    except ValueError:
        return None
