"""Owns when a membership is ours: what ledger and account must say before somebody is taken off a list.

To unsubscribe somebody can't be undone by an import, so it takes proof. What is unreadable or unknown leaves
the person alone (docs/design/proof.md).
"""

from __future__ import annotations

import typing as t

from target_activecampaign.api.responses import SUBSCRIBED
from target_activecampaign.contacts.contact import LeftAlone

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.api.responses import Membership
    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.delivery.state_tracker import Segment

# The `Date` header and `sdate` have whole seconds, and both travel (assumed).
_SLACK_SECONDS = 2


_KNOWN_STATUSES = range(
    4
)  # unconfirmed, subscribed, unsubscribed, bounced (contact lists reference, clients)

TRANSIENT = frozenset(
    {LeftAlone.JOIN_TIME_UNREADABLE, LeftAlone.MEMBERSHIP_UNREADABLE, LeftAlone.STILL_SUBSCRIBED}
)
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
    membership: Membership | None, windows: Sequence[tuple[float, float]] | None
) -> LeftAlone | None:
    """Return why somebody stays on a list, or `None` where the membership is proven to be ours.

    Args:
        membership: Of the list, one that can't be read included; `None` where there is none for sure.
        windows: As `Removal.windows`.
    """
    if membership is None:
        return LeftAlone.NOT_ON_LIST
    if membership.status != SUBSCRIBED:
        is_known = membership.status in _KNOWN_STATUSES
        return LeftAlone.NOT_SUBSCRIBED if is_known else LeftAlone.MEMBERSHIP_UNREADABLE
    return None if windows is None else _reason_of_time(membership.subscribed_at, windows)


def reason_to_doubt_removal(membership: Membership | None) -> LeftAlone | None:
    """Return why a removal may not have been carried out, `None` where the membership is seen to be no more.

    Args:
        membership: As in `reason_to_leave_alone`, read after the import ended. It was there before it: where
            it is not, the reading may be wrong.
    """
    reason = reason_to_leave_alone(membership, None)
    if reason is None:
        return LeftAlone.STILL_SUBSCRIBED
    return None if reason is LeftAlone.NOT_SUBSCRIBED else LeftAlone.MEMBERSHIP_UNREADABLE


def _reason_of_time(at: float | None, windows: Sequence[tuple[float, float]]) -> LeftAlone | None:
    if not windows:
        return LeftAlone.IMPORT_UNKNOWN
    if at is None:
        return LeftAlone.JOIN_TIME_UNREADABLE
    is_ours = any(start - _SLACK_SECONDS <= at <= end + _SLACK_SECONDS for start, end in windows)
    return None if is_ours else LeftAlone.JOINED_OTHERWISE
