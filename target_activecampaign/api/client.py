"""The client: a method for each endpoint of ActiveCampaign that a run uses.

Owns paths, queries and the kind of permit that each endpoint takes. It must not know how a request travels
(`transport`), what its response means (`responses`) or when it is tried again (`retry`). Logs and errors
name the endpoint and the failure, never the key, an address or a body.
"""

from __future__ import annotations

import itertools
import threading
import typing as t

from target_activecampaign.api.contact_pages import read_contact_page
from target_activecampaign.api.responses import (
    MOST_TRIES,
    SUBSCRIBED,
    Accepted,
    read_contract,
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
from target_activecampaign.api.retry import MOST_SECONDS, retry
from target_activecampaign.api.transport import Transport
from target_activecampaign.errors import NotPermittedError
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.api.contact_pages import ContactPage
    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.api.rate_limits import Permit
    from target_activecampaign.api.responses import Contract, ImportStatus, Membership, Refused, Response
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusion

_T = t.TypeVar("_T")

_MOST_TRIES_AT_START = 3  # a wrong hostname or key shows within a few requests
_MOST_IMPORT_SLOTS = 1_500  # longer than `MOST_SECONDS` at fewer than 100 imports a minute


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
            rate_limiter: Gives a permit for each request.
            timeout_seconds: For one request.
        """
        self.requests = 0
        self._transport = Transport(base_url, api_key, timeout_seconds)
        self._rate_limiter = rate_limiter
        self._lock = threading.Lock()
        self._last_window = ""
        self._seconds_ahead = 0.0  # of the service's clock before ours

    # Account

    def check_key(self) -> None:
        """Read the key's own user.

        Raises:
            ServiceError: If the host can't be reached or refuses the key.
        """
        self._request("GET users/me", read_object, most_tries=_MOST_TRIES_AT_START)

    def list_names(self) -> dict[int, str]:
        """Return the id and name of every list that the key's user may see.

        Raises:
            ServiceError: If they can't be read.
        """
        return dict(self._pages("lists", "lists", read_list))

    def custom_fields(self) -> list[CustomField]:
        """Return all custom fields of contacts.

        Raises:
            ServiceError: If they can't be read.
        """
        return list(self._pages("fields", "fields", read_field))

    def exclusions(self, most: int) -> list[Exclusion] | None:
        """Return the account's exclusions, or `None` where this key may not read them.

        Args:
            most: How many to return at the most.

        Raises:
            ServiceError: If they can't be read.
        """
        try:
            return list(itertools.islice(self._pages("lists/exclusions", "exclusions", read_exclusion), most))
        except NotPermittedError:
            return None

    def contract(self) -> Contract | None:
        """Return the account's contract, or `None` where this key may not read it (only administrators may).

        Raises:
            ServiceError: If there is no usable response.
        """
        try:
            return self._request("GET settings/account", read_contract)
        except NotPermittedError:
            return None

    # Importer

    def submit(self, batch: ImportBody, on_send: Callable[[], None]) -> Accepted | Refused:
        """Send one import. It is queued, not processed, when this returns.

        Args:
            batch: The contacts of the import.
            on_send: Called right before the import is sent; again at every further try.

        Raises:
            ServiceError: If no usable response came. The import may be queued all the same.
            StoppedError: If the run stops before it was sent.
        """
        body, contacts = batch.encode(), len(batch)
        outcome = self._request(
            "POST import/bulk_import",
            read_submission,
            body=body,
            wait=lambda: self._rate_limiter.wait_for_import(contacts),
            on_send=on_send,
            most_seconds=max(MOST_SECONDS, _MOST_IMPORT_SLOTS * self._rate_limiter.import_slot_seconds),
            # All imports wait while the importer is in trouble, and a run that stops ends the wait.
            pause=self._rate_limiter.hold_imports,
        )
        if isinstance(outcome, Accepted):
            self._rate_limiter.note_accepted_import()
        return outcome

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        """Return the status of an import.

        Args:
            import_id: Its `batchId`.
            on_send: Called right before the request is sent; again at every further try.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        return self._request(
            "GET import/info",
            read_status,
            query={"batchId": import_id},
            wait=self._rate_limiter.wait_for_poll,
            on_send=on_send,
        )

    # Contacts

    def memberships(self, email: str) -> dict[int, Membership] | None:
        """Return the memberships of the contact with an address.

        Args:
            email: Trimmed and lower-cased.

        Returns:
            Id of each list that it was ever on to its membership there, or `None` where the account has no
            such contact.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        return self._request(
            "GET contacts",
            lambda response: read_memberships(response, email),
            query={"email": email, "include": "contactLists"},
            wait=self._rate_limiter.wait_for_read_back,
        )

    def contact_page(
        self, after_id: int, *, is_read_back: bool = False, list_id: int | None = None
    ) -> ContactPage:
        """Return the first hundred contacts with a greater id than this, by ascending id.

        Args:
            after_id: 0 for the first page.
            is_read_back: Whether sending goes first, and memberships are asked for.
            list_id: Only contacts that are subscribed to this list, with their memberships.

        Returns:
            The page, with memberships in our time.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        limiter = self._rate_limiter
        query = {"limit": PAGE_SIZE, "orders[id]": "ASC", "id_greater": after_id}
        if list_id is not None:
            query |= {"listid": list_id, "status": SUBSCRIBED}
        include = {"include": "contactLists"} if is_read_back or list_id is not None else {}
        page = self._request(
            "GET contacts",
            lambda response: read_contact_page(response, after_id),
            query={**query, **include},
            wait=limiter.wait_for_read_back if is_read_back else limiter.wait_for_request,
        )
        return page.earlier_by(self._seconds_ahead)

    # One request

    def _pages(self, path: str, collection: str, read: Callable[[dict[str, t.Any]], _T]) -> Iterator[_T]:
        """Yield the items of a collection, page by page, until one is short."""
        offset = 0
        while True:
            items = self._request(
                f"GET {path}",
                lambda response: read_items(response, collection, read),
                query={"limit": PAGE_SIZE, "offset": offset},
            )
            yield from items
            offset += len(items)
            if len(items) < PAGE_SIZE:
                return

    def _request(  # noqa: PLR0913 - each option by its name
        self,
        endpoint: str,
        read: Callable[[Response], _T],
        *,
        query: dict[str, t.Any] | None = None,
        body: bytes | None = None,
        wait: Callable[[], Permit] | None = None,
        on_send: Callable[[], None] = lambda: None,
        most_tries: int = MOST_TRIES,
        most_seconds: float = MOST_SECONDS,
        pause: Callable[[float], None] | None = None,
    ) -> _T:
        """Send a request until its response can be read.

        Args:
            endpoint: Method and path.
            read: Returns the response's value, or raises `TryAgainError` or `ServiceError`.
            query: Name to value.
            body: JSON.
            wait: Waits for the permit; that of a plain request by default.
            on_send: Called right before the request is sent.
            most_tries: As `retry` takes it.
            most_seconds: As `retry` takes it.
            pause: As `retry` takes it.
        """

        def attempt() -> _T:
            permit = (wait or self._rate_limiter.wait_for_request)()
            on_send()
            return read(self._send(permit, endpoint, query, body))

        return retry(
            attempt,
            self._rate_limiter,
            endpoint,
            most_tries=most_tries,
            most_seconds=most_seconds,
            pause=pause,
        )

    def _send(
        self, permit: Permit, endpoint: str, query: dict[str, t.Any] | None, body: bytes | None
    ) -> Response:
        """Send a request and give its permit back."""
        with self._lock:
            self.requests += 1
        method, path = endpoint.split()
        is_answered = False
        try:
            response = self._transport.send(method, path, query=query, body=body)
            is_answered = True
            self._learn_window(response)
        finally:
            self._rate_limiter.end(permit, is_answered=is_answered)
        return response

    def _learn_window(self, response: Response) -> None:
        """Learn the service's window of requests. Not every response names it (seen)."""
        window = response.headers.get("RateLimit-Limit", "")
        if window and window != self._last_window:
            self._last_window = window
            self._rate_limiter.learn_window(read_window(window))
