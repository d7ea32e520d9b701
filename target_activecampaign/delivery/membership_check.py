"""Membership checks: a contact is looked up in the account before it is sent."""

from __future__ import annotations

import typing as t

from target_activecampaign.contacts.contact import LeftAlone
from target_activecampaign.delivery.removal import reason_to_leave_alone

if t.TYPE_CHECKING:
    from target_activecampaign.api.memberships import ContactLists
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import PendingContact


def is_checked(pending: PendingContact) -> bool:
    """Return whether the membership of somebody who is to be taken off was read already."""
    return pending.removal is not None and pending.removal.is_checked


class MembershipCheck:
    """A contact that may be sent only if the account has it.

    - A removal goes to a contact whose membership of the list is proven to be ours: an import of another
      address would make a contact of it.
    - A contact of an import that failed may be in the account or not. In a full contract it is sent again
      only if it is there.

    Attributes:
        pending: The contact.
        may_be_sent: The answer.
        is_missing: Whether the account has no contact of this identity for sure.
        left_alone: Why somebody who was to be taken off a list is not.
    """

    def __init__(self, pending: PendingContact, known: ContactLists | None = None) -> None:
        """Prepare.

        Args:
            pending: In the state "checking".
            known: Its lists, where they were read with others'; else the account is asked.
        """
        self.pending = pending
        self._known = known
        self.may_be_sent = self.is_missing = False
        self.left_alone: LeftAlone | None = None

    def ask(self, account: Account) -> None:
        """Look the contact up.

        Raises:
            ServiceError: If the account can't be read.
            StoppedError: If the run stops.
        """
        removal = self.pending.removal
        if removal is not None and removal.windows is not None and not removal.windows:
            self.left_alone = LeftAlone.IMPORT_UNKNOWN  # whatever the account says
            return
        lists = self._known or account.memberships(self.pending.contact.email)
        self.is_missing = lists.is_there is False
        if removal is None:
            self.may_be_sent = bool(lists.is_there)
        else:
            self.left_alone = reason_to_leave_alone(lists.on(removal.list_id), removal.windows)
            self.may_be_sent = self.left_alone is None
