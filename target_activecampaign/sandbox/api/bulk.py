"""`import/bulk_import` and `import/info` (bulk importer, import status and import list references)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api.call import Answer
from target_activecampaign.sandbox.state.batch import (
    MAX_BYTES,
    MAX_CONTACTS,
    Known,
    complaints,
    is_acceptable,
)

if TYPE_CHECKING:
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call
    from target_activecampaign.sandbox.state.imports import Day

REFUSED = (
    "JSON payload did not pass validation. Please fix failure Reasons and retry. "
    "The import was not queued for processing."
)


def count_contacts(call: Call) -> int:
    """Return how many contacts a request holds, for its limit; 0 when that cannot be told."""
    if call.batch is not None:
        return len(call.batch.contacts)
    contacts = call.payload.get("contacts")
    return len(contacts) if isinstance(contacts, list) else 0


def submit_import(call: Call) -> Answer:
    """`POST /import/bulk_import`: 200 is 'queued', not 'done'; 400 refuses the batch as a whole."""
    if len(call.body) > MAX_BYTES:
        return _refused([f"The payload must be less than 400K bytes, this one has {len(call.body)}"])
    batch, account = call.batch, call.account
    known = Known(frozenset(account.fields.kinds()), account.lists.ids())
    if batch is None or not is_acceptable(batch, account.switches, known):
        return _refused(_reasons(call, known))
    batch_id = account.imports.accept(batch, call.body, call.effects())
    key = account.switches["success-key"]
    return Answer(
        200,
        {
            key: 1,
            "queued_contacts": len(batch.contacts),
            "batchId": batch_id,
            "message": "Contact import queued",
        },
    )


def show_import(call: Call) -> Answer:
    """`GET /import/info?batchId=`."""
    batch_id = call.parameter("batchId")
    if not batch_id:
        return Answer(400, {"success": 0, "message": "'batchId' is a required field."})
    look = call.account.imports.look(batch_id)
    switches = call.account.switches
    if look is None and switches["unknown-batch"] == "404":
        return Answer(404, {"message": f"No Result found for Import with id {batch_id}"})
    if look is None:
        return Answer(200, {"status": False, "success": [], "failure": []})
    status: str | bool = look.status
    if status == "received":
        status = False if switches["early-status"] == "false" else "waiting"
    return Answer(200, {"status": status, "success": look.success, "failure": look.failure})


def list_imports(call: Call) -> Answer:
    """`GET /import/bulk_import`: totals by day, as strings."""
    imports = call.account.imports
    return Answer(
        200,
        {
            "outstanding": [_shape_day(day) for day in imports.outstanding()],
            "recentlyCompleted": [_shape_day(day) for day in imports.recently_completed()],
        },
    )


NOT_ABOUT_THE_REST = frozenset({submit_import, show_import})
"""What is answered without carrying out all imports that are due; a look sees to those that it depends on."""


def over_limit(limit: int) -> Answer:
    """400, not 429, for too many imports; that the text for single contacts has another figure is assumed."""
    reason = (
        f"Up to {limit} imports may be requested per minute."
        "Please batch contacts into larger requests, or retry this request in a minute."
    )
    return Answer(400, {"success": 0, "message": "Rate limit exceeded.", "failureReasons": [reason]})


def _reasons(call: Call, known: Known) -> list[Any]:
    """Return why a batch is refused."""
    payload = call.payload
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
    switches = call.account.switches
    first = 1 if switches["positions"] == "from-one" else 0
    return [
        {"contact": complaint.position + first, "failureReason": complaint.reason}
        for complaint in complaints(contacts, switches, known)
    ]


def _refused(reasons: list[Any]) -> Answer:
    return Answer(400, {"success": 0, "message": REFUSED, "failureReasons": reasons})


def _shape_day(day: Day) -> dict[str, str]:
    return {"forDate": day.date, "batches": str(day.batches), "contacts": str(day.contacts)}
