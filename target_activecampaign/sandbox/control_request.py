"""Owns a request to a control: its tenant, the parameters of its query, and its body."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from starlette.requests import Request

    from target_activecampaign.sandbox.emulator import Tenant

MAX_ROWS = 1_000
"""Items in one response at most."""


class ControlRequest:
    """A request to a control."""

    def __init__(self, request: Request, tenant: Tenant, payload: dict[str, t.Any]) -> None:
        self.tenant = tenant
        self.payload = payload
        self._request = request

    def text(self, name: str) -> str | None:
        """Return a query parameter, `None` when it is missing or empty."""
        return self._request.query_params.get(name) or None

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a number of 0 or more, the default when it is none."""
        text = self._request.query_params.get(name, "")
        return int(text) if text.isdecimal() else default

    def limit(self, default: int) -> int:
        """Return the limit on items, `MAX_ROWS` at most."""
        return min(self.number("limit", default), MAX_ROWS)

    def is_on(self, name: str) -> bool:
        """Tell whether a query parameter is `1`."""
        return self._request.query_params.get(name) == "1"

    @property
    def id(self) -> int:
        """The id in the path."""
        return int(self._request.path_params["id"])

    @property
    def batch_id(self) -> str:
        """The batch id in the path."""
        return str(self._request.path_params["batch"])
