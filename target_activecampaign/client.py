"""The door to ActiveCampaign: what was sent, and what does a 429 mean to us?

The only module that knows HTTP. Every answer becomes a value of ours, "try again" or an error that stops
the run; an answer that can't be read is a failure, whatever its status. Logs and errors name the endpoint
and what was tried, never the key, an address or a body.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import logging
import threading
import typing as t
import urllib.parse
from dataclasses import dataclass

import requests
import tenacity

from target_activecampaign.allowance import Contract
from target_activecampaign.custom_fields import CustomField
from target_activecampaign.errors import NotPermittedError, ServiceError
from target_activecampaign.exclusions import Exclusion

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.pacing import Pacer
    from target_activecampaign.secret import Secret

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
"""The most that a page of a collection holds (pagination reference)."""

_MOST_TRIES = 8
_MOST_TRIES_AT_START = 3  # a wrong hostname or key shows within a few requests
_MOST_TRIES_REFUSED = 5  # a 403 comes now and then with a good key, too (seen): a few tries, then stop
_MOST_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_RETRY_AFTER_SECONDS = 120.0
# A refusal for the importer's rate is a wait of this many import slots, doubling.
_FIRST_WAIT_SLOTS = 10
_LONGEST_WAIT_SLOTS = 100

_RATE_MESSAGE = "rate limit exceeded"
_VALIDATION_MESSAGE = "json payload did not pass validation"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The importer queued a batch.

    Attributes:
        import_id: Its `batchId`.
    """

    import_id: str


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


class _TryAgainError(Exception):
    """An answer after which the same request may go well.

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
        most_tries: float = _MOST_TRIES,
        pause_seconds: float = 0,
        limit: t.Literal["requests", "imports"] | None = None,
        is_refusal: bool = False,
    ) -> None:
        super().__init__(what)
        self.most_tries = most_tries if limit is None else float("inf")
        self.pause_seconds = pause_seconds
        self.limit = limit
        self.is_refusal = is_refusal


class Client:
    """Talks to one account. Threads may share it.

    Attributes:
        requests: Requests that were sent, every try counted.
    """

    def __init__(self, base_url: str, api_key: Secret, pacer: Pacer, timeout_seconds: float) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: Scheme and host, without a path.
            api_key: Goes to this host alone, as the header `Api-Token`.
            pacer: Asked before every request.
            timeout_seconds: For one request.
        """
        self.requests = 0
        self._base_url = base_url
        self._api_key = api_key
        self._pacer = pacer
        self._timeout_seconds = timeout_seconds
        self._local = threading.local()
        self._lock = threading.Lock()
        self._import_refusals = 0

    # Account

    def check_key(self) -> None:
        """Ask who the key belongs to.

        Raises:
            ServiceError: If the host can't be reached or refuses the key.
        """
        self._get("users/me", most_tries=_MOST_TRIES_AT_START)

    def list_names(self) -> dict[int, str]:
        """Id to name of every list that the key's user may see.

        Raises:
            ServiceError: If they can't be read.
        """
        return {int(item["id"]): str(item.get("name", "")) for item in self._pages("lists")}

    def custom_fields(self) -> list[CustomField]:
        """All custom fields of contacts, all pages.

        Raises:
            ServiceError: If they can't be read.
        """
        return [
            CustomField(
                int(item["id"]),
                str(item["title"]),
                str(item.get("perstag") or ""),
                str(item.get("type") or ""),
            )
            for item in self._pages("fields")
        ]

    def contract(self) -> Contract | None:
        """The account's contract, or `None` where this key may not read it (only administrators may).

        Raises:
            ServiceError: If there is no usable answer.
        """
        try:
            answer = self._get("settings/account")
            return Contract(int(answer["subscriber_limit"]), int(answer["subscriber_total"]))
        except (NotPermittedError, KeyError, TypeError, ValueError):
            return None

    # Importer

    def submit(self, body: bytes, contacts: int) -> Accepted | Refused:
        """Send one import. It is queued, not processed, when this returns.

        Args:
            body: As `Batch.encode` makes it.
            contacts: How many stand in it.

        Raises:
            ServiceError: If no usable answer came. The import may be queued all the same.
            StoppedError: If the run stops before it was sent.
        """
        return self._persist(
            "POST import/bulk_import",
            lambda: self._pacer.wait_for_import(contacts),
            lambda: self._read_submission(self._send("POST", "import/bulk_import", body=body)),
        )

    def look(self, import_id: str) -> ImportStatus:
        """Ask how far an import is.

        Raises:
            ServiceError: If no usable answer came.
            StoppedError: If the run stops.
        """
        return self._persist(
            "GET import/info",
            self._pacer.wait_for_look,
            lambda: _read_status(self._send("GET", "import/info", query={"batchId": import_id})),
        )

    # Contacts

    def list_statuses(self, email: str) -> dict[int, int] | None:
        """Look a contact up by its identity.

        Args:
            email: Trimmed and lower-cased.

        Returns:
            Id of each list that it was ever on to its status there (1 subscribed, 2 unsubscribed), or
            `None` where the account has no such contact.

        Raises:
            ServiceError: If no usable answer came.
            StoppedError: If the run stops.
        """
        answer = self._get(
            "contacts",
            {"email": email, "include": "contactLists"},
            wait=self._pacer.wait_for_verification,
        )
        ids = {
            str(item.get("id"))
            for item in _objects(answer, "contacts")
            if str(item.get("email", "")).strip().lower() == email
        }
        if not ids:
            return None
        return {
            int(item["list"]): int(item["status"])
            for item in _objects(answer, "contactLists")
            if str(item.get("contact")) in ids and f"{item.get('list')}{item.get('status')}".isdigit()
        }

    def exclusions(self, most: int) -> list[Exclusion] | None:
        """The account's exclusions, `most` at the most; `None` where this key may not read them.

        Raises:
            ServiceError: If they can't be read.
        """
        try:
            items = list(itertools.islice(self._pages("lists/exclusions", "exclusions"), most))
        except NotPermittedError:
            return None
        return [
            Exclusion(
                phrase=str(item.get("matchPhrase", "")).strip().lower(),
                match_type=str(item.get("matchType", "")),
                channel=str(item.get("channel", "")),
                list_ids=frozenset(int(i) for i in item.get("lists") or () if str(i).isdigit()),
            )
            for item in items
        ]

    # One request

    def _get(
        self,
        path: str,
        query: dict[str, t.Any] | None = None,
        *,
        wait: Callable[[], None] | None = None,
        most_tries: float = float("inf"),
    ) -> dict[str, t.Any]:
        """Ask until there is a JSON object."""

        def attempt() -> dict[str, t.Any]:
            response = self._send("GET", path, query=query)
            _raise_for_status(response)
            return _json_object(response)

        return self._persist(f"GET {path}", wait or self._pacer.wait_for_request, attempt, most_tries)

    def _pages(self, path: str, collection: str | None = None) -> Iterator[dict[str, t.Any]]:
        """Items of a collection, all pages, until one is short."""
        offset = 0
        while True:
            items = _objects(self._get(path, {"limit": PAGE_SIZE, "offset": offset}), collection or path)
            yield from items
            offset += len(items)
            if len(items) < PAGE_SIZE:
                return

    def _persist(
        self,
        what: str,
        wait: Callable[[], None],
        attempt: Callable[[], _T],
        most_tries: float = float("inf"),
    ) -> _T:
        """Try until there is an answer, bounded in tries and in time."""
        clock = self._pacer.clock
        started = clock.now()

        def gives_up(state: tenacity.RetryCallState) -> bool:
            tries = min(_try_again(state).most_tries, most_tries)
            return state.attempt_number >= tries or clock.now() - started >= _MOST_SECONDS

        def paced_attempt() -> _T:
            wait()
            return attempt()

        def announce(state: tenacity.RetryCallState) -> None:
            error = _try_again(state)
            logger.info("%s: %s; trying again", what, error)
            if error.limit == "requests":
                self._pacer.hold_requests(error.pause_seconds)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgainError),
            stop=gives_up,
            wait=_pause,
            sleep=self._pacer.pause,
            before_sleep=announce,
            reraise=True,
        )
        try:
            return retrying(paced_attempt)
        except _TryAgainError as error:
            tries = retrying.statistics["attempt_number"]
            seconds = clock.now() - started
            msg = (
                f"{what}: {error}. Gave up after {_count(tries, 'try', 'tries')} in {seconds:.0f} s. "
                f"Look at the host and at the key (settings hostname, api_key), then run again"
            )
            raise (NotPermittedError if error.is_refusal else ServiceError)(msg) from None

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, t.Any] | None = None,
        body: bytes | None = None,
    ) -> requests.Response:
        with self._lock:
            self.requests += 1
        headers = {"Api-Token": self._api_key.reveal(), "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._session().request(
                method,
                f"{self._base_url}/api/3/{path}",
                params=query,
                data=body,
                headers=headers,
                timeout=self._timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _TryAgainError(_describe(error)) from None

    def _session(self) -> requests.Session:
        """A session for each thread: `requests` promises nothing for a shared one."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.auth = _keep_headers
            # Proxies of the environment are for the internet.
            session.trust_env = not _is_loopback(self._base_url)
        return session

    def _read_submission(self, response: requests.Response) -> Accepted | Refused:
        if response.status_code == requests.codes.bad_request:
            return self._read_refusal(_json_object(response))
        if response.status_code == requests.codes.request_entity_too_large:
            return Refused((), "HTTP 413: too large")
        _raise_for_status(response)
        answer = _json_object(response)
        import_id = answer.get("batchId")
        if not isinstance(import_id, str) or not import_id:
            what = "an answer without batchId"
            raise _TryAgainError(what)
        with self._lock:
            self._import_refusals = 0
        return Accepted(import_id)

    def _read_refusal(self, answer: dict[str, t.Any]) -> Refused:
        message = str(answer.get("message", ""))
        reasons = answer.get("failureReasons")
        if message.lower().startswith(_RATE_MESSAGE):
            self._pacer.hold_imports(self._next_import_hold())
            what = "the importer's rate limit was reached"
            raise _TryAgainError(what, limit="imports")
        if message.lower().startswith(_VALIDATION_MESSAGE) and isinstance(reasons, list):
            named = [reason for reason in reasons if isinstance(reason, dict)]
            if named:
                positions = tuple(r["contact"] for r in named if type(r.get("contact")) is int)
                words = sorted({str(r.get("failureReason", "")) for r in named})
                return Refused(positions, "; ".join(words))
        msg = "POST import/bulk_import: HTTP 400 for a reason that is not a contact's. Nothing was queued"
        raise ServiceError(msg)

    def _next_import_hold(self) -> float:
        with self._lock:
            doubled = _FIRST_WAIT_SLOTS << min(self._import_refusals, 8)
            slots = min(_LONGEST_WAIT_SLOTS, doubled)
            self._import_refusals += 1
        return slots * self._pacer.import_slot_seconds


_T = t.TypeVar("_T")


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands in for credentials of a `.netrc`, which `requests` would add by itself."""
    return request


def _is_loopback(base_url: str) -> bool:
    host = urllib.parse.urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _try_again(state: tenacity.RetryCallState) -> _TryAgainError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, _TryAgainError):  # pragma: no cover - the retry condition lets no other through
        raise TypeError
    return error


_jitter = tenacity.wait_random_exponential(multiplier=1, max=_LONGEST_PAUSE_SECONDS, min=0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    error = _try_again(state)
    return 0.0 if error.limit else float(_jitter(state))


def _raise_for_status(response: requests.Response) -> None:
    """Turn any status but 2xx into "try again" or an error that stops the run."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        what = "HTTP 429, the account's rate limit was reached"
        raise _TryAgainError(what, limit="requests", pause_seconds=_retry_after(response))
    if status in {401, 403}:
        what = f"HTTP {status}, the key was refused"
        raise _TryAgainError(what, most_tries=_MOST_TRIES_REFUSED, is_refusal=True)
    if status >= requests.codes.server_error or status == requests.codes.request_timeout:
        what = f"HTTP {status}"
        raise _TryAgainError(what)
    if not response.ok or response.is_redirect:
        endpoint = urllib.parse.urlsplit(response.url).path
        msg = f"{endpoint}: HTTP {status}, which no further try will change. Check the setting hostname"
        raise ServiceError(msg)


def _retry_after(response: requests.Response) -> float:
    """Seconds of the header `Retry-After`; clamped, so that a hostile value does not park the run."""
    try:
        seconds = float(response.headers.get("Retry-After", "1"))
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 1.0), _LONGEST_RETRY_AFTER_SECONDS) if seconds == seconds else 1.0  # noqa: PLR0124 - NaN


def _json_object(response: requests.Response) -> dict[str, t.Any]:
    """The answer; a 2xx that holds no JSON object is a failure (a login page comes with status 200, seen)."""
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return answer
    if response.content.lstrip()[:1] == b"<":
        what = f"HTTP {response.status_code} with a web page (a login page? then the key is wrong)"
        raise _TryAgainError(what, most_tries=_MOST_TRIES_REFUSED, is_refusal=True)
    what = f"HTTP {response.status_code} without a JSON object"
    raise _TryAgainError(what)


def _objects(answer: dict[str, t.Any], collection: str) -> list[dict[str, t.Any]]:
    """The items of a collection in an answer; an answer of another shape is a failure."""
    items = answer.get(collection, [] if collection == "contactLists" else None)
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    what = f"an answer without {collection}"
    raise _TryAgainError(what)


def _read_status(response: requests.Response) -> ImportStatus:
    """Read an import's status. Words and types: import status reference.

    `status` may be `false` within the first second; `waiting`, `claimed` and `active` are open, and so is
    a word that nobody knows yet (assumed). An import that the service does not find is lost (assumed).
    """
    if response.status_code == requests.codes.not_found:
        return ImportStatus("lost")
    _raise_for_status(response)
    answer = _json_object(response)
    status = answer.get("status")
    if status in ("failed", "interrupted"):
        return ImportStatus("lost")
    if status != "completed":
        return ImportStatus("open")
    success, failure = answer.get("success"), answer.get("failure")
    if not isinstance(success, list) or not isinstance(failure, list):
        what = "an ended import without its lists of successes and failures"
        raise _TryAgainError(what)
    return ImportStatus("completed", len(success), frozenset(str(email).strip().lower() for email in failure))


def _describe(error: requests.RequestException) -> str:
    """What went wrong on the way, in words that hold nothing of the request."""
    kinds: dict[type[requests.RequestException], str] = {
        requests.exceptions.SSLError: "the host's certificate could not be verified, or TLS failed",
        requests.exceptions.ProxyError: "the proxy could not be used",
        requests.exceptions.ConnectTimeout: "no connection in time",
        requests.exceptions.ReadTimeout: "no answer in time",
        requests.exceptions.ConnectionError: "the host could not be reached, or cut the connection",
    }
    return next((words for kind, words in kinds.items() if isinstance(error, kind)), type(error).__name__)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
