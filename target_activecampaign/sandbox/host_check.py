"""Owns the host check: it admits clients that use the sandbox's own name, and no web site in a browser."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if t.TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
CONTROLS = "/_sandbox"
_HARMLESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class HostCheck:
    """Decides by a request's headers whether to serve it.

    Attributes:
        names: Host names and addresses of the sandbox. The check prevents DNS rebinding.
    """

    names: frozenset[str] = LOOPBACK_NAMES

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Return status and reason of a refusal, or `None`."""
        if not self._is_own(f"//{headers.get('host', '')}"):
            return 421, "the sandbox does not answer to this Host"
        is_sensitive = method not in _HARMLESS_METHODS or path.startswith(CONTROLS)
        origin = headers.get("origin")
        if is_sensitive and origin is not None and not self._is_same_origin(origin, headers["host"]):
            return 403, "requests from other origins are refused"
        if is_sensitive and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "requests from other sites are refused"
        return None

    def _is_own(self, url: str) -> bool:
        try:
            return urlsplit(url).hostname in self.names
        except ValueError:
            return False

    def _is_same_origin(self, origin: str, host: str) -> bool:
        return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


class HostCheckMiddleware:
    """Passes the requests that a host check admits to an application, and refuses the others."""

    def __init__(self, app: ASGIApp, check: HostCheck) -> None:
        self._app = app
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            refusal = self._check.refusal(scope["method"], scope["path"], Headers(scope=scope))
            if refusal is not None:
                status, reason = refusal
                await JSONResponse({"message": reason}, status)(scope, receive, send)
                return
        await self._app(scope, receive, send)
