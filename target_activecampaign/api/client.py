"""The door to ActiveCampaign: what was sent, how often, and when is it given up?

How a request travels, `transport` knows; what an answer means, `answers` does. Logs and errors name the
endpoint and what was tried, never the key, an address or a body.
"""

from __future__ import annotations

import itertools
import logging
import threading
import typing as t
from collections import Counter

import tenacity

from target_activecampaign.api.responses import (
    MOST_TRIES,
    Accepted,
    Answer,
    Contract,
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
    read_window,
)
from target_activecampaign.api.transport import Transport
from target_activecampaign.errors import NotPermittedError, ServiceError
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.api.rate_limits import Permit
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusion

logger = logging.getLogger(__name__)

_MOST_TRIES_AT_START = 3  # a wrong hostname or key shows within a few requests
_MOST_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 60.0
# A refusal for the importer's rate is a wait of this many import slots, doubling.
_FIRST_WAIT_SLOTS = 10
_LONGEST_WAIT_SLOTS = 100
_MOST_WAIT_SLOTS = 1_500


class ImportBody(t.Protocol):
    """The contacts of one import."""

    def __len__(self) -> int:
        """Return how many there are."""

    def encode(self) -> bytes:
        """Encode the request's body."""


class Client:
    """Talks to one account. Threads may share it.

    Attributes:
        requests: Requests that were sent, every try counted.
    """

    def __init__(
        self, base_url: str, api_key: Secret, rate_limiter: RateLimiter, timeout_seconds: float
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: Scheme and host, without a path.
            api_key: Goes to this host alone, as the header `Api-Token`.
            rate_limiter: Asked before every request.
            timeout_seconds: For one request.
        """
        self.requests = 0
        self._transport = Transport(base_url, api_key, timeout_seconds)
        self._rate_limiter = rate_limiter
        self._lock = threading.Lock()
        self._import_refusals = 0
        self._said_of_window = ""

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

    def submit(self, batch: ImportBody, on_send: Callable[[], None]) -> Accepted | Refused:
        """Send one import. It is queued, not processed, when this returns.

        Args:
            batch: The contacts of the import.
            on_send: Called when its turn has come, right before it is sent; again at every further try.

        Raises:
            ServiceError: If no usable answer came. The import may be queued all the same.
            StoppedError: If the run stops before it was sent.
        """
        body, contacts = batch.encode(), len(batch)
        outcome = self._persist(
            "POST import/bulk_import",
            lambda: self._rate_limiter.wait_for_import(contacts),
            lambda: self._send("POST", "import/bulk_import", body=body),
            read_submission,
            on_send=on_send,
            most_seconds=max(_MOST_SECONDS, _MOST_WAIT_SLOTS * self._rate_limiter.import_slot_seconds),
            # An importer in trouble is left alone by all, and a run that stops does not wait for it.
            pause=self._rate_limiter.hold_imports,
        )
        if isinstance(outcome, Accepted):
            with self._lock:
                self._import_refusals = 0
        return outcome

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        """Ask how far an import is.

        Args:
            import_id: Its `batchId`.
            on_send: Called when its turn has come, right before it is sent; again at every further try.

        Raises:
            ServiceError: If no usable answer came.
            StoppedError: If the run stops.
        """
        return self._persist(
            "GET import/info",
            self._rate_limiter.wait_for_poll,
            lambda: self._send("GET", "import/info", query={"batchId": import_id}),
            read_status,
            on_send=on_send,
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
            wait=self._rate_limiter.wait_for_read_back,
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
            wait or self._rate_limiter.wait_for_request,
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
        on_send: Callable[[], None] = lambda: None,
        most_tries: int = MOST_TRIES,
        most_seconds: float = _MOST_SECONDS,
        pause: Callable[[float], None] | None = None,
    ) -> _T:
        """Try until there is an answer, bounded in tries and in time."""
        clock = self._rate_limiter.clock
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
            on_send()
            is_answered = False
            try:
                answer = send()
                is_answered = True
                self._hear_of_window(answer)
            finally:
                self._rate_limiter.end(permit, is_answered=is_answered)
            return read(answer)

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgainError),
            stop=gives_up,
            wait=_pause,
            sleep=pause or self._rate_limiter.pause,
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

    def _hear_of_window(self, answer: Answer) -> None:
        """Learn what the service says of its window of requests. Not every answer says it (seen)."""
        said = answer.headers.get("RateLimit-Limit", "")
        if said and said != self._said_of_window:
            self._said_of_window = said
            self._rate_limiter.learn_window(read_window(said))

    def _heed(self, what: str, error: TryAgainError) -> None:
        """Say that a request is tried again, and hold others back where a rate limit was reached."""
        logger.info("%s: %s; trying again", what, error)
        if error.limit == "requests":
            self._rate_limiter.hold_requests(error.pause_seconds)
        if error.limit == "imports":
            self._rate_limiter.hold_imports(self._next_import_hold())

    def _next_import_hold(self) -> float:
        with self._lock:
            doubled = _FIRST_WAIT_SLOTS << min(self._import_refusals, 8)
            slots = min(_LONGEST_WAIT_SLOTS, doubled)
            self._import_refusals += 1
        return slots * self._rate_limiter.import_slot_seconds

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
        return self._transport.send(method, path, query=query, body=body)


_T = t.TypeVar("_T")


def _try_again(state: tenacity.RetryCallState) -> TryAgainError:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, TryAgainError):  # pragma: no cover - the retry condition lets no other through
        raise TypeError
    return error


_jitter = tenacity.wait_random_exponential(multiplier=1, max=_LONGEST_PAUSE_SECONDS, min=0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    error = _try_again(state)
    return 0.0 if error.limit else float(_jitter(state))


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
