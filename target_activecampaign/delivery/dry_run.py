"""A dry run: everything but the writes. It stands in front of the client and keeps imports back."""

from __future__ import annotations

import itertools
import threading
import typing as t
from dataclasses import replace

from target_activecampaign.api.memberships import ContactLists
from target_activecampaign.api.responses import (
    SUBSCRIBED,
    UNSUBSCRIBED,
    Accepted,
    Contract,
    ImportStatus,
    Membership,
)
from target_activecampaign.storage.email_map import EmailMap

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.contact_pages import ContactPage
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import Batch, PendingContact


class DryRun:
    """Reads from the account, and takes imports without sending them; each has ended when it is polled.

    Threads may share it. A contact that one run puts on a list and later takes off is checked in between, so
    a dry run remembers who would be on which list.
    """

    def __init__(self, account: Account, contract: Contract | None, *, remembers_lists: bool) -> None:
        """Prepare.

        Args:
            account: Is read.
            contract: As read before the first contact; `None` where it is not guarded.
            remembers_lists: Whether a contact may be checked that the run itself put on a list.
        """
        self._account = account
        self._contract = contract
        self._numbers = itertools.count(1)
        self._possibly_new: dict[str, int] = {}
        self._lists = EmailMap() if remembers_lists else None
        self._lock = threading.Lock()

    def submit(self, batch: Batch, on_send: Callable[[], None]) -> Accepted:
        """Take a batch, and count its contacts that may be new as new."""
        del on_send  # nothing is sent
        import_id = f"dry-run-{next(self._numbers)}"
        with self._lock:
            self._possibly_new[import_id] = batch.possibly_new
            if self._lists is not None:
                for pending in batch.contacts:
                    self._remember(pending, self._lists)
        return Accepted(import_id)

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        """Say that an import has ended, with the contacts that may be new as new."""
        del on_send  # nothing is asked
        with self._lock:
            created = self._possibly_new.pop(import_id)
            if self._contract is not None:
                total = self._contract.subscriber_total + created
                self._contract = replace(self._contract, subscriber_total=total)
        return ImportStatus("completed", created)

    def memberships(self, email: str) -> ContactLists:
        """Return the lists of a contact, as the imports so far would have left them."""
        found = self._account.memberships(email)
        if self._lists is None:
            return found
        with self._lock:
            remembered = self._lists.find([email]).get(email)
        if remembered is None:
            return found
        lists = dict(found.by_list)
        for list_id, status in _unpack(remembered).items():
            real = lists.get(list_id)
            # The importer puts no contact on a list again that it left.
            if real is None or real.status == SUBSCRIBED:
                lists[list_id] = Membership(status, None)
        return ContactLists(by_list=lists, is_whole=found.is_whole)

    def contact_page(
        self,
        after_id: int,
        *,
        is_read_back: bool = False,
        list_id: int | None = None,
        list_status: int = SUBSCRIBED,
    ) -> ContactPage:
        """Return contacts of the account, without memberships of those that the run itself would change."""
        page = self._account.contact_page(
            after_id, is_read_back=is_read_back, list_id=list_id, list_status=list_status
        )
        if page.memberships is None or self._lists is None:
            return page
        with self._lock:
            changed = self._lists.find(page.emails)
        kept = {place: one for place, one in page.memberships.items() if place[0] not in changed}
        return replace(page, memberships=kept)

    def contract(self) -> Contract | None:
        """Return the contract, as the imports so far would have left it."""
        with self._lock:
            return self._contract

    def close(self) -> None:
        """Free the disk that the lists take."""
        if self._lists is not None:
            self._lists.close()

    def _remember(self, pending: PendingContact, lists: EmailMap) -> None:
        email, list_id = pending.contact.email, pending.contact.list_id
        remembered = _unpack(lists.find([email]).get(email, b""))
        if pending.contact.unsubscribes:
            remembered[list_id] = UNSUBSCRIBED
        elif pending.contact.subscribes:
            remembered.setdefault(list_id, SUBSCRIBED)
        text = " ".join(f"{number}:{status}" for number, status in remembered.items())
        lists.put_all({email: text.encode()})


def _unpack(remembered: bytes) -> dict[int, int]:
    """Read `list:status list:status …`."""
    pairs = (part.split(":") for part in remembered.decode().split())
    return {int(list_id): int(status) for list_id, status in pairs}
