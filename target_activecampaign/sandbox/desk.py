"""What happens to an API request until it is answered: key, faults, limits, operation, journal.

Limits count a request as it arrives, in the server's own thread. The account's work is done in another, in
the order of arrival: an import takes milliseconds, and with the sandbox's time running 60 times faster,
requests that waited for one in front of the limits would come to them in clumps that the client did not
send. An answer that does not depend on the imports that are due does not wait for them either: they are
carried out behind it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.responses import Response

from target_activecampaign.sandbox.api import bulk, errors
from target_activecampaign.sandbox.api.call import Answer, Call, Refusal
from target_activecampaign.sandbox.api.routes import BULK_IMPORT
from target_activecampaign.sandbox.journal import Entry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from target_activecampaign.sandbox.api.call import Operation
    from target_activecampaign.sandbox.emulator import Emulator, Tenant
    from target_activecampaign.sandbox.faults import Fault

PREFIX = "/api/3"
MAX_BODY_BYTES = 16 * 1024 * 1024
"""Far above any limit of the API, so that too large a payload gets the API's own answer."""
SHOWN_HEADERS = ("content-type", "user-agent")
TOO_LARGE = Answer(413, {"message": "Payload Too Large"})
FAILED = Answer(500, {"message": "Internal Server Error"})

logger = logging.getLogger(__name__)


class Desk:
    """Answers API requests for an emulator.

    Args:
        emulator: The state.
        cut: Ends the connection of a client, given as host and port, and returns once it is gone.
    """

    def __init__(self, emulator: Emulator, cut: Callable[[tuple[str, int]], Awaitable[None]]) -> None:
        self._emulator = emulator
        self._cut = cut
        self._catching_up: dict[int, asyncio.Task[None]] = {}

    def endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        """Return the web framework's endpoint of an operation."""

        async def answer(request: Request) -> Response:
            return await self._serve(request, operation)

        return answer

    async def _serve(self, request: Request, operation: Operation) -> Response:
        visit = await self._receive(request)
        await self._delay(visit.faults)
        answer = await self._answer(visit, operation)
        self._note(visit, answer)
        if answer is None:
            await self._cut((request.client.host, request.client.port) if request.client else ("", 0))
            return _Silence()
        return Response(answer.encoded, answer.status, {"content-type": "application/json", **answer.headers})

    async def _receive(self, request: Request) -> _Visit:
        started = time.perf_counter()
        body = await read_body(request)
        route = request.url.path.removeprefix(PREFIX) or "/"
        tenant = self._emulator.tenant_with(request.headers.get("api-token"))
        return _Visit(
            request, started, body, route, tenant, self._emulator.faults.strike_request(request.method, route)
        )

    async def _delay(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            if fault.action == "delay":
                await asyncio.sleep(self._emulator.clock.real_seconds(float(fault.value)))

    async def _answer(self, visit: _Visit, operation: Operation) -> Answer | None:
        """Return the answer, `None` to cut the connection."""
        fault = next((fault for fault in visit.faults if fault.action != "delay"), None)
        if fault is not None and not fault.takes_effect:
            return _answer_of(fault)
        if visit.body is None:
            return TOO_LARGE
        if visit.tenant is None:
            return self._unknown_key()
        call = Call(
            visit.tenant.account,
            visit.request.method,
            visit.route,
            visit.request.path_params,
            visit.request.query_params.multi_items(),
            visit.body,
            str(visit.request.base_url).rstrip("/"),
            self._emulator.faults.strike_import,
        )
        answer = await self._carry_out(call, operation, visit.tenant)
        return answer if fault is None else _answer_of(fault)

    def _unknown_key(self) -> Answer:
        readings = {"403": errors.FORBIDDEN, "401": errors.UNAUTHORIZED, "login-page": errors.LOGIN_PAGE}
        return readings[self._emulator.switches["unknown-key"]]

    async def _carry_out(self, call: Call, operation: Operation, tenant: Tenant) -> Answer:
        is_import = call.method == "POST" and call.route == BULK_IMPORT
        refusal = self._refuse(call, tenant, is_import=is_import)
        if refusal is None:
            answer, is_behind = await asyncio.to_thread(_work, call, operation, tenant)
        else:
            answer, is_behind = refusal, False
        tenant.series.count(
            int(time.time()),
            is_import=is_import and answer.status == 200,  # noqa: PLR2004 - HTTP's OK
            is_refused=refusal is not None,
        )
        if is_behind and tenant.number not in self._catching_up:
            self._catching_up[tenant.number] = asyncio.create_task(self._catch_up(tenant))
        return self._with_limit_headers(answer, tenant)

    async def _catch_up(self, tenant: Tenant) -> None:
        """Carry out the imports that are due, one at a time, so that requests come in between."""
        while await asyncio.to_thread(_advance, tenant):
            pass
        del self._catching_up[tenant.number]

    def _refuse(self, call: Call, tenant: Tenant, *, is_import: bool) -> Answer | None:
        """Count the call against the limits, or return the answer that refuses it."""
        clock, switches, limits = self._emulator.clock, self._emulator.switches, tenant.limits
        now, is_fixed = clock.seconds(), switches["window"] == "fixed"
        if not is_import or switches["bulk-counts"] == "yes":
            wait = limits.requests.wait(now, is_fixed=is_fixed)
            if wait > 0:
                return errors.too_many_requests(max(math.ceil(clock.real_seconds(wait)), 1))
            limits.requests.admit(now)
        if is_import:
            window = limits.imports_of(bulk.count_contacts(call))
            if window.wait(now, is_fixed=is_fixed) > 0:
                return bulk.over_limit(window.limit or 0)
            window.admit(now)
        return None

    def _with_limit_headers(self, answer: Answer, tenant: Tenant) -> Answer:
        limit = tenant.limits.requests.limit
        if limit is None or self._emulator.switches["limit-headers"] == "never":
            return answer
        remaining = tenant.limits.requests.remaining()
        headers = {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining)}
        return replace(answer, headers={**answer.headers, **headers})

    def _note(self, visit: _Visit, answer: Answer | None) -> None:
        journal, request = self._emulator.journal, visit.request
        query = request.query_params.multi_items()
        journal.add(
            Entry(
                journal.next_id(),
                self._emulator.clock.date(),
                visit.tenant.number if visit.tenant else None,
                request.method,
                request.url.path,
                "&".join(f"{name}={_masked(name, value)}" for name, value in query),
                {name: request.headers[name] for name in SHOWN_HEADERS if name in request.headers},
                journal.cut_text(visit.body or b""),
                None if answer is None else answer.status,
                journal.cut_text(b"" if answer is None else answer.encoded),
                round((time.perf_counter() - visit.started) * 1000, 2),
                tuple(fault.text for fault in visit.faults),
            )
        )


@dataclass(frozen=True)
class _Visit:
    """A request as it arrived; `started` is in real seconds, a body of `None` was too large."""

    request: Request
    started: float
    body: bytes | None
    route: str
    tenant: Tenant | None
    faults: Sequence[Fault]


class _Silence(Response):
    """Sends nothing: the connection is gone."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Do nothing."""


def _work(call: Call, operation: Operation, tenant: Tenant) -> tuple[Answer, bool]:
    """Let the account do the operation, and what is due before it where that matters to the answer.

    Returns:
        The answer, and whether imports are due.
    """
    imports = tenant.account.imports
    try:
        with tenant.account.storage.transaction():
            if operation in bulk.NOT_ABOUT_THE_REST:
                return operation(call), imports.is_behind()
            imports.advance()
            return operation(call), False
    except Refusal as refused:
        return refused.answer, False
    except Exception:
        logger.exception("the sandbox failed at %s %s", call.method, call.route)
        tenant.account.fields.forget_kinds()
        return FAILED, False


def _advance(tenant: Tenant) -> bool:
    """Carry out one import that is due; tell whether more are."""
    try:
        tenant.account.imports.advance_by_one()
        return tenant.account.imports.is_behind()
    except Exception:
        logger.exception("the sandbox failed at an import")
        tenant.account.fields.forget_kinds()
        return False


async def read_body(request: Request) -> bytes | None:
    """Return a request's body, `None` when it is larger than anybody has reason to send."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _answer_of(fault: Fault) -> Answer | None:
    if fault.action == "cut":
        return None
    if fault.action == "html":
        return replace(errors.LOGIN_PAGE, headers={**errors.LOGIN_PAGE.headers, **dict(fault.headers)})
    body = fault.body.encode() if fault.body else {"message": "a fault of the sandbox"}
    return Answer(int(fault.value), body, dict(fault.headers))


def _masked(name: str, value: str) -> str:
    return "***" if name.lower().replace("_", "-") in ("api-key", "api-token") else value
