"""Owns the handling of an API request: key, faults, rate limits, operation, journal.

The server's own thread counts a request against the limits as it arrives. Another thread does the account's
work, in the order of arrival: an import takes milliseconds, and with the sandbox's time running 60 times
faster, requests that waited for one in front of the limits would reach them in clumps that the client did not
send. A response that does not depend on the due imports does not wait for them either: they run after it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import typing as t
from dataclasses import dataclass, replace

from starlette.responses import Response

from target_activecampaign.sandbox.api import bulk, errors
from target_activecampaign.sandbox.api.request import ApiRequest, respond
from target_activecampaign.sandbox.api.response import ApiResponse
from target_activecampaign.sandbox.api.routes import BULK_IMPORT
from target_activecampaign.sandbox.journal import Entry
from target_activecampaign.sandbox.request_body import read_body

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from target_activecampaign.sandbox.api.request import Operation
    from target_activecampaign.sandbox.emulator import Emulator, Tenant
    from target_activecampaign.sandbox.faults import Fault

PREFIX = "/api/3"
SHOWN_HEADERS = ("content-type", "user-agent")
TOO_LARGE = ApiResponse(413, {"message": "Payload Too Large"})
FAILED = ApiResponse(500, {"message": "Internal Server Error"})

logger = logging.getLogger(__name__)


class RequestHandler:
    """Handles API requests for an emulator.

    Args:
        emulator: The state.
        cut: Ends the connection of a client, given as host and port, and returns once it is gone.
    """

    def __init__(self, emulator: Emulator, cut: Callable[[tuple[str, int]], Awaitable[None]]) -> None:
        self._emulator = emulator
        self._cut = cut
        self._running_due: dict[int, asyncio.Task[None]] = {}

    def endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        """Return the web framework's endpoint of an operation."""

        async def respond(request: Request) -> Response:
            return await self._handle(request, operation)

        return respond

    async def _handle(self, request: Request, operation: Operation) -> Response:
        received = await self._receive(request)
        await self._delay(received.faults)
        response = await self._respond(received, operation)
        self._record(received, response)
        if response is None:
            await self._cut((request.client.host, request.client.port) if request.client else ("", 0))
            return _NoResponse()
        headers = {"content-type": "application/json", **response.headers}
        return Response(response.encoded, response.status, headers)

    async def _receive(self, request: Request) -> _Received:
        started = self._emulator.clock.monotonic_seconds()
        body = await read_body(request)
        route = request.url.path.removeprefix(PREFIX) or "/"
        tenant = self._emulator.tenant_with(request.headers.get("api-token"))
        faults = self._emulator.faults.match_request(request.method, route)
        return _Received(request, started, body, route, tenant, faults)

    async def _delay(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            if fault.action == "delay":
                await asyncio.sleep(self._emulator.clock.real_seconds(float(fault.value)))

    async def _respond(self, received: _Received, operation: Operation) -> ApiResponse | None:
        """Return the response, `None` to cut the connection."""
        fault = next((fault for fault in received.faults if fault.action != "delay"), None)
        if fault is not None and not fault.takes_effect:
            return _response_of(fault)
        if received.body is None:
            return TOO_LARGE
        if received.tenant is None:
            return self._unknown_key()
        request = ApiRequest(
            received.tenant.account,
            received.request.method,
            received.route,
            received.request.path_params,
            received.request.query_params.multi_items(),
            received.body,
            str(received.request.base_url).rstrip("/"),
            self._emulator.faults.match_import,
        )
        response = await self._limit_and_execute(request, operation, received.tenant)
        return response if fault is None else _response_of(fault)

    def _unknown_key(self) -> ApiResponse:
        readings = {"403": errors.FORBIDDEN, "401": errors.UNAUTHORIZED, "login-page": errors.LOGIN_PAGE}
        return readings[self._emulator.switches["unknown-key"]]

    async def _limit_and_execute(
        self, request: ApiRequest, operation: Operation, tenant: Tenant
    ) -> ApiResponse:
        is_import = request.method == "POST" and request.route == BULK_IMPORT
        second = self._emulator.clock.epoch_seconds()  # of the admission, as the limits count
        refusal = self._refuse_over_limit(request, tenant, is_import=is_import)
        if refusal is None:
            response, has_due = await asyncio.to_thread(_execute, request, operation, tenant)
        else:
            response, has_due = refusal, False
        tenant.series.count(
            second,
            is_import=is_import and response.status == 200,  # noqa: PLR2004 - HTTP's OK
            is_refused=refusal is not None,
        )
        if has_due and tenant.number not in self._running_due:
            self._running_due[tenant.number] = asyncio.create_task(self._run_due(tenant))
        return self._with_limit_headers(response, tenant)

    async def _run_due(self, tenant: Tenant) -> None:
        """Run the due imports one at a time, so that requests come in between."""
        while await asyncio.to_thread(_run_one_due, tenant):
            pass
        del self._running_due[tenant.number]

    def _refuse_over_limit(
        self, request: ApiRequest, tenant: Tenant, *, is_import: bool
    ) -> ApiResponse | None:
        """Count the request against the limits, or return the response that refuses it."""
        clock, switches, limits = self._emulator.clock, self._emulator.switches, tenant.limits
        now, is_fixed = clock.seconds(), switches["window"] == "fixed"
        if not is_import or switches["bulk-counts"] == "yes":
            wait = limits.requests.wait(now, is_fixed=is_fixed)
            if wait > 0:
                return errors.too_many_requests(max(math.ceil(clock.real_seconds(wait)), 1))
            limits.requests.admit(now)
        if is_import:
            window = limits.imports_of(bulk.count_contacts(request))
            if window.wait(now, is_fixed=is_fixed) > 0:
                return bulk.over_limit(window.limit or 0)
            window.admit(now)
        return None

    def _with_limit_headers(self, response: ApiResponse, tenant: Tenant) -> ApiResponse:
        limit = tenant.limits.requests.limit
        if limit is None or self._emulator.switches["limit-headers"] == "never":
            return response
        remaining = tenant.limits.requests.remaining()
        headers = {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining)}
        return replace(response, headers={**response.headers, **headers})

    def _record(self, received: _Received, response: ApiResponse | None) -> None:
        journal, clock, request = self._emulator.journal, self._emulator.clock, received.request
        query = request.query_params.multi_items()
        journal.add(
            Entry(
                journal.next_id(),
                clock.date(),
                received.tenant.number if received.tenant else None,
                request.method,
                request.url.path,
                "&".join(f"{name}={_masked(name, value)}" for name, value in query),
                {name: request.headers[name] for name in SHOWN_HEADERS if name in request.headers},
                journal.excerpt(received.body or b""),
                None if response is None else response.status,
                journal.excerpt(b"" if response is None else response.encoded),
                round((clock.monotonic_seconds() - received.started) * 1000, 2),
                tuple(fault.text for fault in received.faults),
            )
        )


@dataclass(frozen=True)
class _Received:
    """A request as it arrived.

    Attributes:
        started: Real seconds.
        body: `None` when it was too large.
    """

    request: Request
    started: float
    body: bytes | None
    route: str
    tenant: Tenant | None
    faults: Sequence[Fault]


class _NoResponse(Response):
    """Sends nothing, since the connection is gone."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Do nothing."""


def _execute(request: ApiRequest, operation: Operation, tenant: Tenant) -> tuple[ApiResponse, bool]:
    """Run an operation on the account, after the due imports where the response depends on them.

    Returns:
        The response, and whether imports are due.
    """
    imports = tenant.account.imports
    try:
        with tenant.account.storage.transaction():
            if operation in bulk.INDEPENDENT_OF_DUE_IMPORTS:
                return respond(operation, request), imports.has_due()
            imports.run_due()
            return respond(operation, request), False
    except Exception:
        logger.exception("the sandbox failed at %s %s", request.method, request.route)
        tenant.account.fields.forget_definitions()
        return FAILED, False


def _run_one_due(tenant: Tenant) -> bool:
    """Run one due import; tell whether more are due."""
    try:
        tenant.account.imports.run_one_due()
        return tenant.account.imports.has_due()
    except Exception:
        logger.exception("the sandbox failed at an import")
        tenant.account.fields.forget_definitions()
        return False


def _response_of(fault: Fault) -> ApiResponse | None:
    """Return the response of a fault, `None` to cut the connection."""
    if fault.action == "cut":
        return None
    if fault.action == "html":
        return replace(errors.LOGIN_PAGE, headers={**errors.LOGIN_PAGE.headers, **dict(fault.headers)})
    body = fault.body.encode() if fault.body else {"message": "a fault of the sandbox"}
    return ApiResponse(int(fault.value), body, dict(fault.headers))


def _masked(name: str, value: str) -> str:
    return "***" if name.lower().replace("_", "-") in ("api-key", "api-token") else value
