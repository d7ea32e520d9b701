"""Owns the serving of the page's files, with headers that keep shown data from ever being run.

Knows nothing of the page's content: that is its scripts' task.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Route

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

PAGE = Path(__file__).with_name("page")
INDEX = "index.html"
MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
HEADERS = {
    # Load only files of the sandbox and nothing inline, show in no frame, and turn no string into markup.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Another version of the sandbox may run on the same port later.
    "Cache-Control": "no-cache",
}
_FILES = tuple(sorted(path for path in PAGE.rglob("*") if path.suffix in MEDIA_TYPES))


def page_routes() -> list[Route]:
    """Return a route for each file of the page, and `/` for the page itself; nothing else is served."""
    files = [Route(f"/{path.relative_to(PAGE).as_posix()}", _serve(path)) for path in _FILES]
    return [Route("/", _serve(PAGE / INDEX)), *files]


def _serve(path: Path) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_request: Request) -> Response:
        return Response(_read(path), headers=HEADERS, media_type=MEDIA_TYPES[path.suffix])

    return respond


def _read(path: Path) -> bytes:
    """Read a file for each request, so that changes to the page show at once; the files are small."""
    return path.read_bytes()
