"""The account as the delivery sees it: the client, or a dry run in front of it."""

from __future__ import annotations

import typing as t

from target_activecampaign.api.responses import SUBSCRIBED

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.contact_pages import ContactPage
    from target_activecampaign.api.memberships import ContactLists
    from target_activecampaign.api.responses import Accepted, Contract, ImportStatus, Refused
    from target_activecampaign.delivery.batch import Batch


class Account(t.Protocol):
    """What a delivery asks of ActiveCampaign. Threads may share it.

    Each call waits for its turn within the rate limits and tries again what may pass. It raises
    `ServiceError` where no usable answer comes, and `StoppedError` where the run stops. `on_send` is called
    right before a request is sent, again at every further try.
    """

    def submit(self, batch: Batch, on_send: Callable[[], None]) -> Accepted | Refused:
        """Send a batch as one import, which is queued and not processed when this returns."""

    def poll(self, import_id: str, on_send: Callable[[], None]) -> ImportStatus:
        """Ask how far an import is."""

    def memberships(self, email: str) -> ContactLists:
        """Return whether the account has a contact of an identity, and its lists."""

    def contact_page(
        self,
        after_id: int,
        *,
        is_read_back: bool = False,
        list_id: int | None = None,
        list_status: int = SUBSCRIBED,
    ) -> ContactPage:
        """Return the first hundred contacts with a greater id than this, by ascending id.

        For a read-back sending goes first. For that, and for the people of a list with a status there, the
        page tells of memberships.
        """

    def contract(self) -> Contract | None:
        """Read the contract; `None` where this key may not."""
