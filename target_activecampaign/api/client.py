"""The client: a method for each endpoint of ActiveCampaign that a run uses.

Owns paths, queries and the kind of permit that each endpoint takes. It must not know how a request travels
(`transport`), what its response means (`responses`) or when it is tried again (`retry`). Logs and errors
name the endpoint and the failure, never the key, an address or a body.
"""

from __future__ import annotations

import itertools
import math
import re
import threading
import typing as t
import urllib.parse
from collections import Counter
from dataclasses import replace

from target_activecampaign.api.contact_pages import read_contact_page
from target_activecampaign.api.contract import NoLimit, read_contract
from target_activecampaign.api.field_options import FieldOptions
from target_activecampaign.api.held_contact import HeldContact, read_held, read_tag_ids
from target_activecampaign.api.import_status import read_status
from target_activecampaign.api.memberships import ContactLists, read_contact, read_contact_lists
from target_activecampaign.api.paging import read_pages
from target_activecampaign.api.responses import (
    KEY_CHECK,
    MOST_TRIES,
    SUBSCRIBED,
    Accepted,
    TryAgainError,
    read_exclusion,
    read_field,
    read_list,
    read_object,
    read_page,
    read_service_time,
    read_tag,
    read_tagged_contacts,
    read_total,
    read_user,
    read_window,
)
from target_activecampaign.api.retry import MOST_SECONDS, retry
from target_activecampaign.api.submission import read_submission
from target_activecampaign.api.transport import Transport
from target_activecampaign.errors import NotPermittedError
from target_activecampaign.limits import PAGE_SIZE

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_activecampaign.api.contact_pages import ContactPage
    from target_activecampaign.api.paging import Page
    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.api.rate_limits import Permit
    from target_activecampaign.api.responses import (
        AccountList,
        Contract,
        ImportStatus,
        Refused,
        Response,
        Tag,
        User,
    )
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusion

_T = t.TypeVar("_T")

_MOST_TRIES_AT_START = 3  # a wrong hostname or key shows within a few requests
_MOST_UNREADABLE = 2  # answers that can't be read, before one is taken as it is
_MOST_IMPORT_SLOTS = 1_500  # longer than `MOST_SECONDS` at fewer than 100 imports a minute


class ImportBody(t.Protocol):
    """The contacts of one import."""

    def __len__(self) -> int:
        """Return how many there are."""

    def encode(self) -> bytes:
        """Encode the request's body."""


class Bounds(t.NamedTuple):
    """How long a client insists on an answer.

    Attributes:
        tries: After which to give a request up.
        seconds: Likewise.
        is_quiet: Whether the caller says each failure itself, so that tries are not logged.
    """

    tries: int = MOST_TRIES
    seconds: float = math.inf
    is_quiet: bool = False


class Client:
    """Talks to one account. Threads may share it.

    Attributes:
        requests: Requests that were sent, every try counted.
        retries: Those of them that were not the first try.
        answers: How many had which status, by endpoint without ids; `None` stands for no answer.
        has_submitted: Whether an import was sent, accepted or not.
        latency_seconds: Of the quickest answer; `None` before the first.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Secret,
        rate_limiter: RateLimiter,
        timeout_seconds: float,
        *,
        bounds: Bounds | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: Scheme and host, without a path.
            api_key: Goes to this host alone, as the header `Api-Token`.
            rate_limiter: Gives a permit for each request.
            timeout_seconds: For one request.
            bounds: For all requests, below those of each.
        """
        self.requests = 0
        self.retries = 0
        self.answers: Counter[tuple[str, int | None]] = Counter()
        self.has_submitted = False
        self.latency_seconds: float | None = None
        self._bounds = bounds or Bounds()
        self._api_key = api_key
        self._transport = Transport(base_url, api_key, timeout_seconds)
        self._rate_limiter = rate_limiter
        self._lock = threading.Lock()
        self._last_window = ""
        self._may_read_lists = True  # of a contact by its id
        self._ahead = (-math.inf, math.inf)  # seconds between which the service's clock is before ours

    def requests_by(self) -> list[dict[str, t.Any]]:
        """Return how many requests there were, by endpoint and status, as the report holds it."""
        with self._lock:
            answers = sorted(self.answers.items(), key=lambda one: (one[0][0], one[0][1] or 0))
        return [
            {"endpoint": endpoint, "status": status, "requests": requests}
            for (endpoint, status), requests in answers
        ]

    # Account

    @property
    def seconds_ahead(self) -> float | None:
        """By how much the service's clock is ahead of ours, `None` as long as it told no time."""
        least, most = self._ahead
        return None if math.isinf(most) else (least + most) / 2

    def check_key(self) -> User:
        """Return the key's own user.

        Raises:
            ServiceError: If the host can't be reached or refuses the key.
        """
        return self._request(KEY_CHECK, read_user, most_tries=_MOST_TRIES_AT_START)

    def lists(self) -> list[AccountList]:
        """Return every list that the key's user may see.

        Raises:
            ServiceError: If they can't be read.
        """
        return list(self._pages("lists", read_list))

    def custom_fields(self) -> list[CustomField]:
        """Return all custom fields of contacts, with their options.

        Raises:
            ServiceError: If they can't be read.
        """
        options = FieldOptions()
        fields = list(self._pages("fields", read_field, note=options.note))
        return [options.added_to(field) for field in fields]

    def tags(self, most: int | None = None) -> list[Tag]:
        """Return the tags that contacts may have.

        Args:
            most: How many to read at the most, those of templates included; all by default.

        Raises:
            ServiceError: If they can't be read.
        """
        tags = itertools.islice(self._pages("tags", read_tag), most)
        return [tag for tag in tags if tag.is_for_contacts]

    def tagged_contacts(self, tag_id: int) -> int | None:
        """Return how many contacts have a tag; `None` where the account does not say.

        Raises:
            ServiceError: If no usable response came.
        """
        return self._request(f"GET tags/{tag_id}", read_tagged_contacts)

    def exclusions(self, most: int) -> list[Exclusion]:
        """Return the account's exclusions.

        Args:
            most: How many to return at the most.

        Raises:
            ServiceError: If they can't be read. The run goes on without them.
        """
        pages = self._pages("lists/exclusions", read_exclusion, is_optional=True)
        return list(itertools.islice(pages, most))

    def first_contract(self) -> Contract | NoLimit:
        """Return the account's contract before the first write, or why there is none to keep to.

        Raises:
            ServiceError: If it can't be read, for another reason than want of rights.
        """
        try:
            return self._request(
                "GET settings/account", read_contract, most_tries=_MOST_TRIES_AT_START, is_optional=True
            )
        except NotPermittedError:
            reason = "this key may not read the account's contract (only an administrator's may)"
            return NoLimit(reason, is_permitted=False)

    def contract(self) -> Contract | None:
        """Return the account's contract, or `None` where the account tells none to this key (any more).

        Raises:
            ServiceError: If there is no usable response.
        """
        try:
            contract = self._request("GET settings/account", read_contract)
        except NotPermittedError:
            return None
        return None if isinstance(contract, NoLimit) else contract

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
        unanswered = 0

        def note_sent() -> None:
            nonlocal unanswered
            unanswered += 1
            self.has_submitted = True
            on_send()

        def read(response: Response) -> Accepted | Refused:
            nonlocal unanswered
            try:
                found = read_submission(response, contacts)
            except TryAgainError as error:
                # Over a rate limit nothing is queued; after any other failure it may be.
                unanswered -= error.limit is not None
                raise
            unanswered -= 1
            return found

        outcome = self._request(
            "POST import/bulk_import",
            read,
            body=body,
            wait=lambda: self._rate_limiter.wait_for_import(contacts),
            on_send=note_sent,
            most_seconds=max(MOST_SECONDS, _MOST_IMPORT_SLOTS * self._rate_limiter.import_slot_seconds),
            # All imports wait while the importer is in trouble, and a run that stops ends the wait.
            pause=self._rate_limiter.hold_imports,
        )
        if isinstance(outcome, Accepted):
            self._rate_limiter.note_accepted_import()
        else:
            outcome = replace(outcome, words=self._without_key(outcome.words))
        return replace(outcome, may_be_second=unanswered > 0)

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        """Return the status of an import.

        Args:
            import_id: Its `batchId`.
            on_send: Called right before the request is sent; again at every further try.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        status = self._request(
            "GET import/info",
            _patiently(read_status),
            query={"batchId": import_id},
            wait=self._rate_limiter.wait_for_poll,
            on_send=on_send,
        )
        reasons = {email: self._without_key(words) for email, words in status.reasons.items()}
        return replace(status, reasons=reasons) if reasons else status

    def _without_key(self, words: str) -> str:
        """Return words of the service without the key, which they may quote from the request."""
        key = self._api_key.reveal()
        for shown in (key, urllib.parse.quote(key, safe="")):
            words = words.replace(shown, "(the key)")
        return words

    # Contacts

    def memberships(self, email: str) -> ContactLists:
        """Return the lists of the contact with an address, in our time.

        Args:
            email: Trimmed and lower-cased.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        ids, lists = self._request(
            "GET contacts",
            lambda response: read_contact(response, email),
            query={"email": email, "include": "contactLists"},
            wait=self._rate_limiter.wait_for_read_back,
        )
        if ids and not lists.is_whole:
            lists = self._documented_lists(ids, lists)
        return lists.earlier_by(self.seconds_ahead)

    def held_contact(self, email: str) -> HeldContact | None:
        """Return all that the account holds of the contact with an address: three requests.

        Args:
            email: Trimmed and lower-cased.

        Returns:
            `None` where the account has no contact of this address, or several.

        Raises:
            ServiceError: If no usable response came.
        """
        ids, _ = self._request(
            "GET contacts",
            lambda response: read_contact(response, email),
            query={"email": email, "include": "contactLists"},
        )
        if len(ids) != 1:
            return None
        contact_id = min(ids)
        held = self._request(f"GET contacts/{contact_id}", read_held)
        return replace(held, tags=self._request(f"GET contacts/{contact_id}/contactTags", read_tag_ids))

    def pages_host(self) -> str | None:
        """Return the host of the account's pages; `None` where the account does not tell this key.

        Raises:
            ServiceError: If no usable response came.
        """
        try:
            account = self._request("GET settings/account", read_object, is_optional=True)
        except NotPermittedError:
            return None
        host = account.get("account")
        return host if isinstance(host, str) and host else None

    def _documented_lists(self, ids: Iterable[str], included: ContactLists) -> ContactLists:
        """Return the lists of contacts by their ids: the documented way, and a request for each.

        Args:
            ids: Of the contacts with one address.
            included: What the look-up by the address told: it counts where this tells no more.
        """
        found = ContactLists(values=included.values)
        for contact_id in sorted(ids):
            found = found.joined_with(self._lists_of(contact_id))
        return found if found.is_whole else included.joined_with(found)

    def _lists_of(self, contact_id: str) -> ContactLists:
        if self._may_read_lists:
            try:
                return self._request(
                    f"GET contacts/{contact_id}/contactLists",
                    lambda response: read_contact_lists(response, contact_id),
                    wait=self._rate_limiter.wait_for_read_back,
                )
            except NotPermittedError:
                self._may_read_lists = False
        return ContactLists(is_whole=False)

    def subscriber_count(self, list_id: int) -> int | None:
        """Return how many contacts are subscribed to a list, as the account counts them (`meta.total`).

        Returns:
            `None` where the account does not say.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        return self._request(
            "GET contacts", read_total, query={"listid": list_id, "status": SUBSCRIBED, "limit": 1}
        )

    def contact_page(
        self,
        after_id: int,
        *,
        is_read_back: bool = False,
        list_id: int | None = None,
        list_status: int = SUBSCRIBED,
    ) -> ContactPage:
        """Return the first hundred contacts with a greater id than this, by ascending id.

        Args:
            after_id: 0 for the first page.
            is_read_back: Whether sending goes first, and memberships are asked for.
            list_id: Only contacts with a membership of this list, which the page tells.
            list_status: Only those whose membership has this status.

        Returns:
            The page, with memberships in our time.

        Raises:
            ServiceError: If no usable response came.
            StoppedError: If the run stops.
        """
        limiter = self._rate_limiter
        query = {"limit": PAGE_SIZE, "orders[id]": "ASC", "id_greater": after_id}
        if list_id is not None:
            query |= {"listid": list_id, "status": list_status}
        include = {"include": "contactLists"} if is_read_back or list_id is not None else {}
        page = self._request(
            "GET contacts",
            lambda response: read_contact_page(response, after_id),
            query={**query, **include},
            wait=limiter.wait_for_read_back if is_read_back else limiter.wait_for_request,
        )
        return page.earlier_by(self.seconds_ahead)

    # One request

    def _pages(
        self,
        path: str,
        read: Callable[[dict[str, t.Any]], _T],
        *,
        note: Callable[[Response], None] = lambda _: None,
        is_optional: bool = False,
    ) -> Iterator[_T]:
        """Yield the items of a collection, which is called like the path's end.

        Args:
            path: Of the collection.
            read: Reads an item.
            note: Takes each page whose items could be read, for what stands beside them.
            is_optional: As `retry` takes it.
        """
        collection = path.rpartition("/")[2]

        def read_and_note(response: Response) -> Page[_T]:
            page = read_page(response, collection, read)
            note(response)
            return page

        def fetch(offset: int) -> Page[_T]:
            return self._request(
                f"GET {path}",
                read_and_note,
                query={"limit": PAGE_SIZE, "offset": offset},
                most_tries=_MOST_TRIES_AT_START if is_optional else MOST_TRIES,
                is_optional=is_optional,
            )

        return read_pages(path, fetch)

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
        is_optional: bool = False,
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
            is_optional: As `retry` takes it.
        """
        is_first = True

        def attempt() -> _T:
            nonlocal is_first
            permit = (wait or self._rate_limiter.wait_for_request)()
            on_send()
            with self._lock:
                self.retries += not is_first
            is_first = False
            return read(self._send(permit, endpoint, query, body))

        return retry(
            attempt,
            self._rate_limiter,
            endpoint,
            most_tries=min(most_tries, self._bounds.tries),
            most_seconds=min(most_seconds, self._bounds.seconds),
            pause=pause,
            is_optional=is_optional or self._bounds.is_quiet,
        )

    def _send(
        self, permit: Permit, endpoint: str, query: dict[str, t.Any] | None, body: bytes | None
    ) -> Response:
        """Send a request and give its permit back."""
        with self._lock:
            self.requests += 1
        method, path = endpoint.split()
        is_answered, status = False, None
        began = self._rate_limiter.clock.now()
        sent_at = self._rate_limiter.clock.utc_now().timestamp()
        try:
            response = self._transport.send(method, path, query=query, body=body)
            is_answered, status = True, response.status
            took = self._rate_limiter.clock.now() - began
            self.latency_seconds = took if self.latency_seconds is None else min(took, self.latency_seconds)
            self._learn_window(response)
            self._learn_time(response, sent_at)
        finally:
            self._rate_limiter.end(permit, is_answered=is_answered)
            with self._lock:
                self.answers[f"{method} /{_without_ids(path)}", status] += 1
        return response

    def _learn_window(self, response: Response) -> None:
        """Learn the service's window of requests. Not every response names it (seen)."""
        window = response.headers.get("RateLimit-Limit", "")
        if window and window != self._last_window:
            self._last_window = window
            self._rate_limiter.learn_window(read_window(window))

    def _learn_time(self, response: Response, sent_at: float) -> None:
        """Learn how far the service's clock is ahead of ours: between sending and reading it said its time.

        The quickest answers tell most; a slow one says little, and changes nothing.
        """
        its_time = read_service_time(response)
        if its_time is None:
            return
        read_at = self._rate_limiter.clock.utc_now().timestamp()
        least, most = its_time - read_at, its_time + 1 - sent_at
        with self._lock:
            bounds = max(self._ahead[0], least), min(self._ahead[1], most)
            self._ahead = bounds if bounds[0] <= bounds[1] else (least, most)


def _without_ids(path: str) -> str:
    return re.sub(r"(?<=/)\d+(?=/|$)", "{id}", path)


def _patiently(read: Callable[[Response], ImportStatus]) -> Callable[[Response], ImportStatus]:
    """Return a reader that takes an ended import's unreadable answer only when it comes again."""
    left = _MOST_UNREADABLE

    def read_or_try_again(response: Response) -> ImportStatus:
        nonlocal left
        status = read(response)
        if status.state == "completed" and not status.is_readable and left:
            left -= 1
            raise TryAgainError(f"an ended import of which {status.doubt}")
        return status

    return read_or_try_again
