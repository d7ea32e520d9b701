"""Owns the records that a preview shows: which are chosen, and what is known of each in the end."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from target_activecampaign.contacts.email_address import normalise_email

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.preview.change import Change

State: t.TypeAlias = t.Literal["sent", "kept", "cleared", "left_out", "none"]
"""What becomes of a value: it is sent, the contact's stays or is emptied, it is left out, or none is sent."""

MOST_COMPARED = 20


class ShownValue(t.NamedTuple):
    """A value of a record beside what is sent for it.

    Attributes:
        column: Property of the record; empty for tags that all contacts get.
        raw: As it came, as text.
        name: The field, as people call it.
        sent: As it is sent.
        state: What becomes of it.
        changes: Why it differs.
        is_public: Whether what is sent is of the account, like an option, and of no person.
        now: What the contact holds now; `None` where that was not asked or is not told.
    """

    column: str
    raw: str
    name: str
    sent: str
    state: State
    changes: list[Change]
    is_public: bool = False
    now: str | None = None


@dataclass(slots=True)
class ShownRecord:
    """A record that is shown.

    Attributes:
        origin: Where it came from.
        key: Its key, property to value.
        values: Its mapped values.
        left_out: How many values its contact goes without.
        outcome: One of the report's; empty while it has none.
        reason: Of the outcome, where there is one.
        detail: Where to look, for a rejection that is not about its address.
        is_removal: Whether it takes its person off the list.
        is_contact: Whether the account has the contact now; `None` where that was not asked.
    """

    origin: Origin
    key: Mapping[str, str]
    values: list[ShownValue] = field(default_factory=list)
    left_out: int = 0
    outcome: str = ""
    reason: str | None = None
    detail: str = ""
    is_removal: bool = False
    is_contact: bool | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records are shown.

    Attributes:
        most: How many at the most.
        row: The line of the one that is shown; `None` for the first ones.
        address: Of the person whose records are shown; `None` for everybody's.
        has_problem: Whether only records are shown that are rejected, or lose a value.
        compares: Whether the contact is asked for, too.
    """

    most: int = 3
    row: int | None = None
    address: str | None = None
    has_problem: bool = False
    compares: bool = False

    def takes(self, line: int, address: str | None, *, has_problem: bool) -> bool:
        """Tell whether a record is to be shown.

        Args:
            line: Where it stands.
            address: As it came, or as it was read.
            has_problem: Whether it is rejected or loses a value.
        """
        if self.row is not None and line != self.row:
            return False
        if self.has_problem and not has_problem:
            return False
        return self.address is None or (address is not None and _same(self.address, address))


def _same(wanted: str, address: str) -> bool:
    plain = address.strip()
    return plain == wanted or (normalise_email(plain) or plain) == (normalise_email(wanted) or wanted)
