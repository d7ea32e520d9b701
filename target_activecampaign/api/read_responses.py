"""Reading responses: from the JSON of each endpoint to a value of ours. Pure.

Owns the shapes of ActiveCampaign's JSON. It must not know the network. A response that can't be read is a
failure, whatever its status. Errors name the endpoint and the status, never the key, an address or a body.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import typing as t
from http import HTTPStatus

from target_activecampaign.api.responses import (
    MOST_TRIES_REFUSED,
    Accepted,
    Contract,
    ImportStatus,
    Membership,
    Refused,
    TryAgainError,
)
from target_activecampaign.api.status_codes import check_status
from target_activecampaign.contacts.custom_fields import CustomField
from target_activecampaign.contacts.exclusions import Exclusion
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.responses import Response

_T = t.TypeVar("_T")
_Json: t.TypeAlias = "dict[str, t.Any]"

_RATE_MESSAGE = "rate limit exceeded"
_VALIDATION_MESSAGE = "json payload did not pass validation"
# A batchId is a UUID in every example; this stands in logs, so it is not taken in any form.
_IMPORT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


# Any endpoint


def read_object(response: Response) -> _Json:
    """Return the JSON object of a successful response.

    Raises:
        TryAgainError: If there is none.
        ServiceError: If no further try will change that.
    """
    check_status(response)
    return _read_json(response)


def read_items(response: Response, collection: str, read: Callable[[_Json], _T]) -> list[_T]:
    """Return the items of a collection, each as `read` returns it.

    Raises:
        TryAgainError: If the response or an item has another shape.
        ServiceError: If no further try will change that.
    """
    items = read_object(response).get(collection)
    try:
        if isinstance(items, list):
            return [read(item) for item in items]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        pass
    raise TryAgainError(f"an answer without usable {collection}")


def _read_json(response: Response) -> _Json:
    """Return the JSON object; a 2xx without one is a failure (a login page comes with status 200, seen)."""
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        return content
    if response.content.lstrip()[:1] == b"<":
        raise TryAgainError(
            f"HTTP {response.status} with a web page (a login page? then the key is wrong)",
            most_tries=MOST_TRIES_REFUSED,
            is_refusal=True,
        )
    raise TryAgainError(f"HTTP {response.status} without a JSON object")


# The account


def read_contract(response: Response) -> Contract | None:
    """Return the account's contract, or `None` where its figures can't be read.

    Raises:
        TryAgainError: If the response is no JSON object.
        ServiceError: If no further try will change that.
    """
    account = read_object(response)
    try:
        return Contract(int(account["subscriber_limit"]), int(account["subscriber_total"]))
    except (KeyError, TypeError, ValueError):
        return None


def read_list(item: _Json) -> tuple[int, str]:
    """Return id and name of a list (lists reference)."""
    return int(item["id"]), str(item.get("name", ""))


def read_field(item: _Json) -> CustomField:
    """Return a custom field of contacts (custom fields reference)."""
    return CustomField(
        int(item["id"]), str(item["title"]), str(item.get("perstag") or ""), str(item.get("type") or "")
    )


def read_exclusion(item: _Json) -> Exclusion:
    """Return an exclusion (exclusions reference)."""
    return Exclusion(
        phrase=str(item.get("matchPhrase", "")).strip().lower(),
        match_type=str(item.get("matchType", "")),
        channel=str(item.get("channel", "")),
        list_ids=frozenset(int(i) for i in item.get("lists") or () if str(i).isdecimal()),
    )


# The importer


def read_submission(response: Response) -> Accepted | Refused:
    """Return what the importer says to a batch (bulk importer reference).

    Raises:
        TryAgainError: If it can't be read, or if the importer's rate limit was reached.
        ServiceError: If no further try will change that.
    """
    if response.status == HTTPStatus.BAD_REQUEST:
        return _read_refusal(_read_json(response))
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused((), "HTTP 413: too large")
    import_id = read_object(response).get("batchId")
    if not isinstance(import_id, str) or not _IMPORT_ID.fullmatch(import_id):
        raise TryAgainError("an answer without a usable batchId")
    return Accepted(import_id)


def _read_refusal(content: _Json) -> Refused:
    message = str(content.get("message", "")).lower()
    if message.startswith(_RATE_MESSAGE):
        raise TryAgainError("the importer's rate limit was reached", limit="imports")
    if not message.startswith(_VALIDATION_MESSAGE):
        raise ServiceError(
            "POST import/bulk_import: HTTP 400 for a reason that is not a contact's. Nothing was queued, and "
            "no further try will change that. Please report it"
        )
    reasons = content.get("failureReasons")
    named = [reason for reason in reasons if isinstance(reason, dict)] if isinstance(reasons, list) else []
    positions = tuple(r["contact"] for r in named if type(r.get("contact")) is int)
    words = sorted({str(r.get("failureReason", "")) for r in named} - {""})
    return Refused(positions, "; ".join(words) or "did not pass validation, no reason was given")


def read_status(response: Response) -> ImportStatus:
    """Return the status of an import. Words and types: import status reference.

    `status` may be `false` within the first second; `waiting`, `claimed` and `active` are open, and so is
    a word that nobody knows yet (assumed). An import that the service does not find is lost (assumed).

    Raises:
        TryAgainError: If the response can't be read.
        ServiceError: If no further try will change that.
    """
    if response.status == HTTPStatus.NOT_FOUND:
        return ImportStatus("lost")
    content = read_object(response)
    status = content.get("status")
    if status in ("failed", "interrupted"):
        return ImportStatus("lost")
    if status != "completed":
        return ImportStatus("open")
    success, failure = content.get("success"), content.get("failure")
    if not isinstance(success, list) or not isinstance(failure, list):
        raise TryAgainError("an ended import without its lists of successes and failures")
    return ImportStatus("completed", len(success), frozenset(str(item).strip().lower() for item in failure))


# Contacts


def read_memberships(response: Response, email: str) -> dict[int, Membership] | None:
    """Return the lists of the contact with an address (contacts reference, `include=contactLists`).

    Args:
        response: To `GET /contacts`.
        email: Trimmed and lower-cased.

    Returns:
        Id of each list to the membership there, or `None` where the response holds no such contact.

    Raises:
        TryAgainError: If the response has another shape.
        ServiceError: If no further try will change that.
    """
    found = read_items(
        response, "contacts", lambda item: (str(item["id"]), str(item["email"]).strip().lower())
    )
    ids = {contact for contact, address in found if address == email}
    if not ids:
        return None
    if "contactLists" not in read_object(response):
        return {}
    memberships = read_items(response, "contactLists", _read_membership)
    return {
        int(list_id): membership for contact, list_id, membership in memberships if contact in ids and list_id
    }


def _read_membership(item: _Json) -> tuple[str, str, Membership]:
    """Return contact, list and membership; the list is empty where the membership is unusable."""
    list_id, status = str(item.get("list")), str(item.get("status"))
    is_usable = list_id.isdecimal() and status.isdecimal()
    membership = Membership(int(status), _read_date(item.get("sdate"))) if is_usable else Membership(0, None)
    return str(item.get("contact")), list_id if is_usable else "", membership


def _read_date(text: object) -> float | None:
    """Return a date with its offset in seconds since 1970; `None` for another (`0000-00-00`, null)."""
    try:
        moment = dt.datetime.fromisoformat(str(text))
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
