"""Responses: the values that are read from what ActiveCampaign answers, and how. Pure.

Owns the meaning of HTTP statuses and of the headers for rate limits, and the shapes of ActiveCampaign's JSON.
It must not know the network, nor when a request is tried again: `retry` does. A response that can't be read
is a failure, whatever its status. Errors name the endpoint and the status, never the key, an address or a
body.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import re
import typing as t
from dataclasses import dataclass
from http import HTTPStatus

from target_activecampaign.contacts.custom_fields import CustomField
from target_activecampaign.contacts.exclusions import Exclusion
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping


MOST_TRIES = 8
"""Tries of one request after which the run gives up; waits for a rate limit don't count."""

MOST_TRIES_REFUSED = 5
"""The same where the key is refused: a 403 comes now and then with a good key, too (seen)."""

MOST_TRIES_TLS = 3
"""The same where TLS fails: a certificate that can't be verified seldom changes within a minute."""

SUBSCRIBED, UNSUBSCRIBED = 1, 2
"""Statuses of a membership (contacts reference)."""


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a request.

    Attributes:
        status: HTTP status.
        content: The body, decompressed.
        headers: Names in any letter case.
        endpoint: Method and path of the request, without its query.
    """

    status: int
    content: bytes
    headers: Mapping[str, str]
    endpoint: str


class TryAgainError(Exception):
    """A response, or the lack of one, after which the same request may succeed.

    The message holds the status, never the key, an address or a body.

    Attributes:
        most_tries: After how many failures of this kind to give up.
        pause_seconds: The least time to wait, where the service says it.
        limit: The rate limit that was reached: its own wait follows, and no count of tries ends it.
        is_refusal: Whether the key was refused.
    """

    def __init__(
        self,
        what: str,
        *,
        most_tries: int = MOST_TRIES,
        pause_seconds: float = 0,
        limit: t.Literal["requests", "imports"] | None = None,
        is_refusal: bool = False,
    ) -> None:
        """Keep what to do next."""
        super().__init__(what)
        self.most_tries = most_tries
        self.pause_seconds = pause_seconds
        self.limit = limit
        self.is_refusal = is_refusal


@dataclass(frozen=True, slots=True)
class Contract:
    """The account's contract (`GET /settings/account`).

    Attributes:
        subscriber_limit: Contacts that the contract covers.
        subscriber_total: Contacts that the account has now.
    """

    subscriber_limit: int
    subscriber_total: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The importer queued a batch.

    Attributes:
        import_id: Its `batchId`.
    """

    import_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The importer refused a whole batch; nothing was queued.

    Attributes:
        positions: The contacts that it names as bad, as it counts (from 0 or from 1 is not known).
        words: Its reasons, for the rejects file only: they may quote an address.
    """

    positions: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """The status of an import (`GET /import/info`).

    Attributes:
        state: `open`, `completed`, or `lost` (failed, interrupted or unknown: it may be sent again).
        created: How many contacts it names in `success`: new ones, by the reference.
        failed: Addresses that it names in `failure`, trimmed and lower-cased.
    """

    state: t.Literal["open", "completed", "lost"]
    created: int = 0
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact on a list (contacts reference).

    Attributes:
        status: `SUBSCRIBED`, `UNSUBSCRIBED` or another.
        subscribed_at: `sdate`, in seconds since 1970; `None` where there is none that can be read.
    """

    status: int
    subscribed_at: float | None


_DEFAULT_RETRY_AFTER_SECONDS = 1.0
_MAX_RETRY_AFTER_SECONDS = 120.0
_MAX_WINDOW_DIGITS = 6


def check_status(response: Response) -> None:
    """Let a 2xx pass.

    Raises:
        TryAgainError: If another try may succeed.
        ServiceError: If none will.
    """
    status = response.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TryAgainError(
            "HTTP 429, the account's rate limit was reached",
            limit="requests",
            pause_seconds=_read_retry_after(response),
        )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise TryAgainError(
            f"HTTP {status}, the key was refused", most_tries=MOST_TRIES_REFUSED, is_refusal=True
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise TryAgainError(f"HTTP {status}")
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise ServiceError(
            f"{response.endpoint}: HTTP {status}, which no further try will change. "
            "Check the setting hostname"
        )


def read_window(text: str) -> int:
    """Return the requests that the header `RateLimit-Limit` allows; 0 where it can't be read."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_WINDOW_DIGITS else 0


def _read_retry_after(response: Response) -> float:
    """Return the seconds of the header `Retry-After`, clamped, so that no value parks the run."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_between(response.headers.get("Date", ""), text)
    if not seconds >= _DEFAULT_RETRY_AFTER_SECONDS:  # NaN is not, either
        return _DEFAULT_RETRY_AFTER_SECONDS
    return min(seconds, _MAX_RETRY_AFTER_SECONDS)


def _seconds_between(now: str, moment: str) -> float:
    """Return the seconds between two HTTP dates, both of the service's clock; 0 where one is none."""
    try:
        waited = email.utils.parsedate_to_datetime(moment) - email.utils.parsedate_to_datetime(now)
        return waited.total_seconds()
    except (TypeError, ValueError, OverflowError):
        return 0.0


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


def read_total(response: Response) -> int | None:
    """Return `meta.total` of a collection, a string or a number; `None` where it can't be read.

    Raises:
        TryAgainError: If the response is no JSON object.
        ServiceError: If no further try will change that.
    """
    meta = read_object(response).get("meta")
    total = str(meta.get("total") if isinstance(meta, dict) else None)
    return int(total) if total.isascii() and total.isdecimal() else None


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
