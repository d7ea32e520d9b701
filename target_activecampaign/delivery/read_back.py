"""Reading contacts back after an import: is the one that was delivered really there?

An ended import names new and failed contacts only, so a contact that was updated and one that
ActiveCampaign skipped in silence (over the contract, bounced: bulk importer reference) look alike.
"""

from __future__ import annotations

import random
import typing as t

from target_activecampaign.api.responses import SUBSCRIBED, UNSUBSCRIBED

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_activecampaign.api.client import Client
    from target_activecampaign.api.responses import ImportStatus
    from target_activecampaign.config.settings import Verify
    from target_activecampaign.delivery.batch import PendingContact
    from target_activecampaign.delivery.import_poller import OpenImport

SAMPLE_SIZE = 3
"""Contacts of an import that are read back first."""

MOST_IMPORTS_BEHIND = 5
"""With more imports than that waiting to be read back, the next ones are not: sending goes first."""

_SECONDS_BEFORE_SECOND_LOOK = 2.0
_CLOCKS_DIFFER_SECONDS = 10  # ours and ActiveCampaign's (assumed)


class ReadBack:
    """What is read back of one ended import, and what came of it.

    Attributes:
        open_import: The import.
        status: As it ended.
        missing: Contacts that are not in the account.
        read_back: How many were looked for.
        still_unsubscribed: How many of these are off their list, because they left it before.
    """

    def __init__(self, open_import: OpenImport, status: ImportStatus, first: list[PendingContact]) -> None:
        """Prepare.

        Args:
            open_import: The import.
            status: As it ended.
            first: What to look for first; if one of them is missing, all of the import is looked for.
        """
        self.open_import = open_import
        self.status = status
        self.first = first
        self.missing: set[PendingContact] = set()
        self.read_back = 0
        self.still_unsubscribed = 0

    def poll(self, client: Client, pause: Callable[[float], None]) -> None:
        """Look for the contacts of the import in the account; a missing one is looked for a second time.

        Args:
            client: The account.
            pause: Waits for some seconds: reading may lag behind writing (assumed).

        Raises:
            ServiceError: If the account can't be read.
            StoppedError: If the run stops.
        """
        missing = self._read_back(client, self.first)
        if not missing:
            return
        missing += self._read_back(client, [p for p in self.contacts if p not in self.first])
        pause(_SECONDS_BEFORE_SECOND_LOOK)
        self.missing = {pending for pending in missing if client.memberships(pending.contact.email) is None}

    def _read_back(self, client: Client, contacts: Iterable[PendingContact]) -> list[PendingContact]:
        missing = []
        for pending in contacts:
            self.read_back += 1
            memberships = client.memberships(pending.contact.email)
            if memberships is None:
                missing.append(pending)
            elif not pending.contact.unsubscribes:
                membership = memberships.get(pending.contact.list_id)
                self.still_unsubscribed += membership is not None and membership.status == UNSUBSCRIBED
        return missing

    @property
    def contacts(self) -> list[PendingContact]:
        """Contacts of the import that it does not name as failed."""
        return contacts_in_doubt(self.open_import, self.status)


class MembershipCheck:
    """A contact that is to be unsubscribed, and whether there is anybody to unsubscribe.

    An import of an address that the account has not, or no more, would make a contact of it.

    Attributes:
        pending: The contact.
        is_ours: Whether it is on its list, and where the mirror asks, by us.
    """

    def __init__(self, pending: PendingContact) -> None:
        """Prepare.

        Args:
            pending: A contact that unsubscribes.
        """
        self.pending = pending
        self.is_ours = False

    def poll(self, client: Client, _: Callable[[float], None]) -> None:
        """Look the contact up.

        Somebody who was on the list before our first import of them came by another way, and stays.

        Raises:
            ServiceError: If the account can't be read.
            StoppedError: If the run stops.
        """
        contact = self.pending.contact
        membership = (client.memberships(contact.email) or {}).get(contact.list_id)
        if membership is None or membership.status != SUBSCRIBED:
            return
        since = self.pending.member_since
        came_before = (
            since is not None
            and membership.subscribed_at is not None
            and membership.subscribed_at < since - _CLOCKS_DIFFER_SECONDS
        )
        self.is_ours = not came_before


def contacts_in_doubt(open_import: OpenImport, status: ImportStatus) -> list[PendingContact]:
    """Contacts of an ended import that it does not name as failed."""
    return [pending for pending in open_import.batch.contacts if pending.contact.email not in status.failed]


def plan_read_back(
    open_import: OpenImport,
    status: ImportStatus,
    verify: Verify,
    imports_behind: int,
) -> ReadBack | None:
    """What to read back of an import that ended; `None` for nothing.

    Args:
        open_import: The import.
        status: As it ended.
        verify: As the setting of this name.
        imports_behind: Imports that wait to be read back.
    """
    in_doubt = contacts_in_doubt(open_import, status)
    if verify == "none" or not in_doubt:
        return None
    if verify == "all":
        return ReadBack(open_import, status, in_doubt)
    if status.created >= len(in_doubt) or imports_behind > MOST_IMPORTS_BEHIND:
        return None
    sample = random.sample(in_doubt, min(SAMPLE_SIZE, len(in_doubt)))
    return ReadBack(open_import, status, sample)
