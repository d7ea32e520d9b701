"""The controls under `/_sandbox`: what tests and the page steer the sandbox with and look at it through.

Never rate-limited, never struck by faults, not in the journal. Everything is JSON. `?account=N` picks an
account, counted from 1, where there are several. A request that is not understood is answered 400
`{"message": ...}`.

`GET /_sandbox/figures?seconds=120` (cheap, for polling)::

    {"account": 1, "accounts": 1, "now": 1767366000, "contacts": 812, "contactLimit": 100000,
     "lists": [{"id": 1, "name": "Customers", "subscribed": 800}],
     "imports": {"open": 0, "completed": 4, "failed": 0, "interrupted": 0},
     "series": [{"second": 1767365998, "requests": 5, "imports": 1, "refused": 0}],
     "limits": {"requestsPerSecond": 5, "importsPerMinute": 100, "singleImportsPerMinute": 20},
     "speed": 1.0, "progress": "seconds=1", "faults": [<fault>], "readings": {"window": "fixed"},
     "lastRequest": 4711, "resets": 0}

    `series` has only the seconds in which something came, of the last `seconds` (at most 600). A limit of
    null is off. With a speed of 60 the limits allow 60 times as much in a real second. `readings` has the
    switches that are not at their default. `resets` counts how often the account started over.

`GET /_sandbox/requests?after=ID&limit=100` (newest `limit` with an id above `after`, oldest first)::

    {"last": 4711, "requests": [{"id": 4711, "at": "2026-01-02T10:00:00-05:00", "account": 1, "method": "GET",
      "path": "/api/3/contacts", "query": "limit=1", "headers": {"user-agent": "..."},
      "body": "", "bodyBytes": 0,
      "status": 200, "answer": "{...", "answerBytes": 912, "milliseconds": 1.2, "faults": []}]}

    Body and answer are cut to 4,096 bytes. `account` is null for an unknown key, `status` is null where the
    connection was cut. The key is nowhere in it. `?brief=1` leaves out headers, body and answer; `GET
    /_sandbox/requests/{id}` has one request whole (404 when it is no longer kept).

`GET /_sandbox/imports?limit=100&offset=0` (newest first)::

    {"total": 4, "imports": [{"number": 4, "batchId": "...", "status": "completed", "contacts": 250,
      "queuedAt": "...",
      "endedAt": "...", "looks": 2, "created": 240, "updated": 8, "refused": 1, "automations": 0,
      "failures": [{"email": "a@b.example", "reason": "left the list"}]}]}

    `status` is received, waiting, claimed, active, completed, failed or interrupted; `endedAt` is null
    before the end. `automations` counts the contacts that automations would have run for. `?brief=1` leaves
    out `failures`; `GET /_sandbox/imports/{batchId}` has one import whole (404 when there is none).

`GET /_sandbox/contacts?search=ada&listid=1&tagid=2&newest=1&limit=50&offset=0` (by email, or newest first)::

    {"total": 812, "contacts": [{"id": 1, "email": "...", "firstName": "...", "lastName": "...",
      "phone": "...", "cdate": "...", "udate": "..."}]}

`GET /_sandbox/contacts/{id}` (404 when there is none)::

    {"id": 1, "email": "...", "cdate": "...", "udate": "...", "bounced": false,
     "source": "import 5c0e..., <date>",
     "attributes": [{"name": "firstName", "value": "Ada", "source": "..."}],
     "fields": [{"id": 1, "title": "City", "perstag": "CITY", "value": "Athens", "source": "..."}],
     "lists": [{"id": 1, "name": "Customers", "status": 1, "source": "..."}],
     "tags": [{"id": 1, "tag": "vip", "source": "..."}]}

    `source` says which write a value came from: `seed`, `import <batchId>` or e.g. `PUT /contacts/1`.

Others:

- `GET /_sandbox/faults` `{"faults": [{"id": 1, "fault": "...", "seen": 3, "struck": 1}]}`, `POST` `{"fault":
  "..."}` switches one on and answers it so, `DELETE` all off, `DELETE /_sandbox/faults/{id}` one. The
  language: `faults.py`.
- `GET`/`PUT /_sandbox/switches` `{"window": "fixed"}`; `GET` has `{"value", "values", "question"}` for each.
- `GET`/`PUT /_sandbox/speed` `{"speed": 60}`.
- `GET`/`PUT /_sandbox/limits`, the keys of `limits` above and `contactLimit`; only what is sent is changed.
- `GET`/`PUT /_sandbox/progress` `{"progress": "looks=2"}`: `at-once`, `looks=N`, `seconds=T`, `never`.
- `POST /_sandbox/settle` ends every import that a fault does not hold open, whatever the progress says.
- `POST /_sandbox/reset` starts over from the seed, with faults off and an empty journal. `POST
  /_sandbox/seed` with a seed as body starts over from that. `GET /_sandbox/snapshot?contacts=1000` is the
  content in a seed's shape.
- `POST /_sandbox/contacts/{id}/bounce` lets an address have bounced.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from target_activecampaign.sandbox.desk import read_body
from target_activecampaign.sandbox.journal import KEPT_SECONDS
from target_activecampaign.sandbox.limits import LimitFigures
from target_activecampaign.sandbox.state.contact_query import ContactQuery
from target_activecampaign.sandbox.state.portrait import draw_portrait
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.seed import SeedInvalidError
from target_activecampaign.sandbox.switches import SWITCHES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable
    from typing import Any

    from starlette.requests import Request

    from target_activecampaign.sandbox.emulator import Emulator, Tenant
    from target_activecampaign.sandbox.journal import Entry
    from target_activecampaign.sandbox.limits import Limits
    from target_activecampaign.sandbox.state.imports import Imports

    Control = Callable[["Ask"], Any]

MAX_ROWS = 1_000
_LIMIT_KEYS = {
    "requestsPerSecond": "requests_per_second",
    "importsPerMinute": "imports_per_minute",
    "singleImportsPerMinute": "single_imports_per_minute",
}


class Ask:
    """A request to a control: the tenant it is about, numbers in its query, its body."""

    def __init__(self, request: Request, tenant: Tenant, payload: dict[str, Any]) -> None:
        self.tenant = tenant
        self.payload = payload
        self._request = request

    def text(self, name: str) -> str | None:
        """Return a query parameter; empty is `None`."""
        return self._request.query_params.get(name) or None

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a number of 0 or more."""
        text = self._request.query_params.get(name, "")
        return int(text) if text.isdecimal() else default

    def is_on(self, name: str) -> bool:
        """Tell whether a query parameter is `1`."""
        return self._request.query_params.get(name) == "1"

    @property
    def id(self) -> int:
        """The id in the path."""
        return int(self._request.path_params["id"])

    @property
    def batch(self) -> str:
        """The batch id in the path."""
        return str(self._request.path_params["batch"])


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
            ("GET", "/contacts/{id:int}", lambda ask: draw_portrait(ask.tenant.account, ask.id)),
            (
                "POST",
                "/contacts/{id:int}/bounce",
                _bounce,
            ),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", "/faults/{id:int}", lambda ask: {} if self._emulator.faults.remove(ask.id) else None),
            ("GET", "/switches", self._switches),
            ("PUT", "/switches", self._choose),
            ("GET", "/speed", lambda _: {"speed": self._emulator.clock.speed}),
            ("PUT", "/speed", self._set_speed),
            ("GET", "/limits", _limits),
            ("PUT", "/limits", _set_limits),
            ("GET", "/progress", _progress),
            ("PUT", "/progress", _set_progress),
            ("POST", "/settle", _settle),
            ("POST", "/reset", lambda ask: self._start_over(ask, None)),
            ("POST", "/seed", lambda ask: self._start_over(ask, ask.payload)),
            ("GET", "/snapshot", lambda ask: ask.tenant.account.snapshot(ask.number("contacts", MAX_ROWS))),
        ]
        return [Route(path, self._endpoint(control), methods=[method]) for method, path, control in table]

    def _endpoint(self, control: Control) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            number = request.query_params.get("account", "1")
            tenant = self._emulator.tenant(int(number)) if number.isdecimal() else None
            if tenant is None:
                return JSONResponse({"message": "no such account"}, 404)
            try:
                payload = msgspec.json.decode(await read_body(request) or b"{}")
                if not isinstance(payload, dict):
                    return JSONResponse({"message": "the body must be an object"}, 400)
                # In the thread that does the account's work: meanwhile this one goes on to take requests.
                await asyncio.to_thread(tenant.account.imports.advance)
                with tenant.account.storage.transaction():
                    shown = control(Ask(request, tenant, payload))
            except (
                msgspec.MsgspecError,
                ValueError,
                KeyError,
                TypeError,
                RecursionError,
                SeedInvalidError,
            ) as error:
                return JSONResponse({"message": str(error)}, 400)
            return JSONResponse({"message": "no such thing"}, 404) if shown is None else JSONResponse(shown)

        return answer

    def _figures(self, ask: Ask) -> dict[str, Any]:
        account, now = ask.tenant.account, int(time.time())
        seconds = self._seconds_back(ask)
        return {
            "account": ask.tenant.number,
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
            "series": [entry._asdict() for entry in ask.tenant.series.since(now - seconds)],
            "limits": _shape_limits(ask.tenant.limits),
            "speed": self._emulator.clock.speed,
            "progress": str(account.imports.progress),
            "faults": self._emulator.faults.as_list(),
            "readings": self._emulator.switches.changed(),
            "lastRequest": self._emulator.journal.last,
            "resets": ask.tenant.resets,
        }

    @staticmethod
    def _seconds_back(ask: Ask) -> int:
        return min(ask.number("seconds", 120), KEPT_SECONDS)

    def _requests(self, ask: Ask) -> dict[str, Any]:
        entries = self._emulator.journal.after(
            ask.number("after", 0), min(ask.number("limit", 100), MAX_ROWS)
        )
        shape = _shape_entry_briefly if ask.is_on("brief") else _shape_entry
        return {"last": self._emulator.journal.last, "requests": [shape(entry) for entry in entries]}

    def _request(self, ask: Ask) -> dict[str, Any] | None:
        entry = self._emulator.journal.get(ask.id)
        return None if entry is None else _shape_entry(entry)

    def _faults(self, _ask: Ask) -> dict[str, Any]:
        return {"faults": self._emulator.faults.as_list()}

    def _add_fault(self, ask: Ask) -> dict[str, Any]:
        self._emulator.faults.add(str(ask.payload["fault"]))
        return self._emulator.faults.as_list()[-1]

    def _clear_faults(self, ask: Ask) -> dict[str, Any]:
        self._emulator.faults.clear()
        return self._faults(ask)

    def _switches(self, _ask: Ask) -> dict[str, Any]:
        return {
            name: {
                "value": self._emulator.switches[name],
                "values": switch.values,
                "question": switch.question,
            }
            for name, switch in SWITCHES.items()
        }

    def _choose(self, ask: Ask) -> dict[str, str]:
        for name, value in ask.payload.items():
            self._emulator.switches.choose(name, value)
        return self._emulator.switches.as_dict()

    def _set_speed(self, ask: Ask) -> dict[str, float]:
        self._emulator.clock.speed = float(ask.payload["speed"])
        return {"speed": self._emulator.clock.speed}

    def _start_over(self, ask: Ask, seed: dict[str, Any] | None) -> dict[str, Any]:
        ask.tenant.account.reset(seed)
        ask.tenant.limits.set(ask.tenant.limits.figures)
        ask.tenant.series.clear()
        ask.tenant.resets += 1
        self._emulator.faults.clear()
        self._emulator.journal.clear()
        return {}


def _imports(ask: Ask) -> dict[str, Any]:
    imports = ask.tenant.account.imports
    rows = imports.page(min(ask.number("limit", 100), MAX_ROWS), ask.number("offset", 0))
    shape = _shape_import_briefly if ask.is_on("brief") else _shape_import
    return {"total": sum(imports.counts().values()), "imports": [shape(imports, row) for row in rows]}


def _import(ask: Ask) -> dict[str, Any] | None:
    imports = ask.tenant.account.imports
    row = imports.with_batch_id(ask.batch)
    return None if row is None else _shape_import(imports, row)


def _shape_import(imports: Imports, row: sqlite3.Row) -> dict[str, Any]:
    failures = zip(json.loads(row["failure"]), json.loads(row["reasons"]), strict=True)
    return {
        **_shape_import_briefly(imports, row),
        "failures": [{"email": email, "reason": reason} for email, reason in failures],
    }


def _shape_import_briefly(imports: Imports, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "number": row["number"],
        "batchId": row["batch_id"],
        "status": imports.status_of(row),
        "contacts": row["contacts"],
        "queuedAt": row["queued_at"],
        "endedAt": row["ended_at"],
        "looks": row["looks"],
        "created": row["created"],
        "updated": row["updated"],
        "refused": row["failed"],
        "automations": row["automations"],
    }


def _contacts(ask: Ask) -> dict[str, Any]:
    query = ContactQuery(
        search=ask.text("search"),
        listid=ask.number("listid", 0) or None,
        tagid=ask.number("tagid", 0) or None,
        orders=(("id", True),) if ask.is_on("newest") else (),
        limit=min(ask.number("limit", 50), MAX_ROWS),
        offset=ask.number("offset", 0),
    )
    rows, total = ask.tenant.account.contacts.find(query)
    return {"total": total, "contacts": [_shape_contact(row) for row in rows]}


def _shape_contact(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "email": row["email"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "phone": row["phone"],
        "cdate": row["cdate"],
        "udate": row["udate"],
    }


def _shape_entry(entry: Entry) -> dict[str, Any]:
    return {
        **_shape_entry_briefly(entry),
        "headers": dict(entry.headers),
        "body": entry.body.kept,
        "answer": entry.answer.kept,
    }


def _shape_entry_briefly(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at,
        "account": entry.account,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "bodyBytes": entry.body.length,
        "status": entry.status,
        "answerBytes": entry.answer.length,
        "milliseconds": entry.milliseconds,
        "faults": entry.faults,
    }


def _shape_limits(limits: Limits) -> dict[str, int | None]:
    return {key: getattr(limits.figures, name) for key, name in _LIMIT_KEYS.items()}


def _limits(ask: Ask) -> dict[str, Any]:
    return {**_shape_limits(ask.tenant.limits), "contactLimit": ask.tenant.account.contact_limit}


def _set_limits(ask: Ask) -> dict[str, Any]:
    unknown = ask.payload.keys() - _LIMIT_KEYS.keys() - {"contactLimit"}
    if unknown:
        message = f"no such limit: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    changed = {name: ask.payload[key] for key, name in _LIMIT_KEYS.items() if key in ask.payload}
    if any(value is not None and not (isinstance(value, int) and value > 0) for value in changed.values()):
        message = "a limit is a number above 0, or null for none"
        raise ValueError(message)
    if changed:
        ask.tenant.limits.set(LimitFigures(**{**ask.tenant.limits.figures._asdict(), **changed}))
    if "contactLimit" in ask.payload:
        ask.tenant.account.contact_limit = int(ask.payload["contactLimit"])
    return _limits(ask)


def _progress(ask: Ask) -> dict[str, str]:
    return {"progress": str(ask.tenant.account.imports.progress)}


def _set_progress(ask: Ask) -> dict[str, str]:
    ask.tenant.account.imports.progress = Progress.parse(str(ask.payload["progress"]))
    return _progress(ask)


def _bounce(ask: Ask) -> dict[str, Any] | None:
    ask.tenant.account.contacts.bounce(ask.id)
    return draw_portrait(ask.tenant.account, ask.id)


def _settle(ask: Ask) -> dict[str, int]:
    ask.tenant.account.imports.settle()
    return ask.tenant.account.imports.counts()
