"""Owns faults: a small language for what goes wrong, where and when. Knows nothing of HTTP.

A fault is one line, `WHERE WHAT WHEN`, its words separated by blanks (quotes as in a shell)::

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
    after a method or without one.
WHAT, for a request
    `status=CODE` responds with that status, with `body=TEXT` and any number of `header=NAME:VALUE`; `html`
    responds with a login page and status 200; `cut` ends the connection without a response; `delay=SECONDS`
    (sandbox seconds) responds late. With `effect` the request takes effect before the wrong response or the
    cut.
WHAT, for an import
    `open` never ends; `fails` and `interrupted` end in that state after the first `applied=N` contacts
    (default 0); `refuses=ADDRESS,ADDRESS` puts these in `failure`.
WHEN
    `after=N` leaves out the first N, `every=K` takes each K-th of the rest, `next=N` takes N in all. Without
    any: always.
"""

from __future__ import annotations

import shlex
import threading
import typing as t
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from target_activecampaign.sandbox.state.imports import Effect

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
IMPORT = "import"
REQUEST_ACTIONS = frozenset({"status", "html", "cut", "delay"})
IMPORT_ACTIONS = frozenset({"open", "fails", "interrupted", "refuses"})
LOWEST_STATUS, HIGHEST_STATUS = 200, 599


class FaultInvalidError(ValueError):
    """A line is not in the fault language; the message names the word."""


@dataclass(frozen=True)
class Fault:
    """A parsed line.

    Attributes:
        text: The line.
        method: Method of the requests; `*` is any.
        path: Pattern of the paths below `/api/3`, or `import`.
        action: One of `REQUEST_ACTIONS` or `IMPORT_ACTIONS`.
        value: The text after the action's `=`.
        takes_effect: Whether the request takes effect all the same.
        applied: Contacts that a failing import applies first.
        after: How many are left out first.
        every: N to take each N-th of the rest.
        next: How many are taken in all; `None` is any number.
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
        """Parse a line.

        Raises:
            FaultInvalidError: The line is not in the language.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise FaultInvalidError(f"{text!r}: {error}") from error
        fault = cls(text)
        if words and words[0].upper() in METHODS:
            fault = replace(fault, method=words.pop(0).upper())
        if not words:
            raise FaultInvalidError(
                f"{text!r} has no path; a fault is WHERE WHAT WHEN, e.g. POST /contact/sync status=503 next=3"
            )
        fault = replace(fault, path=words.pop(0).removeprefix("/api/3"))
        for word in words:
            fault = _with_word(fault, word)
        return _checked(fault)

    @property
    def is_about_imports(self) -> bool:
        """Whether the fault is one of imports, not of requests."""
        return self.path == IMPORT

    def matches(self, method: str, route: str) -> bool:
        """Tell whether a request has the fault's method and path; `route` is the path below `/api/3`."""
        return self.method in ("*", method) and fnmatchcase(route, self.path)

    def effect(self) -> Effect:
        """Return the end of an import that the fault matches."""
        if self.action == "open":
            return Effect(stays_open=True)
        if self.action == "refuses":
            return Effect(refuse=tuple(self.value.split(",")))
        return Effect(status="failed" if self.action == "fails" else "interrupted", applied=self.applied)


class Faults:
    """The active faults, in the order of their activation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: dict[int, _ActiveFault] = {}
        self._last_id = 0

    def add(self, text: str) -> int:
        """Activate a fault and return its id.

        Raises:
            FaultInvalidError: The line is not in the language.
        """
        fault = Fault.parse(text)
        with self._lock:
            self._last_id += 1
            self._active[self._last_id] = _ActiveFault(fault)
            return self._last_id

    def remove(self, fault: int) -> bool:
        """Deactivate a fault by its id; tell whether it was active."""
        with self._lock:
            return self._active.pop(fault, None) is not None

    def clear(self) -> None:
        """Deactivate all faults."""
        with self._lock:
            self._active.clear()

    def match_request(self, method: str, route: str) -> list[Fault]:
        """Return the faults that take effect on a request, and count it."""
        with self._lock:
            return [
                active.fault
                for active in self._active.values()
                if not active.fault.is_about_imports
                and active.fault.matches(method, route)
                and active.matches_next()
            ]

    def match_import(self) -> Effect | None:
        """Return the end of the import that is being accepted, `None` without a fault, and count it."""
        with self._lock:
            matched = [
                a.fault for a in self._active.values() if a.fault.is_about_imports and a.matches_next()
            ]
        return matched[0].effect() if matched else None

    def as_list(self) -> list[dict[str, t.Any]]:
        """Return the faults with how many requests they could match, and how many they did."""
        with self._lock:
            return [
                {"id": number, "fault": active.fault.text, "seen": active.seen, "struck": active.matched}
                for number, active in self._active.items()
            ]


@dataclass
class _ActiveFault:
    """A fault with the requests or imports that it could match so far, and those that it did."""

    fault: Fault
    seen: int = 0
    matched: int = 0

    def matches_next(self) -> bool:
        """Count one more; tell whether `after`, `every` and `next` take it."""
        self.seen += 1
        turn = self.seen - self.fault.after
        if (
            turn <= 0
            or turn % self.fault.every
            or (self.fault.next is not None and self.matched >= self.fault.next)
        ):
            return False
        self.matched += 1
        return True


def _with_word(fault: Fault, word: str) -> Fault:
    name, _, value = word.partition("=")
    if name in REQUEST_ACTIONS | IMPORT_ACTIONS:
        if fault.action:
            raise FaultInvalidError(f"{fault.text!r} says two things to do: {fault.action} and {name}")
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
    raise FaultInvalidError(f"{fault.text!r}: {word!r} is not understood")


def _with_count(fault: Fault, name: str, value: str) -> Fault:
    lowest = 0 if name in ("applied", "after") else 1
    if not value.isdecimal() or int(value) < lowest:
        raise FaultInvalidError(f"{fault.text!r}: {name} takes a number from {lowest}")
    if name == "applied":
        return replace(fault, applied=int(value))
    if name == "after":
        return replace(fault, after=int(value))
    return replace(fault, every=int(value)) if name == "every" else replace(fault, next=int(value))


def _checked(fault: Fault) -> Fault:
    actions = IMPORT_ACTIONS if fault.is_about_imports else REQUEST_ACTIONS
    if fault.action not in actions:
        raise FaultInvalidError(f"{fault.text!r}: {fault.path} takes one of {', '.join(sorted(actions))}")
    if fault.action == "status" and not (
        fault.value.isdecimal() and LOWEST_STATUS <= int(fault.value) <= HIGHEST_STATUS
    ):
        raise FaultInvalidError(
            f"{fault.text!r}: status takes a code from {LOWEST_STATUS} to {HIGHEST_STATUS}"
        )
    if fault.action == "delay" and not _is_seconds(fault.value):
        raise FaultInvalidError(f"{fault.text!r}: delay takes seconds, 0 or more")
    if fault.action == "refuses" and not fault.value:
        raise FaultInvalidError(f"{fault.text!r}: refuses takes addresses, parted by commas")
    return fault


def _is_seconds(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False
