"""Owns the reading of a request's body, up to a size."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from starlette.requests import Request

MAX_BODY_BYTES = 16 * 1024 * 1024
"""Far above any limit of the API, so that an oversized payload gets the API's own response."""


async def read_body(request: Request) -> bytes | None:
    """Return a request's body, `None` when it is larger than `MAX_BODY_BYTES`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)
