"""Owns when a membership is ours: what ledger and account must say before somebody is taken off a list.

To unsubscribe somebody can't be undone by an import, so it takes proof. What is unreadable or unknown leaves
the person alone (docs/design/proof.md).
"""

from __future__ import annotations

import typing as t

from target_activecampaign.api.responses import SUBSCRIBED
from target_activecampaign.contacts.contact import LeftAlone

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.api.responses import Membership
    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.delivery.state_tracker import Segment

# The `Date` header and `sdate` have whole seconds, and both travel (assumed).
_SLACK_SECONDS = 2


_KNOWN_STATUSES = range(
    4
)  # unconfirmed, subscribed, unsubscribed, bounced (contact lists reference, clients)

TRANSIENT = frozenset({LeftAlone.JOIN_TIME_UNREADABLE, LeftAlone.MEMBERSHIP_UNREADABLE})
"""Reasons that another reading may remove: the removal stays pending."""


class Removal(t.NamedTuple):
    """Somebody who is to be taken off a list.

    Attributes:
        email: The identity.
        list_id: The list.
        stream: The stream that brought the person, or whose record says that the person is gone.
        windows: Imports of ours that brought the person to the list, each from submission to confirmation, in
            seconds since 1970; `None` where no ledger could know them, and the source's word must do.
        origin: The record that says so; `None` where none of this run does.
        segment: What the record holds up, if anything.
        is_checked: Whether the membership was seen to be subscribed, just now.
    """

    email: str
    list_id: int
    stream: str
    windows: Sequence[tuple[float, float]] | None
    origin: Origin | None = None
    segment: Segment | None = None
    is_checked: bool = False


def reason_to_leave_alone(
    memberships: Mapping[int, Membership] | None,
    list_id: int,
    windows: Sequence[tuple[float, float]] | None,
) -> LeftAlone | None:
    """Return why somebody stays on a list, or `None` where the membership is proven to be ours.

    Args:
        memberships: Of the contact, by list; `None` where the account has no such contact.
        list_id: The list.
        windows: As `Removal.windows`.
    """
    membership = None if memberships is None else memberships.get(list_id)
    if membership is None:
        return LeftAlone.NOT_ON_LIST
    if membership.status != SUBSCRIBED:
        is_known = membership.status in _KNOWN_STATUSES
        return LeftAlone.NOT_SUBSCRIBED if is_known else LeftAlone.MEMBERSHIP_UNREADABLE
    return None if windows is None else _reason_of_time(membership.subscribed_at, windows)


def _reason_of_time(at: float | None, windows: Sequence[tuple[float, float]]) -> LeftAlone | None:
    if not windows:
        return LeftAlone.IMPORT_UNKNOWN
    if at is None:
        return LeftAlone.JOIN_TIME_UNREADABLE
    is_ours = any(start - _SLACK_SECONDS <= at <= end + _SLACK_SECONDS for start, end in windows)
    return None if is_ours else LeftAlone.JOINED_OTHERWISE
