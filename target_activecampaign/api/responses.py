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
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from target_activecampaign.api.paging import Page
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

KEY_CHECK = "GET users/me"
"""The endpoint that tells whether a key is good: any key may read its own user (users reference)."""

SUBSCRIBED, UNSUBSCRIBED = 1, 2
"""Statuses of a membership (contacts reference)."""

UNREADABLE_STATUS = -1
"""Stands for the status of a membership that can't be read, or that another entry contradicts."""


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


Cause: t.TypeAlias = t.Literal[
    "service",
    "key",
    "rights",
    "web page",
    "name",
    "connection",
    "proxy",
    "certificate",
    "time-out",
]
"""Whose matter a failure is: each has its own remedy."""


class TryAgainError(Exception):
    """A response, or the lack of one, after which the same request may succeed.

    The message holds the status, never the key, an address or a body.

    Attributes:
        most_tries: After how many failures of this kind to give up.
        pause_seconds: The least time to wait, where the service says it.
        limit: The rate limit that was reached: its own wait follows, and no count of tries ends it.
        cause: Whose matter it is, for the remedy.
        remedy: One that fits better than that of the cause; empty where there is none.
    """

    def __init__(  # noqa: PLR0913 - each option by its name
        self,
        what: str,
        *,
        most_tries: int = MOST_TRIES,
        pause_seconds: float = 0,
        limit: t.Literal["requests", "imports"] | None = None,
        cause: Cause = "service",
        remedy: str = "",
    ) -> None:
        """Keep what to do next."""
        super().__init__(what)
        self.most_tries = most_tries
        self.pause_seconds = pause_seconds
        self.limit = limit
        self.cause = cause
        self.remedy = remedy


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
        import_id: Its `batchId`; `None` where the answer has none that can be read: the batch may be queued.
        doubt: Why not all of the batch may be queued, so that it is to be read back; `None` without a sign.
        may_be_second: Whether an earlier try, whose answer was lost, may have been queued too.
        at: When it said so, by the service's clock in seconds since 1970; 0 where it does not tell.
    """

    import_id: str | None
    doubt: str | None = None
    may_be_second: bool = False
    at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The importer refused a whole batch; nothing was queued.

    Attributes:
        positions: The contacts that it names as bad, as it counts (from 0 or from 1 is not known).
        words: Its reasons, for the rejects file only: they may quote an address.
        is_about_contacts: Whether it says that contacts are the reason. If not, the request or the account
            may be, whatever the batch.
        may_be_second: As of `Accepted`.
    """

    positions: tuple[int, ...]
    words: str
    is_about_contacts: bool = True
    may_be_second: bool = False


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """The status of an import (`GET /import/info`).

    Attributes:
        state: `open`, `completed`, `lost` (failed or interrupted: it may be sent again), `unknown` (the
            service does not find it, or not yet), or `unreadable` (it does not say whether the import ended).
        created: How many contacts it names in `success`: new ones, by the reference.
        failed: Addresses that it names in `failure`, trimmed and lower-cased.
        reasons: Address to the service's reason, where it gives one.
        doubt: Why the answer does not tell what became of each contact, so that all are to be read back;
            `None` where it does.
        is_readable: Whether the answer has a form that can be read; where not, another one may have.
        tells_created: Whether `success` names contacts, so that `created` is no bare count and not unknown.
    """

    state: t.Literal["open", "completed", "lost", "unknown", "unreadable"]
    created: int = 0
    failed: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)
    doubt: str | None = None
    is_readable: bool = True
    tells_created: bool = True


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact on a list (contacts reference).

    Attributes:
        status: `SUBSCRIBED`, `UNSUBSCRIBED`, `UNREADABLE_STATUS` or another.
        subscribed_at: `sdate`, in seconds since 1970; `None` where there is none that can be read.
    """

    status: int
    subscribed_at: float | None

    def earlier_by(self, seconds: float | None) -> Membership:
        """Return the same with its time turned into that of a clock that is behind.

        Args:
            seconds: How far; `None` where that is unknown: then the time is none that can be compared.
        """
        at = self.subscribed_at
        if at is None:
            return self
        return replace(self, subscribed_at=None if seconds is None else at - seconds)


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
        raise _refusal(response)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise TryAgainError(f"HTTP {status}")
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        fix = _remedy(status, response.endpoint)
        raise ServiceError(
            f"{response.endpoint}: HTTP {status}, which no further try will change. {fix}",
            cause=f"HTTP {status}",
            fix=fix,
        )


def _refusal(response: Response) -> TryAgainError:
    """Return what a 401 or 403 means: the key's, where its own user can't be read, else its user's rights."""
    if response.status == HTTPStatus.UNAUTHORIZED or response.endpoint == KEY_CHECK:
        return TryAgainError(
            f"HTTP {response.status}, the key was refused", most_tries=MOST_TRIES_REFUSED, cause="key"
        )
    return TryAgainError(
        f"HTTP {response.status}, the key's user may not do this",
        most_tries=MOST_TRIES_REFUSED,
        cause="rights",
    )


def _remedy(status: int, endpoint: str) -> str:
    """Return what to do about a status that stays."""
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return "Look at the account's plan and payment"
    if status < HTTPStatus.BAD_REQUEST:
        return (
            "It is a redirect, and the key goes to no other host: set hostname to the account's API URL "
            "(in ActiveCampaign: Settings > Developer)"
        )
    if endpoint == KEY_CHECK:
        return "Set hostname to the account's API URL (in ActiveCampaign: Settings > Developer)"
    return "The host knows the key's user, and not this request: ask ActiveCampaign about the account"


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
    if isinstance(items, dict):  # by id or by number
        items = list(items.values())
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


def read_page(response: Response, collection: str, read: Callable[[_Json], _T]) -> Page[_T]:
    """Return a page of a collection, whose items are told apart by their ids.

    Raises:
        TryAgainError: If the response or an item has another shape.
        ServiceError: If no further try will change that.
    """
    items = read_items(response, collection, lambda item: (_id_of(item), read(item)))
    meta = read_object(response).get("meta")
    total = str(meta.get("total")) if isinstance(meta, dict) else ""
    return Page(items, int(total) if total.isdecimal() and len(total) <= _MAX_WINDOW_DIGITS + 4 else None)


def _id_of(item: _Json) -> str:
    return str(item["id"]) if "id" in item else json.dumps(item, sort_keys=True)


def _read_json(response: Response) -> _Json:
    """Return the JSON object; a 2xx without one is a failure (a login page comes with status 200, seen)."""
    content = load_json(response)
    if isinstance(content, dict):
        return content
    raise TryAgainError(f"HTTP {response.status} without a JSON object")


def load_json(response: Response) -> object:
    """Return the JSON of a response, whatever its status.

    Raises:
        TryAgainError: If it is none.
    """
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        pass
    if response.content.lstrip()[:1] == b"<":
        raise TryAgainError(
            f"HTTP {response.status} with a web page instead of JSON",
            most_tries=MOST_TRIES_REFUSED,
            cause="web page",
        )
    raise TryAgainError(f"HTTP {response.status} without JSON")


# The account


class User(t.NamedTuple):
    """The user that the key belongs to (users reference); parts are empty where the account does not say.

    Attributes:
        name: First name, and the initial of the last name.
        username: For signing in; empty where it is an address.
    """

    name: str
    username: str


_NAMES_OF_USER = ("id", "username", "email")


def read_user(response: Response) -> User:
    """Return the user of a successful response; parts of it may be missing.

    Raises:
        TryAgainError: If it names no user, which is no proof that the key is good.
        ServiceError: If no further try will change that.
    """
    user = read_object(response).get("user")
    told = {name: str(text or "").strip() for name, text in (user if isinstance(user, dict) else {}).items()}
    if not any(told.get(name) for name in _NAMES_OF_USER):
        raise TryAgainError(f"HTTP {response.status} without a user", most_tries=MOST_TRIES_REFUSED)
    username = told.get("username", "")
    name = f"{told.get('firstName', '')} {told.get('lastName', '')[:1]}".strip()
    return User(name, "" if "@" in username else username)


@dataclass(frozen=True, slots=True)
class AccountList:
    """A list of the account (lists reference).

    Attributes:
        id: Its id.
        name: As somebody called it.
        channel: `email`, `sms`, …; empty where it does not say (seen in recordings alone).
    """

    id: int
    name: str
    channel: str = ""

    @property
    def is_for_email(self) -> bool:
        """Whether a contact may be put on it: a list for phones holds another consent (help centre)."""
        return not any(other in self.channel.casefold() for other in _OTHER_CHANNELS)


_OTHER_CHANNELS = ("sms", "whatsapp")


def read_list(item: _Json) -> AccountList:
    """Return a list (lists reference)."""
    return AccountList(int(item["id"]), str(item.get("name", "")), str(item.get("channel") or ""))


def read_field(item: _Json) -> CustomField:
    """Return a custom field of contacts (custom fields reference)."""
    return CustomField(
        int(item["id"]), str(item["title"]), str(item.get("perstag") or ""), str(item.get("type") or "")
    )


class Tag(t.NamedTuple):
    """A tag of the account (tags reference).

    Attributes:
        id: Its id.
        name: As people call it.
        is_for_contacts: Whether contacts may have it; templates have tags of their own.
    """

    id: int
    name: str
    is_for_contacts: bool


def read_tag(item: _Json) -> Tag:
    """Return a tag (tags reference)."""
    return Tag(int(item["id"]), str(item["tag"]), str(item.get("tagType") or "contact") == "contact")


def read_tagged_contacts(response: Response) -> int | None:
    """Return `subscriber_count` of a tag, a string or a number (tags reference); `None` where it is none.

    Raises:
        TryAgainError: If the response is no JSON object.
        ServiceError: If no further try will change that.
    """
    tag = read_object(response).get("tag")
    count = str(tag.get("subscriber_count") if isinstance(tag, dict) else None)
    return int(count) if count.isascii() and count.isdecimal() else None


def read_exclusion(item: _Json) -> Exclusion:
    """Return an exclusion (exclusions reference)."""
    return Exclusion(
        phrase=str(item.get("matchPhrase", "")).strip().lower(),
        match_type=str(item.get("matchType", "")),
        channel=str(item.get("channel", "")),
        list_ids=frozenset(int(i) for i in item.get("lists") or () if str(i).isdecimal()),
    )


# Times


# Python 3.10 reads an offset with a colon alone, no `Z`, and fractions of three or six digits alone.
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))? ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)")


def read_date(value: object) -> float | None:
    """Return a date with its offset in seconds since 1970; `None` for another (`0000-00-00`, null)."""
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, time, fraction, offset = match.groups()
    offset = (
        "+00:00" if not offset.startswith(("+", "-")) else f"{offset[:3]}:{offset[3:].strip(':') or '00'}"
    )
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{time}{offset}").timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return moment + float(f"0.{fraction or 0}")


def read_service_time(response: Response) -> float | None:
    """Return when a response was made by the service's clock, in seconds since 1970 (header `Date`)."""
    try:
        return email.utils.parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
