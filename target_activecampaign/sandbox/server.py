"""The sandbox as a web application: API, controls and page behind one guard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from target_activecampaign.sandbox.api.routes import ROUTES, unknown_method, unknown_path
from target_activecampaign.sandbox.controls import Controls
from target_activecampaign.sandbox.desk import PREFIX, Desk
from target_activecampaign.sandbox.guard import CONTROLS, Door, Guard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from target_activecampaign.sandbox.emulator import Emulator

PAGE = Path(__file__).with_name("page")
"""The web page's files."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def build_app(
    emulator: Emulator, cut: Callable[[tuple[str, int]], Awaitable[None]], door: Door | None = None
) -> ASGIApp:
    """Return the application that serves an emulator.

    Args:
        emulator: The state.
        cut: Ends the connection of a client, given as host and port.
        door: Who is let in; default is whoever asks by a loopback name.
    """
    routes = [*_api_routes(Desk(emulator, cut)), Mount(CONTROLS, routes=Controls(emulator).routes())]
    return Guard(Starlette(routes=[*routes, *_page_routes()]), door or Door())


def _api_routes(desk: Desk) -> list[Route]:
    paths = dict.fromkeys(path for _, path, _ in ROUTES)
    known = [Route(PREFIX + path, desk.endpoint(do), methods=[method]) for method, path, do in ROUTES]
    # A path that is known under other methods comes after all methods that are.
    others = [Route(PREFIX + path, desk.endpoint(unknown_method), methods=_METHODS) for path in paths]
    return [
        *known,
        Route(PREFIX, desk.endpoint(ROUTES[0][2]), methods=["GET"]),
        *others,
        Route(f"{PREFIX}/{{rest:path}}", desk.endpoint(unknown_path), methods=_METHODS),
    ]


def _page_routes() -> list[Route | Mount]:
    if PAGE.is_dir():
        return [Mount("/", StaticFiles(directory=PAGE, html=True))]
    return [Route("/", _say_hello)]


async def _say_hello(_request: Request) -> Response:
    return PlainTextResponse("ActiveCampaign sandbox. The API is at /api/3, controls are at /_sandbox.\n")
