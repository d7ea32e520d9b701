"""The contact order: for each identity its contacts on their way, in the order of their records. Pure."""

from __future__ import annotations

import typing as t
from collections import deque

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_activecampaign.delivery.pending_contact import PendingContact


class ContactOrder:
    """Contacts without an outcome, by identity."""

    def __init__(self) -> None:
        # Nearly every identity has one contact. A list for each would be one more thing for Python's garbage
        # collector to visit, again and again: an eighth of the time in which a full run held the interpreter.
        self._first: dict[str, PendingContact] = {}
        self._behind: dict[str, deque[PendingContact]] = {}

    def __len__(self) -> int:
        """Return the number of identities on their way."""
        return len(self._first)

    def __contains__(self, email: str) -> bool:
        """Return whether a contact of this identity is on its way."""
        return email in self._first

    def __iter__(self) -> Iterator[list[PendingContact]]:
        """Return the contacts of each identity, the first one first."""
        return map(self.of, self._first)

    def of(self, email: str) -> list[PendingContact]:
        """Return the contacts of an identity on its way, the first one first."""
        return [self._first[email], *self._behind.get(email, ())]

    def last(self, email: str) -> PendingContact | None:
        """Return the contact of this identity behind which a new one would stand."""
        first = self._first.get(email)
        if first is None:
            return None
        behind = self._behind.get(email)
        return behind[-1] if behind else first

    def is_first(self, pending: PendingContact) -> bool:
        """Return whether no earlier contact of its identity is on its way."""
        return self._first[pending.contact.email] is pending

    def split_first(
        self, some: Sequence[PendingContact]
    ) -> tuple[Sequence[PendingContact], Sequence[PendingContact]]:
        """Return the contacts that are the first of their identities, and the others."""
        if not self._behind:
            return some, ()
        others = [pending for pending in some if not self.is_first(pending)]
        return [pending for pending in some if self.is_first(pending)], others

    def before(self, pending: PendingContact) -> PendingContact | None:
        """Return the contact before this one, if any."""
        first = self._first[pending.contact.email]
        if first is pending:
            return None
        behind = self._behind[pending.contact.email]
        position = behind.index(pending)
        return behind[position - 1] if position else first

    def append(self, pending: PendingContact) -> None:
        """Put a contact behind those of its identity."""
        email = pending.contact.email
        if email not in self._first:
            self._first[email] = pending
        else:
            self._behind.setdefault(email, deque()).append(pending)

    def append_new(self, some: Iterable[PendingContact]) -> None:
        """Put contacts of different identities that are not on their way."""
        self._first.update({pending.contact.email: pending for pending in some})

    def remove(self, pending: PendingContact) -> PendingContact | None:
        """Take a contact out.

        Returns:
            The first contact that its identity has then, if any.
        """
        email = pending.contact.email
        behind = self._behind.get(email)
        if behind is None:
            del self._first[email]
            return None
        if self._first[email] is pending:
            self._first[email] = behind.popleft()
        else:
            behind.remove(pending)
        if not behind:
            del self._behind[email]
        return self._first[email]

    def remove_lone(self, some: Iterable[PendingContact]) -> list[PendingContact]:
        """Take out the contacts that their identity has alone, as nearly all do.

        Returns:
            The others, which stay.
        """
        first, behind = self._first, self._behind
        others = []
        for pending in some:
            email = pending.contact.email
            if email in behind:
                others.append(pending)
            else:
                del first[email]
        return others

    def drop(self, email: str) -> None:
        """Take out all contacts of an identity."""
        del self._first[email]
        self._behind.pop(email, None)
