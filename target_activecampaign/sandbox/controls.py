"""Owns the controls under `/_sandbox`, through which tests and the page operate and inspect the sandbox.

Rate limits and faults do not apply to them, and the journal leaves them out. Everything is JSON. `?account=N`
picks an account, numbered from 1, where there are several. An invalid request gets 400 `{"message": ...}`.

`GET /_sandbox/figures?seconds=120` (cheap, for polling)::

    {"account": 1, "accounts": 1, "now": 1767366000, "contacts": 812, "contactLimit": 100000,
     "lists": [{"id": 1, "name": "Customers", "subscribed": 800}],
     "imports": {"open": 0, "completed": 4, "failed": 0, "interrupted": 0},
     "series": [{"second": 1767365998, "requests": 5, "imports": 1, "refused": 0}],
     "limits": {"requestsPerSecond": 5, "importsPerMinute": 100, "singleImportsPerMinute": 20},
     "speed": 1.0, "progress": "seconds=1", "faults": [<fault>], "readings": {"window": "fixed"},
     "until": 1767366000, "since": "2026-01-02T09:50:00-05:00", "lastRequest": 4711, "resets": 0}

    `series` has the seconds that had a request, of the last `seconds` (at most 600) before `until`: that is
    now, or the last second that had one where none of these had. `since` tells from when on requests and pace
    are known; a sandbox with a file knows those of its earlier times. A limit of null is off.
    With a speed of 60 the limits allow 60 times as much in a real second. `readings` has the switches that
    are not at their default. `resets` counts how often the account started over.

`GET /_sandbox/requests?after=ID&limit=100` (newest `limit` with an id above `after`, oldest first)::

    {"last": 4711, "requests": [{"id": 4711, "at": "2026-01-02T10:00:00-05:00", "account": 1, "method": "GET",
      "path": "/api/3/contacts", "query": "limit=1", "headers": {"user-agent": "..."},
      "body": "", "bodyBytes": 0,
      "status": 200, "answer": "{...", "answerBytes": 912, "milliseconds": 1.2, "faults": []}]}

    Body and answer are cut to 4,096 bytes. `account` is null for an unknown key, `status` is null where the
    connection was cut. No key is shown. `?brief=1` leaves out headers, body and answer; `GET
    /_sandbox/requests/{id}` has one request whole (404 when the journal has dropped it).

`GET /_sandbox/imports?limit=100&offset=0` (newest first)::

    {"total": 4, "imports": [{"number": 4, "batchId": "...", "status": "completed", "contacts": 250,
      "queuedAt": "...",
      "endedAt": "...", "looks": 2, "created": 240, "updated": 8, "refused": 1, "automations": 0,
      "failures": [{"email": "a@b.example", "reason": "left the list"}]}]}

    `status` is received, waiting, claimed, active, completed, failed or interrupted; `endedAt` is null
    before the end. `looks` counts the polls of the import. `automations` counts the contacts that automations
    would have run for. `?brief=1` leaves out `failures`; `GET /_sandbox/imports/{batchId}` has one import
    whole (404 when there is none).

`GET /_sandbox/contacts?search=ada&listid=1&tagid=2&import=BATCHID&newest=1&limit=50&offset=0` (by email, or
newest first; `import` leaves those that hold a value which came with that import)::

    {"total": 812, "contacts": [{"id": 1, "email": "...", "firstName": "...", "lastName": "...",
      "phone": "...", "cdate": "...", "udate": "..."}]}

`GET /_sandbox/contacts/{id}` (404 when there is none)::

    {"id": 1, "email": "...", "cdate": "...", "udate": "...", "bounced": false,
     "source": "import 5c0e..., <date>",
     "attributes": [{"name": "firstName", "value": "Ada", "source": "..."}],
     "fields": [{"id": 1, "title": "City", "perstag": "CITY", "value": "Athens", "source": "..."}],
     "lists": [{"id": 1, "name": "Customers", "status": 1, "source": "..."}],
     "tags": [{"id": 1, "tag": "vip", "source": "..."}]}

    `source` names the write that a value came from: `seed`, `import <batchId>` or e.g. `PUT /contacts/1`.

Others:

- `GET /_sandbox/faults` `{"faults": [{"id": 1, "fault": "...", "seen": 3, "struck": 1}]}`, `POST` `{"fault":
  "..."}` switches one on and shows it in this shape, `DELETE` switches all off, `DELETE
  /_sandbox/faults/{id}` one. `seen` counts the requests that the fault could match, `struck` those that it
  matched. The language: `faults.py`.
- `GET`/`PUT /_sandbox/switches` `{"window": "fixed"}`; `GET` has `{"value", "values", "question"}` for each.
- `GET`/`PUT /_sandbox/speed` `{"speed": 60}`.
- `GET`/`PUT /_sandbox/limits`, the keys of `limits` above and `contactLimit`; a missing key leaves its limit.
- `GET`/`PUT /_sandbox/progress` `{"progress": "looks=2"}`: `at-once`, `looks=N`, `seconds=T`, `never`.
- `POST /_sandbox/settle` ends every import that a fault does not hold open, independent of the progress.
- `POST /_sandbox/reset` starts over from the seed, with faults off and an empty journal. `POST
  /_sandbox/seed` with a seed as body starts over from that one. `GET /_sandbox/snapshot?contacts=1000` shows
  the content in a seed's shape.
- `POST /_sandbox/contacts/{id}/bounce` marks an address as bounced.
"""

from __future__ import annotations

import asyncio
import typing as t

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from target_activecampaign.sandbox.control_request import MAX_ROWS, ControlRequest
from target_activecampaign.sandbox.control_shapes import (
    LIMIT_KEYS,
    shape_contact,
    shape_entry,
    shape_import,
    shape_limits,
)
from target_activecampaign.sandbox.journal import KEPT_SECONDS
from target_activecampaign.sandbox.rate_limits import LimitFigures
from target_activecampaign.sandbox.request_body import read_body
from target_activecampaign.sandbox.state.contact_detail import read_contact_detail
from target_activecampaign.sandbox.state.contact_query import ContactQuery
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.seed import SeedInvalidError
from target_activecampaign.sandbox.state.snapshot import take_snapshot
from target_activecampaign.sandbox.switches import SWITCHES

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from target_activecampaign.sandbox.emulator import Emulator

    Control = Callable[[ControlRequest], t.Any]

_INVALID = (msgspec.MsgspecError, ValueError, KeyError, TypeError, RecursionError, SeedInvalidError)
"""Errors of a control that mean an invalid request."""


class Controls:
    """The controls of an emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[Route]:
        """Return the routes below `/_sandbox`."""
        table: list[tuple[str, str, Control]] = [
            ("GET", "/figures", self._figures),
            ("GET", "/requests", self._requests),
            ("GET", "/requests/{id:int}", self._request),
            ("GET", "/imports", _imports),
            ("GET", "/imports/{batch}", _import),
            ("GET", "/contacts", _contacts),
            ("GET", "/contacts/{id:int}", _contact),
            ("POST", "/contacts/{id:int}/bounce", _bounce),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", "/faults/{id:int}", self._remove_fault),
            ("GET", "/switches", self._switches),
            ("PUT", "/switches", self._choose),
            ("GET", "/speed", self._speed),
            ("PUT", "/speed", self._set_speed),
            ("GET", "/limits", _limits),
            ("PUT", "/limits", _set_limits),
            ("GET", "/progress", _progress),
            ("PUT", "/progress", _set_progress),
            ("POST", "/settle", _settle),
            ("POST", "/reset", self._reset),
            ("POST", "/seed", self._seed),
            ("GET", "/snapshot", _snapshot),
        ]
        return [Route(path, self._endpoint(control), methods=[method]) for method, path, control in table]

    def _endpoint(self, control: Control) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            number = request.query_params.get("account", "1")
            tenant = self._emulator.tenant(int(number)) if number.isdecimal() else None
            if tenant is None:
                return JSONResponse({"message": "no such account"}, 404)
            try:
                payload = msgspec.json.decode(await read_body(request) or b"{}")
                if not isinstance(payload, dict):
                    return JSONResponse({"message": "the body must be an object"}, 400)
                # In the thread that does the account's work: meanwhile this one goes on to take requests.
                await asyncio.to_thread(tenant.account.imports.run_due)
                with tenant.account.storage.transaction():
                    shown = control(ControlRequest(request, tenant, payload))
            except _INVALID as error:
                return JSONResponse({"message": str(error)}, 400)
            return JSONResponse({"message": "no such thing"}, 404) if shown is None else JSONResponse(shown)

        return respond

    def _figures(self, request: ControlRequest) -> dict[str, t.Any]:
        tenant, now = request.tenant, self._emulator.clock.epoch_seconds()
        account, seconds = tenant.account, _seconds_back(request)
        _, last = tenant.series.ends() or (now, now)
        until = now if last > now - seconds else last
        return {
            "account": tenant.number,
            "accounts": self._emulator.count,
            "now": now,
            "contacts": len(account.contacts),
            "contactLimit": account.contact_limit,
            "lists": [
                {"id": row["id"], "name": row["name"], "subscribed": row["subscribed"]}
                for row in account.lists.all()
            ],
            "imports": {
                **dict.fromkeys(("open", "completed", "failed", "interrupted"), 0),
                **account.imports.counts(),
            },
            "series": [counts._asdict() for counts in tenant.series.since(until - seconds)],
            "until": until,
            "since": tenant.since,
            "limits": shape_limits(tenant.limits),
            "speed": self._emulator.clock.speed,
            "progress": str(account.imports.progress),
            "faults": self._emulator.faults.as_list(),
            "readings": self._emulator.switches.changed(),
            "lastRequest": self._emulator.journal.last,
            "resets": tenant.resets,
        }

    def _requests(self, request: ControlRequest) -> dict[str, t.Any]:
        journal = self._emulator.journal
        entries = journal.after(request.number("after", 0), request.limit(100))
        is_brief = request.is_on("brief")
        return {
            "last": journal.last,
            "requests": [shape_entry(entry, is_brief=is_brief) for entry in entries],
        }

    def _request(self, request: ControlRequest) -> dict[str, t.Any] | None:
        entry = self._emulator.journal.get(request.id)
        return None if entry is None else shape_entry(entry, is_brief=False)

    def _faults(self, _request: ControlRequest) -> dict[str, t.Any]:
        return {"faults": self._emulator.faults.as_list()}

    def _add_fault(self, request: ControlRequest) -> dict[str, t.Any]:
        self._emulator.faults.add(str(request.payload["fault"]))
        return self._emulator.faults.as_list()[-1]

    def _clear_faults(self, request: ControlRequest) -> dict[str, t.Any]:
        self._emulator.faults.clear()
        return self._faults(request)

    def _remove_fault(self, request: ControlRequest) -> dict[str, t.Any] | None:
        return {} if self._emulator.faults.remove(request.id) else None

    def _switches(self, _request: ControlRequest) -> dict[str, t.Any]:
        return {
            name: {
                "value": self._emulator.switches[name],
                "values": switch.values,
                "question": switch.question,
            }
            for name, switch in SWITCHES.items()
        }

    def _choose(self, request: ControlRequest) -> dict[str, str]:
        for name, value in request.payload.items():
            self._emulator.switches.choose(name, value)
        return self._emulator.switches.as_dict()

    def _speed(self, _request: ControlRequest) -> dict[str, float]:
        return {"speed": self._emulator.clock.speed}

    def _set_speed(self, request: ControlRequest) -> dict[str, float]:
        self._emulator.clock.speed = float(request.payload["speed"])
        return self._speed(request)

    def _reset(self, request: ControlRequest) -> dict[str, t.Any]:
        self._emulator.start_over(request.tenant)
        return {}

    def _seed(self, request: ControlRequest) -> dict[str, t.Any]:
        self._emulator.start_over(request.tenant, request.payload)
        return {}


def _seconds_back(request: ControlRequest) -> int:
    return min(request.number("seconds", 120), KEPT_SECONDS)


def _imports(request: ControlRequest) -> dict[str, t.Any]:
    imports, is_brief = request.tenant.account.imports, request.is_on("brief")
    rows = imports.page(request.limit(100), request.number("offset", 0))
    return {
        "total": sum(imports.counts().values()),
        "imports": [shape_import(imports, row, is_brief=is_brief) for row in rows],
    }


def _import(request: ControlRequest) -> dict[str, t.Any] | None:
    imports = request.tenant.account.imports
    row = imports.with_batch_id(request.batch_id)
    return None if row is None else shape_import(imports, row, is_brief=False)


def _contacts(request: ControlRequest) -> dict[str, t.Any]:
    query = ContactQuery(
        search=request.text("search"),
        listid=request.number("listid", 0) or None,
        tagid=request.number("tagid", 0) or None,
        source=_source_of(request),
        orders=(("id", True),) if request.is_on("newest") else (),
        limit=request.limit(50),
        offset=request.number("offset", 0),
    )
    rows, total = request.tenant.account.contacts.find(query)
    return {"total": total, "contacts": [shape_contact(row) for row in rows]}


def _source_of(request: ControlRequest) -> int | None:
    """Return the write that the contacts hold values of, `None` for any."""
    batch = request.text("import")
    return request.tenant.account.sources.of_import(batch) if batch else None


def _contact(request: ControlRequest) -> dict[str, t.Any] | None:
    return read_contact_detail(request.tenant.account, request.id)


def _bounce(request: ControlRequest) -> dict[str, t.Any] | None:
    request.tenant.account.contacts.bounce(request.id)
    return _contact(request)


def _limits(request: ControlRequest) -> dict[str, t.Any]:
    return {**shape_limits(request.tenant.limits), "contactLimit": request.tenant.account.contact_limit}


def _set_limits(request: ControlRequest) -> dict[str, t.Any]:
    payload, tenant = request.payload, request.tenant
    unknown = payload.keys() - LIMIT_KEYS.keys() - {"contactLimit"}
    if unknown:
        raise ValueError(f"no such limit: {', '.join(sorted(unknown))}")
    changed = {name: payload[key] for key, name in LIMIT_KEYS.items() if key in payload}
    if any(value is not None and not (isinstance(value, int) and value > 0) for value in changed.values()):
        raise ValueError("a limit is a number above 0, or null for none")
    if changed:
        tenant.limits.set(LimitFigures(**{**tenant.limits.figures._asdict(), **changed}))
    if "contactLimit" in payload:
        tenant.account.contact_limit = int(payload["contactLimit"])
    return _limits(request)


def _progress(request: ControlRequest) -> dict[str, str]:
    return {"progress": str(request.tenant.account.imports.progress)}


def _set_progress(request: ControlRequest) -> dict[str, str]:
    request.tenant.account.imports.progress = Progress.parse(str(request.payload["progress"]))
    return _progress(request)


def _settle(request: ControlRequest) -> dict[str, int]:
    request.tenant.account.imports.settle()
    return request.tenant.account.imports.counts()


def _snapshot(request: ControlRequest) -> dict[str, t.Any]:
    return take_snapshot(request.tenant.account, request.number("contacts", MAX_ROWS))
