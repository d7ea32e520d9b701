"""A call to the API and its answer, free of the web framework."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from target_activecampaign.sandbox.state.batch import read_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from target_activecampaign.sandbox.account import Account
    from target_activecampaign.sandbox.state.batch import Batch
    from target_activecampaign.sandbox.state.imports import Effect

    Json = Mapping[str, Any]
    Operation = Callable[["Call"], "Answer"]

MAX_PAGE = 100
"""Items on a page at most (paging reference). That more is cut to this is assumed."""
DEFAULT_PAGE = 20
HIGHEST_ID = 2**63 - 1
"""What the database can hold."""


class Refusal(Exception):  # noqa: N818 - it is an answer of the API, not a failure of the sandbox
    """Ends a call with an answer that refuses it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"status {answer.status}")
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, a body to be written as JSON (`bytes` go as they are), and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def encoded(self) -> bytes:
        """The body's bytes; journal and client get the same."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        account: Whose key it came with.
        method: `GET`, `POST` and so on.
        route: The path after `/api/3`, e.g. `/contacts/901`.
        path: The ids in the path.
        query: The query's pairs in their order.
        body: The body's bytes.
        base_url: What links in answers begin with.
        effects: Says how faults make the next import end.
    """

    account: Account
    method: str
    route: str
    path: Mapping[str, int]
    query: Sequence[tuple[str, str]]
    body: bytes
    base_url: str
    effects: Callable[[], Effect | None] = lambda: None

    @property
    def id(self) -> int:
        """The id in the path."""
        return min(self.path["id"], HIGHEST_ID)

    @cached_property
    def payload(self) -> Json:
        """The body as an object; empty when it is none.

        Half a surrogate pair makes it none, as for PHP's `json_decode` (assumed); nor could it be kept.
        """
        try:
            payload = msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return {}
        return payload if isinstance(payload, dict) else {}

    @cached_property
    def batch(self) -> Batch | None:
        """The body as a batch of contacts, `None` when it does not have the shape of one."""
        return read_batch(self.body)

    def parameter(self, name: str) -> str | None:
        """Return the last value of a query parameter, `None` when there is none."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def number(self, name: str) -> int | None:
        """Return a query parameter as an integer; what is none, or missing, is `None`."""
        text = self.parameter(name) or ""
        number = read_id(text.removeprefix("-"))
        return -number if number is not None and text.startswith("-") else number

    def page(self) -> tuple[int, int]:
        """Return the page's limit and offset."""
        limit, offset = self.number("limit"), self.number("offset")
        return min(DEFAULT_PAGE if limit is None else max(limit, 0), MAX_PAGE), max(offset or 0, 0)

    def bracketed(self, name: str) -> list[tuple[str, str, str]]:
        """Return the parameters written `name[key]` or `name[key][operator]` as key, operator, value."""
        found = []
        for parameter, value in self.query:
            if parameter.startswith(f"{name}[") and parameter.endswith("]"):
                key, _, operator = parameter[len(name) + 1 : -1].partition("][")
                found.append((key, operator, value))
        return found

    def object(self, name: str) -> Json:
        """Return the object that the body wraps under `name`.

        Raises:
            Refusal: The body is not JSON, or has no such object: 400 (error reference: `{}` or `Bad
                Request`).
        """
        wrapped = self.payload.get(name)
        if not isinstance(wrapped, dict):
            raise Refusal(Answer(400, {"errors": [{"status": 400, "title": "Bad Request"}]}))
        return wrapped

    def source(self) -> int:
        """Note this call as a write to the account and return the write's id."""
        return self.account.sources.new(f"{self.method} {self.route}")

    def link(self, path: str) -> str:
        """Return the URL of a path below `/api/3`."""
        return f"{self.base_url}/api/3{path}"


def required_id(data: Json, name: str, answer: Callable[[str], Answer]) -> int:
    """Return an id, sent as a string or a number, from a wrapped object.

    Raises:
        Refusal: It is missing or no id; with what `answer` makes of the name.
    """
    number = read_id(data.get(name))
    if number is None:
        raise Refusal(answer(name))
    return number


def read_id(value: object) -> int | None:
    """Return an id, sent as a string or a number; `None` for what is none."""
    text = str(value)
    return int(text) if text.isdecimal() and text.isascii() and int(text) <= HIGHEST_ID else None


def text_of(value: object) -> str:
    """Return a JSON scalar as text; null is empty."""
    return "" if value is None else str(value)
