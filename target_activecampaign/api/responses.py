"""What an answer of ActiveCampaign means: a value of ours, "try again", or an error that stops the run. Pure.

Knows no network: the client hands in what came. An answer that can't be read is a failure, whatever its
status. What is raised here names the endpoint and the status, never the key, an address or a body.
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

_T = t.TypeVar("_T")

MOST_TRIES = 8
"""Tries of one request after which the run gives up; waits for a rate limit don't count."""

MOST_TRIES_REFUSED = 5
"""The same where the key is refused: a 403 comes now and then with a good key, too (seen)."""

MOST_TRIES_TLS = 3
"""The same where TLS fails: a certificate that can't be verified seldom changes within a minute."""

_USUAL_RETRY_AFTER_SECONDS = 1.0
_LONGEST_RETRY_AFTER_SECONDS = 120.0
_MOST_DIGITS_OF_A_WINDOW = 6

_RATE_MESSAGE = "rate limit exceeded"
_VALIDATION_MESSAGE = "json payload did not pass validation"
# A batchId is a UUID in every example; this stands in logs, so it is not taken in any form.
_IMPORT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request.

    Attributes:
        status: HTTP status.
        content: The body, decoded from its transfer.
        headers: Names in any letter case.
        endpoint: Path of the request, without its query.
    """

    status: int
    content: bytes
    headers: Mapping[str, str]
    endpoint: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What `GET /settings/account` tells of the account.

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


SUBSCRIBED, UNSUBSCRIBED = 1, 2
"""Statuses of a membership (contacts reference)."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact on a list (contacts reference).

    Attributes:
        status: `SUBSCRIBED`, `UNSUBSCRIBED` or another.
        subscribed_at: `sdate`, in seconds since 1970; `None` where there is none that can be read.
    """

    status: int
    subscribed_at: float | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The importer refused a batch whole; nothing was queued.

    Attributes:
        positions: What it names as bad, as it counts (from 0 or from 1 is not known).
        words: What it says, for the rejects file only: it may quote an address.
    """

    positions: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """What `GET /import/info` tells of an import.

    Attributes:
        state: `open`, `completed`, or `lost` (failed, interrupted or unknown: it may be sent again).
        created: How many contacts it names in `success`: new ones, by the reference.
        failed: Addresses that it names in `failure`, trimmed and lower-cased.
    """

    state: t.Literal["open", "completed", "lost"]
    created: int = 0
    failed: frozenset[str] = frozenset()


class TryAgainError(Exception):
    """An answer, or the lack of one, after which the same request may go well.

    Attributes:
        most_tries: After how many such answers to give up.
        pause_seconds: The least time to wait, where the service says.
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
        super().__init__(what)
        self.most_tries = most_tries
        self.pause_seconds = pause_seconds
        self.limit = limit
        self.is_refusal = is_refusal


def read_object(answer: Answer) -> dict[str, t.Any]:
    """The JSON object of a successful answer.

    Raises:
        TryAgainError: If it was none.
        ServiceError: If no further try will change that.
    """
    _raise_for_status(answer)
    return _json_object(answer)


def read_items(answer: Answer, collection: str, read: Callable[[dict[str, t.Any]], _T]) -> list[_T]:
    """The items of a collection, each as `read` makes of it.

    Raises:
        TryAgainError: If the answer or an item has another shape.
        ServiceError: If no further try will change that.
    """
    items = read_object(answer).get(collection)
    try:
        if isinstance(items, list):
            return [read(item) for item in items]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        pass
    what = f"an answer without usable {collection}"
    raise TryAgainError(what)


def read_list(item: dict[str, t.Any]) -> tuple[int, str]:
    """Id and name of a list (lists reference)."""
    return int(item["id"]), str(item.get("name", ""))


def read_field(item: dict[str, t.Any]) -> CustomField:
    """A custom field of contacts (custom fields reference)."""
    return CustomField(
        int(item["id"]), str(item["title"]), str(item.get("perstag") or ""), str(item.get("type") or "")
    )


def read_exclusion(item: dict[str, t.Any]) -> Exclusion:
    """An exclusion (exclusions reference)."""
    return Exclusion(
        phrase=str(item.get("matchPhrase", "")).strip().lower(),
        match_type=str(item.get("matchType", "")),
        channel=str(item.get("channel", "")),
        list_ids=frozenset(int(i) for i in item.get("lists") or () if str(i).isdecimal()),
    )


def read_memberships(answer: Answer, email: str) -> dict[int, Membership] | None:
    """The lists of the contact of an identity (contacts reference, `include=contactLists`).

    Returns:
        Id of each list to the membership there, or `None` where the answer holds no such contact.

    Raises:
        TryAgainError: If the answer has another shape.
        ServiceError: If no further try will change that.
    """
    found = read_items(answer, "contacts", lambda item: (str(item["id"]), str(item["email"]).strip().lower()))
    ids = {contact for contact, address in found if address == email}
    if not ids:
        return None
    if "contactLists" not in read_object(answer):
        return {}
    memberships = read_items(answer, "contactLists", _read_membership)
    return {
        int(list_id): membership for contact, list_id, membership in memberships if contact in ids and list_id
    }


def _read_membership(item: dict[str, t.Any]) -> tuple[str, str, Membership]:
    """Contact, list and membership; of an unusable one the list is empty."""
    list_id, status = str(item.get("list")), str(item.get("status"))
    is_usable = list_id.isdecimal() and status.isdecimal()
    membership = Membership(int(status), _date(item.get("sdate"))) if is_usable else Membership(0, None)
    return str(item.get("contact")), list_id if is_usable else "", membership


def _date(text: object) -> float | None:
    """Seconds since 1970, of a date with its offset; `None` where it is none (`0000-00-00`, null)."""
    try:
        moment = dt.datetime.fromisoformat(str(text))
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def read_submission(answer: Answer) -> Accepted | Refused:
    """What the importer says to a batch (bulk importer reference).

    Raises:
        TryAgainError: If it said nothing that can be read, or that its rate limit was reached.
        ServiceError: If no further try will change that.
    """
    if answer.status == HTTPStatus.BAD_REQUEST:
        return _read_refusal(_json_object(answer))
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused((), "HTTP 413: too large")
    import_id = read_object(answer).get("batchId")
    if not isinstance(import_id, str) or not _IMPORT_ID.fullmatch(import_id):
        what = "an answer without a usable batchId"
        raise TryAgainError(what)
    return Accepted(import_id)


def read_status(answer: Answer) -> ImportStatus:
    """How far an import is. Words and types: import status reference.

    `status` may be `false` within the first second; `waiting`, `claimed` and `active` are open, and so is
    a word that nobody knows yet (assumed). An import that the service does not find is lost (assumed).

    Raises:
        TryAgainError: If the answer can't be read.
        ServiceError: If no further try will change that.
    """
    if answer.status == HTTPStatus.NOT_FOUND:
        return ImportStatus("lost")
    told = read_object(answer)
    status = told.get("status")
    if status in ("failed", "interrupted"):
        return ImportStatus("lost")
    if status != "completed":
        return ImportStatus("open")
    success, failure = told.get("success"), told.get("failure")
    if not isinstance(success, list) or not isinstance(failure, list):
        what = "an ended import without its lists of successes and failures"
        raise TryAgainError(what)
    return ImportStatus("completed", len(success), frozenset(str(item).strip().lower() for item in failure))


def _read_refusal(told: dict[str, t.Any]) -> Refused:
    message = str(told.get("message", "")).lower()
    if message.startswith(_RATE_MESSAGE):
        what = "the importer's rate limit was reached"
        raise TryAgainError(what, limit="imports")
    if not message.startswith(_VALIDATION_MESSAGE):
        msg = (
            "POST import/bulk_import: HTTP 400 for a reason that is not a contact's. Nothing was queued, and "
            "no further try will change that. Please report it"
        )
        raise ServiceError(msg)
    reasons = told.get("failureReasons")
    named = [reason for reason in reasons if isinstance(reason, dict)] if isinstance(reasons, list) else []
    positions = tuple(r["contact"] for r in named if type(r.get("contact")) is int)
    words = sorted({str(r.get("failureReason", "")) for r in named} - {""})
    return Refused(positions, "; ".join(words) or "did not pass validation, no reason was given")


def _raise_for_status(answer: Answer) -> None:
    """Let 2xx pass."""
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        what = "HTTP 429, the account's rate limit was reached"
        raise TryAgainError(what, limit="requests", pause_seconds=_retry_after(answer))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        what = f"HTTP {status}, the key was refused"
        raise TryAgainError(what, most_tries=MOST_TRIES_REFUSED, is_refusal=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        what = f"HTTP {status}"
        raise TryAgainError(what)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        msg = (
            f"{answer.endpoint}: HTTP {status}, which no further try will change. Check the setting hostname"
        )
        raise ServiceError(msg)


def read_window(said: str) -> int:
    """Requests that the service's window holds, by its header `RateLimit-Limit`; 0 where it says none."""
    return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS_OF_A_WINDOW else 0


def _retry_after(answer: Answer) -> float:
    """Seconds of the header `Retry-After`; clamped, so that a hostile value does not park the run."""
    text = answer.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text, answer.headers.get("Date", ""))
    if not seconds >= _USUAL_RETRY_AFTER_SECONDS:  # NaN is not, either
        return _USUAL_RETRY_AFTER_SECONDS
    return min(seconds, _LONGEST_RETRY_AFTER_SECONDS)


def _seconds_until(moment: str, now: str) -> float:
    """Between two dates of HTTP, both of the service's clock; 0 where one is none."""
    try:
        return (
            email.utils.parsedate_to_datetime(moment) - email.utils.parsedate_to_datetime(now)
        ).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _json_object(answer: Answer) -> dict[str, t.Any]:
    """The answer; a 2xx that holds no JSON object is a failure (a login page comes with status 200, seen)."""
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict):
        return told
    if answer.content.lstrip()[:1] == b"<":
        what = f"HTTP {answer.status} with a web page (a login page? then the key is wrong)"
        raise TryAgainError(what, most_tries=MOST_TRIES_REFUSED, is_refusal=True)
    what = f"HTTP {answer.status} without a JSON object"
    raise TryAgainError(what)
