"""Owns the API's request: its query, ids and body, free of the web framework."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from functools import cached_property

import msgspec

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.response import ApiResponse, RequestRefusedError
from target_activecampaign.sandbox.state.batch import read_batch

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from target_activecampaign.sandbox.state.account import Account
    from target_activecampaign.sandbox.state.batch import Batch
    from target_activecampaign.sandbox.state.imports import Effect

    Json = Mapping[str, t.Any]
    Operation = Callable[["ApiRequest"], ApiResponse]

MAX_PAGE = 100
"""Items on a page at most (paging reference). That a higher limit is cut to this is assumed."""
DEFAULT_PAGE = 20
HIGHEST_ID = 2**63 - 1
"""The highest integer of the database."""


@dataclass(frozen=True)
class ApiRequest:
    """A request.

    Attributes:
        account: The account of the key.
        method: `GET`, `POST` and so on.
        route: The path after `/api/3`, e.g. `/contacts/901`.
        path: The parts of the path that the route names, e.g. its ids.
        query: The query's pairs in their order.
        body: The body's bytes.
        base_url: The start of links in responses.
        next_effect: Returns how faults make the next import end, `None` for no fault.
    """

    account: Account
    method: str
    route: str
    path: Mapping[str, int | str]
    query: Sequence[tuple[str, str]]
    body: bytes
    base_url: str
    next_effect: Callable[[], Effect | None] = lambda: None

    @property
    def id(self) -> int:
        """The id in the path."""
        return min(int(self.path["id"]), HIGHEST_ID)

    @cached_property
    def payload(self) -> Json:
        """The body as an object; empty when it is none.

        A body with half a surrogate pair counts as no JSON, as in PHP's `json_decode` (assumed); the database
        could not keep it.
        """
        try:
            payload = msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return {}
        return payload if isinstance(payload, dict) else {}

    @cached_property
    def batch(self) -> Batch | None:
        """The body as a batch of contacts, `None` when it does not have a batch's shape."""
        return read_batch(self.body)

    def parameter(self, name: str) -> str | None:
        """Return the last value of a query parameter, `None` when there is none."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def number(self, name: str) -> int | None:
        """Return a query parameter as an integer, `None` when it is missing or no integer."""
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
            RequestRefusedError: The body is not JSON, or has no such object: 400 (error reference: `{}` or
                `Bad Request`).
        """
        wrapped = self.payload.get(name)
        if not isinstance(wrapped, dict):
            raise RequestRefusedError(errors.BAD_REQUEST)
        return wrapped

    def add_source(self) -> int:
        """Record this request as a write to the account and return the write's id."""
        return self.account.sources.add(f"{self.method} {self.route}")

    def link(self, path: str) -> str:
        """Return the URL of a path below `/api/3`."""
        return f"{self.base_url}/api/3{path}"

    def links(self, path: str, *names: str) -> dict[str, str]:
        """Return the URLs of an item's links by name, `path` being the item's path below `/api/3`."""
        return {name: self.link(f"{path}/{name}") for name in names}


def respond(operation: Operation, request: ApiRequest) -> ApiResponse:
    """Return an operation's response, or its refusal; it refuses before it writes, so nothing is undone."""
    try:
        return operation(request)
    except RequestRefusedError as refused:
        return refused.response


def required_id(data: Json, name: str) -> int:
    """Return an id from a wrapped object, where it is a string or a number.

    Raises:
        RequestRefusedError: The id is missing or malformed: 422.
    """
    number = read_id(data.get(name))
    if number is None:
        raise RequestRefusedError(errors.missing_attribute(name))
    return number


def required_row(row: sqlite3.Row | None, kind: str, item: int) -> sqlite3.Row:
    """Return a row that was looked up by its id.

    Raises:
        RequestRefusedError: There is no row: 404, which names `kind` and `item`.
    """
    if row is None:
        raise RequestRefusedError(errors.no_result(kind, item))
    return row


def read_id(value: object) -> int | None:
    """Return an id, which is a string or a number; `None` when it is malformed or too high."""
    text = str(value)
    return int(text) if text.isdecimal() and text.isascii() and int(text) <= HIGHEST_ID else None


def text_of(value: object) -> str:
    """Return a JSON scalar as text; null is empty."""
    return "" if value is None else str(value)
