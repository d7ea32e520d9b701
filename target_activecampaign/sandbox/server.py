"""The sandbox as a web application: API, controls and page behind one guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from target_activecampaign.sandbox.api.routes import ROUTES, unknown_method, unknown_path
from target_activecampaign.sandbox.controls import Controls
from target_activecampaign.sandbox.desk import PREFIX, Desk
from target_activecampaign.sandbox.guard import CONTROLS, Door, Guard
from target_activecampaign.sandbox.page_files import page_routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp

    from target_activecampaign.sandbox.emulator import Emulator

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
    return Guard(Starlette(routes=[*routes, *page_routes()]), door or Door())


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
