"""Owns the sandbox's web application: API, controls and page behind one host check."""

from __future__ import annotations

import typing as t

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from target_activecampaign.sandbox.api.not_emulated import (
    VERSION_1,
    VERSION_1_PATH,
    unknown_method,
    unknown_path,
)
from target_activecampaign.sandbox.api.routes import ROUTES
from target_activecampaign.sandbox.controls import Controls
from target_activecampaign.sandbox.host_check import CONTROLS, HostCheck, HostCheckMiddleware
from target_activecampaign.sandbox.page_files import page_routes
from target_activecampaign.sandbox.request_handler import PREFIX, RequestHandler

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from target_activecampaign.sandbox.emulator import Emulator

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def build_app(
    emulator: Emulator, cut: Callable[[tuple[str, int]], Awaitable[None]], check: HostCheck
) -> ASGIApp:
    """Return the application that serves an emulator.

    Args:
        emulator: The state.
        cut: Ends the connection of a client, given as host and port.
        check: Admits or refuses requests.
    """
    handler = RequestHandler(emulator, cut)
    controls = Mount(CONTROLS, routes=Controls(emulator).routes())
    return HostCheckMiddleware(Starlette(routes=[*_api_routes(handler), controls, *page_routes()]), check)


def _api_routes(handler: RequestHandler) -> list[Route]:
    paths = dict.fromkeys(path for _, path, _ in ROUTES)
    known = [Route(PREFIX + path, handler.endpoint(do), methods=[method]) for method, path, do in ROUTES]
    # The refusal of a path's other methods comes after the methods that the path takes.
    others = [Route(PREFIX + path, handler.endpoint(unknown_method), methods=_METHODS) for path in paths]
    return [
        *known,
        Route(PREFIX, handler.endpoint(ROUTES[0][2]), methods=["GET"]),
        *others,
        Route(f"{PREFIX}/{{rest:path}}", handler.endpoint(unknown_path), methods=_METHODS),
        Route(VERSION_1_PATH, _refuse_version_1, methods=_METHODS),
    ]


async def _refuse_version_1(_request: Request) -> Response:
    """Refuse a request for API v1, whatever its key, which stands in its query or its body."""
    return Response(VERSION_1.encoded, VERSION_1.status, media_type="application/json")
