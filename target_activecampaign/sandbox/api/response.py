"""Owns the API's response: a status, a body and headers, free of the web framework."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from functools import cached_property

if t.TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ApiResponse:
    """A response.

    Attributes:
        body: Goes out as JSON; `bytes` go out unchanged.
    """

    status: int
    body: t.Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def encoded(self) -> bytes:
        """The body's bytes, encoded once for the journal and the client."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":")).encode()


class RequestRefusedError(Exception):
    """An operation refuses its request; carries the response to send."""

    def __init__(self, response: ApiResponse) -> None:
        super().__init__(f"status {response.status}")
        self.response = response
