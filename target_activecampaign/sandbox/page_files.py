"""The web page's files, served with headers that keep what is shown from ever being run.

Owns the headers and which files there are. Knows nothing of what the page shows: that is its scripts' task.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
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
    # Only files of the sandbox, nothing inline, nowhere else, in no frame; and no string becomes markup.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Another version of the sandbox may run on the same port tomorrow.
    "Cache-Control": "no-cache",
}
_FILES = tuple(sorted(path for path in PAGE.rglob("*") if path.suffix in MEDIA_TYPES))


def page_routes() -> list[Route]:
    """Return a route for each file of the page, and `/` for the page itself. There is nothing else."""
    files = [Route(f"/{path.relative_to(PAGE).as_posix()}", _serve(path)) for path in _FILES]
    return [Route("/", _serve(PAGE / INDEX)), *files]


def _serve(path: Path) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return Response(_read(path), headers=HEADERS, media_type=MEDIA_TYPES[path.suffix])

    return answer


def _read(path: Path) -> bytes:
    """Read a file, each time anew, so that who works on the page sees changes; a small file is quick."""
    return path.read_bytes()
