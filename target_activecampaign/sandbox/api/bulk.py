"""Owns `import/bulk_import` and `import/info` (bulk importer, import status and import list references)."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api.response import ApiResponse
from target_activecampaign.sandbox.state.batch import (
    MAX_BATCH_BYTES,
    MAX_CONTACTS,
    KnownIds,
    find_problems,
    is_acceptable,
)

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import ApiRequest
    from target_activecampaign.sandbox.state.imports import DayTotals

REFUSED = (
    "JSON payload did not pass validation. Please fix failure Reasons and retry. "
    "The import was not queued for processing."
)


def count_contacts(request: ApiRequest) -> int:
    """Return how many contacts a request holds, for its rate limit; 0 when the body is malformed."""
    if request.batch is not None:
        return len(request.batch.contacts)
    contacts = request.payload.get("contacts")
    return len(contacts) if isinstance(contacts, list) else 0


def submit_import(request: ApiRequest) -> ApiResponse:
    """Handle `POST /import/bulk_import`: 200 means queued, not done; 400 refuses the whole batch."""
    if len(request.body) > MAX_BATCH_BYTES:
        return _refused([f"The payload must be less than 400K bytes, this one has {len(request.body)}"])
    batch, account = request.batch, request.account
    known = KnownIds(frozenset(account.fields.definitions()), account.lists.ids())
    if batch is None or not is_acceptable(batch, account.switches, known):
        return _refused(_reasons(request, known))
    batch_id = account.imports.accept(batch, request.body, request.next_effect())
    key = account.switches["success-key"]
    return ApiResponse(
        200,
        {
            key: 1,
            "queued_contacts": len(batch.contacts),
            "batchId": batch_id,
            "message": "Contact import queued",
        },
    )


def show_import(request: ApiRequest) -> ApiResponse:
    """Handle `GET /import/info?batchId=`."""
    batch_id = request.parameter("batchId")
    if not batch_id:
        return ApiResponse(400, {"success": 0, "message": "'batchId' is a required field."})
    info = request.account.imports.poll(batch_id)
    switches = request.account.switches
    if info is None:
        return _unknown_batch(batch_id, switches["unknown-batch"])
    status: str | bool = info.status
    if status == "received":
        status = False if switches["early-status"] == "false" else "waiting"
    return ApiResponse(200, {"status": status, "success": info.success, "failure": info.failure})


def list_imports(request: ApiRequest) -> ApiResponse:
    """Handle `GET /import/bulk_import`: totals by day, as strings."""
    imports = request.account.imports
    return ApiResponse(
        200,
        {
            "outstanding": [_shape_day(day) for day in imports.outstanding()],
            "recentlyCompleted": [_shape_day(day) for day in imports.recently_completed()],
        },
    )


INDEPENDENT_OF_DUE_IMPORTS = frozenset({submit_import, show_import})
"""Operations that need not run every due import first; a poll runs the ones that it depends on."""


def over_limit(limit: int) -> ApiResponse:
    """Return the 400 (not 429) for too many imports; that single contacts have another figure is assumed."""
    reason = (
        f"Up to {limit} imports may be requested per minute."
        "Please batch contacts into larger requests, or retry this request in a minute."
    )
    return ApiResponse(400, {"success": 0, "message": "Rate limit exceeded.", "failureReasons": [reason]})


def _reasons(request: ApiRequest, known: KnownIds) -> list[t.Any]:
    """Return the reasons for which a batch is refused."""
    payload = request.payload
    contacts = payload.get("contacts")
    if not payload:
        return ["Invalid or unparsable json"]
    if not isinstance(contacts, list) or not contacts:
        return ["'contacts' must be an array of at least one contact"]
    if len(contacts) > MAX_CONTACTS:
        return [f"Up to {MAX_CONTACTS} contacts may be imported at once"]
    callback = payload.get("callback")
    if callback is not None and not (isinstance(callback, dict) and callback.get("url")):
        return ["'callback' must be an object with a url"]
    switches = request.account.switches
    first = 1 if switches["positions"] == "from-one" else 0
    return [
        {"contact": problem.position + first, "failureReason": problem.reason}
        for problem in find_problems(contacts, switches, known)
    ]


def _unknown_batch(batch_id: str, reading: str) -> ApiResponse:
    """Return the answer to an id that was never given out; all three bodies are assumed."""
    if reading == "404":
        return ApiResponse(404, {"message": f"No Result found for Import with id {batch_id}"})
    if reading == "400":
        return ApiResponse(400, {"success": 0, "message": "'batchId' is invalid."})
    return ApiResponse(200, {"status": False, "success": [], "failure": []})


def _refused(reasons: list[t.Any]) -> ApiResponse:
    return ApiResponse(400, {"success": 0, "message": REFUSED, "failureReasons": reasons})


def _shape_day(day: DayTotals) -> dict[str, str]:
    return {"forDate": day.date, "batches": str(day.batches), "contacts": str(day.contacts)}
