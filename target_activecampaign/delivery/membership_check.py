"""Membership checks: a contact is looked up in the account before it is sent."""

from __future__ import annotations

import typing as t

from target_activecampaign.api.responses import SUBSCRIBED

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.api.responses import Membership
    from target_activecampaign.delivery.account import Account
    from target_activecampaign.delivery.batch import PendingContact

_CLOCKS_DIFFER_SECONDS = 10  # ours and ActiveCampaign's (assumed)


class MembershipCheck:
    """A contact that may be sent only if the account has it.

    - A removal goes to a contact that is on its list, and for the mirror to one that is there by us: an
      import of another address would make a contact of it.
    - A contact of an import that failed may be in the account or not. In a full contract it is sent again
      only if it is there.

    Attributes:
        pending: The contact.
        may_be_sent: The answer.
    """

    def __init__(self, pending: PendingContact, known: Mapping[int, Membership] | None = None) -> None:
        """Prepare.

        Args:
            pending: In the state "checking".
            known: Its memberships, where they were read with others'; else the account is asked.
        """
        self.pending = pending
        self._known = known
        self.may_be_sent = False

    def ask(self, account: Account) -> None:
        """Look the contact up.

        Raises:
            ServiceError: If the account can't be read.
            StoppedError: If the run stops.
        """
        known = self._known
        memberships = account.memberships(self.pending.contact.email) if known is None else known
        if self.pending.contact.unsubscribes:
            list_id = self.pending.contact.list_id
            self.may_be_sent = _is_ours((memberships or {}).get(list_id), self.pending.member_since)
        else:
            self.may_be_sent = memberships is not None


def _is_ours(membership: Membership | None, member_since: int | None) -> bool:
    """Whether a contact is on the list, and not since before our first import of it."""
    if membership is None or membership.status != SUBSCRIBED:
        return False
    came_before = (
        member_since is not None
        and membership.subscribed_at is not None
        and membership.subscribed_at < member_since - _CLOCKS_DIFFER_SECONDS
    )
    return not came_before
