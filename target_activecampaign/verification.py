"""Reading contacts back after an import: is the one that was delivered really there?

An ended import names new and failed contacts only, so a contact that was updated and one that
ActiveCampaign skipped in silence (over the contract, bounced: bulk importer reference) look alike.
"""

from __future__ import annotations

import random
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_activecampaign.answers import ImportStatus
    from target_activecampaign.batching import PendingContact
    from target_activecampaign.client import Client
    from target_activecampaign.following import OpenImport
    from target_activecampaign.settings import Verify

SAMPLE_SIZE = 3
"""Contacts of an import that are read back first."""

MOST_IMPORTS_BEHIND = 5
"""With more imports than that waiting to be read back, the next ones are not: sending goes first."""

_UNSUBSCRIBED = 2
_SECONDS_BEFORE_SECOND_LOOK = 2.0


class Verification:
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

    @property
    def contacts(self) -> list[PendingContact]:
        """Contacts of the import that it does not name as failed."""
        return contacts_in_doubt(self.open_import, self.status)


def contacts_in_doubt(open_import: OpenImport, status: ImportStatus) -> list[PendingContact]:
    """Contacts of an ended import that it does not name as failed."""
    return [pending for pending in open_import.batch.contacts if pending.contact.email not in status.failed]


def plan_verification(
    open_import: OpenImport,
    status: ImportStatus,
    verify: Verify,
    imports_behind: int,
) -> Verification | None:
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
        return Verification(open_import, status, in_doubt)
    if status.created >= len(in_doubt) or imports_behind > MOST_IMPORTS_BEHIND:
        return None
    sample = random.sample(in_doubt, min(SAMPLE_SIZE, len(in_doubt)))
    return Verification(open_import, status, sample)


def find_missing(verification: Verification, client: Client, pause: Callable[[float], None]) -> None:
    """Look for the contacts of an import in the account; a missing one is looked for a second time.

    Args:
        verification: The import; takes what is found.
        client: The account.
        pause: Waits for some seconds: reading may lag behind writing (assumed).

    Raises:
        ServiceError: If the account can't be read.
        StoppedError: If the run stops.
    """
    missing = _read_back(verification, client, verification.first)
    if not missing:
        return
    rest = [pending for pending in verification.contacts if pending not in verification.first]
    missing += _read_back(verification, client, rest)
    pause(_SECONDS_BEFORE_SECOND_LOOK)
    verification.missing = {
        pending for pending in missing if client.list_statuses(pending.contact.email) is None
    }


def _read_back(
    verification: Verification,
    client: Client,
    contacts: Iterable[PendingContact],
) -> list[PendingContact]:
    missing = []
    for pending in contacts:
        verification.read_back += 1
        statuses = client.list_statuses(pending.contact.email)
        if statuses is None:
            missing.append(pending)
        elif statuses.get(pending.contact.list_id) == _UNSUBSCRIBED:
            verification.still_unsubscribed += 1
    return missing
