"""Faults: a small language for what goes wrong, where and when. Without HTTP.

A fault is one line, `WHERE WHAT WHEN`, its words parted by blanks (quotes as in a shell)::

    POST /import/bulk_import status=503 next=3
    * status=429 header="Retry-After: 30" every=10
    GET /contacts* html after=5 next=1
    POST /contact/sync cut effect
    * delay=2.5
    import open next=1
    import fails applied=100
    import refuses=a@example.com,b@example.com

WHERE
    `import` is the next accepted import. Otherwise a path below `/api/3`, in which `*` stands for anything,
    with a method before it or not.
WHAT, for a request
    `status=CODE` answers that, with `body=TEXT` and any number of `header=NAME:VALUE`; `html` is a login
    page with status 200; `cut` ends the connection without an answer; `delay=SECONDS` (sandbox seconds)
    answers late. With `effect` the request takes effect before it is answered wrongly or cut.
WHAT, for an import
    `open` never ends; `fails` and `interrupted` end in that state after the first `applied=N` contacts
    (default 0); `refuses=ADDRESS,ADDRESS` puts these in `failure`.
WHEN
    `after=N` leaves out the first N, `every=K` strikes each K-th of the rest, `next=N` strikes N times in
    all. Without any: always.
"""

from __future__ import annotations

import shlex
import threading
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from target_activecampaign.sandbox.state.imports import Effect

if TYPE_CHECKING:
    from typing import Any

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
IMPORT = "import"
REQUEST_ACTIONS = frozenset({"status", "html", "cut", "delay"})
IMPORT_ACTIONS = frozenset({"open", "fails", "interrupted", "refuses"})
LOWEST_STATUS, HIGHEST_STATUS = 200, 599


class FaultInvalidError(ValueError):
    """A line is no fault; the message says which word."""


@dataclass(frozen=True)
class Fault:
    """A line, read.

    Attributes:
        text: The line.
        method: Which requests; `*` is any.
        path: Which paths below `/api/3`, or `import`.
        action: One of `REQUEST_ACTIONS` or `IMPORT_ACTIONS`.
        value: What stands behind the action's `=`.
        takes_effect: The request is carried out all the same.
        applied: Contacts that a failing import applies before it fails.
        after: How many are left out first.
        every: Which of the rest are struck.
        next: How many are struck in all; `None` is any number.
    """

    text: str
    method: str = "*"
    path: str = "*"
    action: str = ""
    value: str = ""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    takes_effect: bool = False
    applied: int = 0
    after: int = 0
    every: int = 1
    next: int | None = None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a line.

        Raises:
            FaultInvalidError: It is not in the language.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            message = f"{text!r}: {error}"
            raise FaultInvalidError(message) from error
        fault = cls(text)
        if words and words[0].upper() in METHODS:
            fault = replace(fault, method=words.pop(0).upper())
        if not words:
            message = (
                f"{text!r} has no path; a fault is WHERE WHAT WHEN, e.g. POST /contact/sync status=503 next=3"
            )
            raise FaultInvalidError(message)
        fault = replace(fault, path=words.pop(0).removeprefix("/api/3"))
        for word in words:
            fault = _with_word(fault, word)
        return _checked(fault)

    @property
    def is_about_imports(self) -> bool:
        """Whether imports are struck, not requests."""
        return self.path == IMPORT

    def is_about(self, method: str, route: str) -> bool:
        """Tell whether a request is one that the fault may strike; `route` is the path below `/api/3`."""
        return self.method in ("*", method) and fnmatchcase(route, self.path)

    def effect(self) -> Effect:
        """Return how an import ends that the fault strikes."""
        if self.action == "open":
            return Effect(stays_open=True)
        if self.action == "refuses":
            return Effect(refuse=tuple(self.value.split(",")))
        return Effect(status="failed" if self.action == "fails" else "interrupted", applied=self.applied)


class Faults:
    """The faults that are switched on, in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: dict[int, _Armed] = {}
        self._last_id = 0

    def add(self, text: str) -> int:
        """Switch a fault on and return its id.

        Raises:
            FaultInvalidError: The line is not in the language.
        """
        fault = Fault.parse(text)
        with self._lock:
            self._last_id += 1
            self._armed[self._last_id] = _Armed(fault)
            return self._last_id

    def remove(self, fault: int) -> bool:
        """Switch a fault off; tell whether there was one of that id."""
        with self._lock:
            return self._armed.pop(fault, None) is not None

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._armed.clear()

    def strike_request(self, method: str, route: str) -> list[Fault]:
        """Return the faults that strike this request; counts it."""
        with self._lock:
            return [
                armed.fault
                for armed in self._armed.values()
                if not armed.fault.is_about_imports
                and armed.fault.is_about(method, route)
                and armed.strikes()
            ]

    def strike_import(self) -> Effect | None:
        """Return how the import that is just accepted ends, `None` for by itself; counts it."""
        with self._lock:
            struck = [a.fault for a in self._armed.values() if a.fault.is_about_imports and a.strikes()]
        return struck[0].effect() if struck else None

    def as_list(self) -> list[dict[str, Any]]:
        """Return the faults with how often they could strike and did."""
        with self._lock:
            return [
                {"id": number, "fault": armed.fault.text, "seen": armed.seen, "struck": armed.struck}
                for number, armed in self._armed.items()
            ]


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        self.seen += 1
        turn = self.seen - self.fault.after
        if (
            turn <= 0
            or turn % self.fault.every
            or (self.fault.next is not None and self.struck >= self.fault.next)
        ):
            return False
        self.struck += 1
        return True


def _with_word(fault: Fault, word: str) -> Fault:
    name, _, value = word.partition("=")
    if name in REQUEST_ACTIONS | IMPORT_ACTIONS:
        if fault.action:
            message = f"{fault.text!r} says two things to do: {fault.action} and {name}"
            raise FaultInvalidError(message)
        return replace(fault, action=name, value=value)
    if name == "effect" and not value:
        return replace(fault, takes_effect=True)
    if name == "body":
        return replace(fault, body=value)
    if name == "header" and ":" in value:
        header, _, content = value.partition(":")
        return replace(fault, headers=(*fault.headers, (header.strip(), content.strip())))
    if name in ("applied", "after", "every", "next"):
        return _with_count(fault, name, value)
    message = f"{fault.text!r}: {word!r} is not understood"
    raise FaultInvalidError(message)


def _with_count(fault: Fault, name: str, value: str) -> Fault:
    lowest = 0 if name in ("applied", "after") else 1
    if not value.isdecimal() or int(value) < lowest:
        message = f"{fault.text!r}: {name} takes a number from {lowest}"
        raise FaultInvalidError(message)
    if name == "applied":
        return replace(fault, applied=int(value))
    if name == "after":
        return replace(fault, after=int(value))
    return replace(fault, every=int(value)) if name == "every" else replace(fault, next=int(value))


def _checked(fault: Fault) -> Fault:
    actions = IMPORT_ACTIONS if fault.is_about_imports else REQUEST_ACTIONS
    if fault.action not in actions:
        message = f"{fault.text!r}: {fault.path} takes one of {', '.join(sorted(actions))}"
        raise FaultInvalidError(message)
    if fault.action == "status" and not (
        fault.value.isdecimal() and LOWEST_STATUS <= int(fault.value) <= HIGHEST_STATUS
    ):
        message = f"{fault.text!r}: status takes a code from {LOWEST_STATUS} to {HIGHEST_STATUS}"
        raise FaultInvalidError(message)
    if fault.action == "delay" and not _is_seconds(fault.value):
        message = f"{fault.text!r}: delay takes seconds, 0 or more"
        raise FaultInvalidError(message)
    if fault.action == "refuses" and not fault.value:
        message = f"{fault.text!r}: refuses takes addresses, parted by commas"
        raise FaultInvalidError(message)
    return fault


def _is_seconds(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False
