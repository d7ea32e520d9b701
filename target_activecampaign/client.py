"""The door to ActiveCampaign: what was sent, how often, and when is it given up?

The only module that talks HTTP; what an answer means, `answers` knows. Logs and errors name the endpoint and
what was tried, never the key, an address or a body.
"""

from __future__ import annotations

import ipaddress
import itertools
import logging
import threading
import typing as t
import urllib.parse
from collections import Counter

import requests
import tenacity

from target_activecampaign.allowance import Contract
from target_activecampaign.answers import (
    MOST_TRIES,
    MOST_TRIES_TLS,
    Accepted,
    Answer,
    ImportStatus,
    Membership,
    Refused,
    TryAgainError,
    read_exclusion,
    read_field,
    read_items,
    read_list,
    read_memberships,
    read_object,
    read_status,
    read_submission,
)
from target_activecampaign.errors import NotPermittedError, ServiceError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.custom_fields import CustomField
    from target_activecampaign.exclusions import Exclusion
    from target_activecampaign.pacing import Pacer
    from target_activecampaign.rate_limits import Permit
    from target_activecampaign.secret import Secret

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
"""The most that a page of a collection holds (pagination reference)."""

_MOST_TRIES_AT_START = 3  # a wrong hostname or key shows within a few requests
_MOST_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 60.0
# A refusal for the importer's rate is a wait of this many import slots, doubling.
_FIRST_WAIT_SLOTS = 10
_LONGEST_WAIT_SLOTS = 100
_MOST_WAIT_SLOTS = 1_500
# The largest answer is a page of 100 custom fields or contacts, well below a megabyte.
_CHUNK_BYTES = 65_536
_MOST_CHUNKS = 256
_MOST_CONNECTIONS = 1_000  # kept when idle; there are never more threads than that


class Client:
    """Talks to one account. Threads may share it.

    Attributes:
        requests: Requests that were sent, every try counted.
    """

    def __init__(self, base_url: str, api_key: Secret, pacer: Pacer, timeout_seconds: float) -> None:
        """Prepare; nothing is sent yet.

        Connections are shared: there are as many as requests in the air at once, and a thread takes any that
        is free.

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
        self._adapter = requests.adapters.HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._import_refusals = 0

    # Account

    def check_key(self) -> None:
        """Ask who the key belongs to.

        Raises:
            ServiceError: If the host can't be reached or refuses the key.
        """
        self._get("users/me", read_object, most_tries=_MOST_TRIES_AT_START)

    def list_names(self) -> dict[int, str]:
        """Id to name of every list that the key's user may see.

        Raises:
            ServiceError: If they can't be read.
        """
        return dict(self._pages("lists", read_list))

    def custom_fields(self) -> list[CustomField]:
        """All custom fields of contacts, all pages.

        Raises:
            ServiceError: If they can't be read.
        """
        return list(self._pages("fields", read_field))

    def contract(self) -> Contract | None:
        """The account's contract, or `None` where this key may not read it (only administrators may).

        Raises:
            ServiceError: If there is no usable answer.
        """
        try:
            answer = self._get("settings/account", read_object)
            return Contract(int(answer["subscriber_limit"]), int(answer["subscriber_total"]))
        except (NotPermittedError, KeyError, TypeError, ValueError):
            return None

    # Importer

    def submit(
        self,
        body: bytes,
        contacts: int,
        departs: Callable[[], None] = lambda: None,
    ) -> Accepted | Refused:
        """Send one import. It is queued, not processed, when this returns.

        Args:
            body: As `Batch.encode` makes it.
            contacts: How many stand in it.
            departs: Called when its turn has come, right before it is sent; again at every further try.

        Raises:
            ServiceError: If no usable answer came. The import may be queued all the same.
            StoppedError: If the run stops before it was sent.
        """
        outcome = self._persist(
            "POST import/bulk_import",
            lambda: self._pacer.wait_for_import(contacts),
            lambda: self._send("POST", "import/bulk_import", body=body),
            read_submission,
            departs=departs,
            most_seconds=max(_MOST_SECONDS, _MOST_WAIT_SLOTS * self._pacer.import_slot_seconds),
            # An importer in trouble is left alone by all, and a run that stops does not wait for it.
            pause=self._pacer.hold_imports,
        )
        if isinstance(outcome, Accepted):
            with self._lock:
                self._import_refusals = 0
        return outcome

    def look(self, import_id: str, departs: Callable[[], None] = lambda: None) -> ImportStatus:
        """Ask how far an import is.

        Args:
            import_id: Its `batchId`.
            departs: Called when its turn has come, right before it is sent; again at every further try.

        Raises:
            ServiceError: If no usable answer came.
            StoppedError: If the run stops.
        """
        return self._persist(
            "GET import/info",
            self._pacer.wait_for_look,
            lambda: self._send("GET", "import/info", query={"batchId": import_id}),
            read_status,
            departs=departs,
        )

    # Contacts

    def memberships(self, email: str) -> dict[int, Membership] | None:
        """Look a contact up by its identity.

        Args:
            email: Trimmed and lower-cased.

        Returns:
            Id of each list that it was ever on to its membership there, or `None` where the account has no
            such contact.

        Raises:
            ServiceError: If no usable answer came.
            StoppedError: If the run stops.
        """
        return self._get(
            "contacts",
            lambda answer: read_memberships(answer, email),
            {"email": email, "include": "contactLists"},
            wait=self._pacer.wait_for_verification,
        )

    def exclusions(self, most: int) -> list[Exclusion] | None:
        """The account's exclusions, `most` at the most; `None` where this key may not read them.

        Raises:
            ServiceError: If they can't be read.
        """
        try:
            pages = self._pages("lists/exclusions", read_exclusion, collection="exclusions")
            return list(itertools.islice(pages, most))
        except NotPermittedError:
            return None

    # One request

    def _get(
        self,
        path: str,
        read: Callable[[Answer], _T],
        query: dict[str, t.Any] | None = None,
        *,
        wait: Callable[[], Permit] | None = None,
        most_tries: int = MOST_TRIES,
    ) -> _T:
        """Ask until there is an answer that can be read."""
        return self._persist(
            f"GET {path}",
            wait or self._pacer.wait_for_request,
            lambda: self._send("GET", path, query=query),
            read,
            most_tries=most_tries,
        )

    def _pages(
        self,
        path: str,
        read: Callable[[dict[str, t.Any]], _T],
        *,
        collection: str | None = None,
    ) -> Iterator[_T]:
        """Items of a collection, all pages, until one is short."""
        offset = 0
        while True:
            items = self._get(
                path,
                lambda answer: read_items(answer, collection or path, read),
                {"limit": PAGE_SIZE, "offset": offset},
            )
            yield from items
            offset += len(items)
            if len(items) < PAGE_SIZE:
                return

    def _persist(  # noqa: PLR0913 - each bound by its name
        self,
        what: str,
        wait: Callable[[], Permit],
        send: Callable[[], Answer],
        read: Callable[[Answer], _T],
        *,
        departs: Callable[[], None] = lambda: None,
        most_tries: int = MOST_TRIES,
        most_seconds: float = _MOST_SECONDS,
        pause: Callable[[float], None] | None = None,
    ) -> _T:
        """Try until there is an answer, bounded in tries and in time."""
        clock = self._pacer.clock
        started = clock.now()
        failures: Counter[int] = Counter()  # by how many of the kind are borne

        def gives_up(state: tenacity.RetryCallState) -> bool:
            error = _try_again(state)
            if clock.now() - started >= most_seconds:
                return True
            if error.limit is not None:
                return False
            failures[error.most_tries] += 1
            is_last_of_kind = failures[error.most_tries] >= error.most_tries
            return is_last_of_kind or failures.total() >= min(MOST_TRIES, most_tries)

        def paced_attempt() -> _T:
            permit = wait()
            departs()
            is_answered = False
            try:
                answer = send()
                is_answered = True
            finally:
                self._pacer.end(permit, is_answered=is_answered)
            return read(answer)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgainError),
            stop=gives_up,
            wait=_pause,
            sleep=pause or self._pacer.pause,
            before_sleep=lambda state: self._heed(what, _try_again(state)),
            reraise=True,
        )
        try:
            return retrying(paced_attempt)
        except TryAgainError as error:
            tries = retrying.statistics["attempt_number"]
            seconds = clock.now() - started
            msg = (
                f"{what}: {error}. Gave up after {_count(tries, 'try', 'tries')} in {seconds:.0f} s. "
                f"Look at the host and at the key (settings hostname, api_key), then run again"
            )
            raise (NotPermittedError if error.is_refusal else ServiceError)(msg) from None

    def _heed(self, what: str, error: TryAgainError) -> None:
        """Say that a request is tried again, and hold others back where a rate limit was reached."""
        logger.info("%s: %s; trying again", what, error)
        if error.limit == "requests":
            self._pacer.hold_requests(error.pause_seconds)
        if error.limit == "imports":
            self._pacer.hold_imports(self._next_import_hold())

    def _next_import_hold(self) -> float:
        with self._lock:
            doubled = _FIRST_WAIT_SLOTS << min(self._import_refusals, 8)
            slots = min(_LONGEST_WAIT_SLOTS, doubled)
            self._import_refusals += 1
        return slots * self._pacer.import_slot_seconds

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, t.Any] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        with self._lock:
            self.requests += 1
        headers = {"Api-Token": self._api_key.reveal(), "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with self._session().request(
                method,
                f"{self._base_url}/api/3/{path}",
                params=query,
                data=body,
                headers=headers,
                timeout=self._timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read_body(response)
                return Answer(response.status_code, content, response.headers, f"{method} {path}")
        except requests.exceptions.SSLError as error:
            raise TryAgainError(_describe(error), most_tries=MOST_TRIES_TLS) from None
        except requests.RequestException as error:
            raise TryAgainError(_describe(error)) from None

    def _session(self) -> requests.Session:
        """A session for each thread: `requests` promises nothing for a shared one.

        The connections below are urllib3's, which threads may share.
        """
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session()
            session.mount(self._base_url, self._adapter)
            session.auth = _keep_headers
            # Proxies of the environment are for the internet.
            session.trust_env = not _is_loopback(self._base_url)
        return session


_T = t.TypeVar("_T")


class _Session(requests.Session):
    """Never follows a redirect: the key is for one host alone."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere; else `requests` reads the target even where it may not follow it."""


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands in for credentials of a `.netrc`, which `requests` would add by itself."""
    return request


def _is_loopback(base_url: str) -> bool:
    host = urllib.parse.urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _try_again(state: tenacity.RetryCallState) -> TryAgainError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, TryAgainError):  # pragma: no cover - the retry condition lets no other through
        raise TypeError
    return error


_jitter = tenacity.wait_random_exponential(multiplier=1, max=_LONGEST_PAUSE_SECONDS, min=0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    error = _try_again(state)
    return 0.0 if error.limit else float(_jitter(state))


def _read_body(response: requests.Response) -> bytes:
    """The body, up to a size that no answer has: memory stays bounded whatever the host sends."""
    chunks = list(itertools.islice(response.iter_content(_CHUNK_BYTES), _MOST_CHUNKS + 1))
    if len(chunks) > _MOST_CHUNKS:
        what = f"HTTP {response.status_code} with an answer of more than {_MOST_CHUNKS * _CHUNK_BYTES} bytes"
        raise TryAgainError(what)
    return b"".join(chunks)


def _describe(error: requests.RequestException) -> str:
    """What went wrong on the way, in words that hold nothing of the request."""
    kinds: dict[type[requests.RequestException], str] = {
        requests.exceptions.SSLError: "the host's certificate could not be verified, or TLS failed",
        requests.exceptions.ProxyError: "the proxy could not be used",
        requests.exceptions.ConnectTimeout: "no connection in time",
        requests.exceptions.ReadTimeout: "no answer in time",
        requests.exceptions.ConnectionError: "the host could not be reached or found, or cut the connection",
    }
    return next((words for kind, words in kinds.items() if isinstance(error, kind)), type(error).__name__)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
