"""Owns the lists and their memberships."""

from __future__ import annotations

import json
import re
import typing as t
from collections import Counter
from enum import IntEnum
from itertools import groupby
from operator import itemgetter

from target_activecampaign.sandbox.state.table import Table

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable


class Status(IntEnum):
    """The status of a membership (contacts reference; 0 and 3 seen in clients)."""

    UNCONFIRMED = 0
    SUBSCRIBED = 1
    UNSUBSCRIBED = 2
    BOUNCED = 3


SUBSCRIBED, UNSUBSCRIBED = int(Status.SUBSCRIBED), int(Status.UNSUBSCRIBED)
"""Plain integers for the importer: looking up an enum's member takes as long as the rest of a change."""


class Membership(t.NamedTuple):
    """A contact's status on a list, to be written."""

    contact: int
    list: int
    status: int


class MembershipChanges:
    """Collects changes of memberships; an unchanged status is no change.

    Attributes:
        memberships: Contact, list and status of each change.
        growth: How many more subscribers each list has after them.

    Args:
        statuses: The statuses before, by contact and list.
    """

    def __init__(self, statuses: dict[tuple[int, int], int]) -> None:
        self._statuses = statuses
        self.memberships: list[tuple[int, int, int]] = []
        self.growth = Counter[int]()

    def status(self, contact: int, list_id: int) -> int | None:
        """Return a contact's status on a list after the changes so far, `None` when it never was on it."""
        return self._statuses.get((contact, list_id))

    def set_status(
        self, contact: int, list_id: int, status: int, keeps: Container[int | None] = frozenset()
    ) -> None:
        """Add a status, unless the one so far is among those to keep."""
        key = contact, list_id
        before = self._statuses.get(key)
        if before == status or before in keeps:
            return
        self._statuses[key] = status
        self.memberships.append((contact, list_id, status))
        if status == SUBSCRIBED:
            self.growth[list_id] += 1
        elif before == SUBSCRIBED:
            self.growth[list_id] -= 1


class Lists(Table):
    """The account's lists and memberships. The callers decide which contacts may join."""

    name = "list"

    def ids(self) -> frozenset[int]:
        """Return the ids of all lists."""
        return frozenset(row["id"] for row in self._storage.rows("select id from list"))

    def create(
        self,
        name: str,
        stringid: str = "",
        channel: str = "email",
        sender_url: str = "",
        sender_reminder: str = "",
    ) -> int:
        """Create a list and return its id."""
        slug = stringid or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        return self._storage.write(
            "insert into list (name, stringid, channel, sender_url, sender_reminder, cdate) values "
            "(?, ?, ?, ?, ?, ?)",
            (name, slug, channel, sender_url, sender_reminder, self._clock.date()),
        )

    def update(self, list_id: int, name: str, stringid: str, sender_url: str, sender_reminder: str) -> None:
        """Rename and describe a list."""
        self._storage.write(
            "update list set name = ?, stringid = ?, sender_url = ?, sender_reminder = ?, udate = ? "
            "where id = ?",
            (name, stringid, sender_url, sender_reminder, self._clock.date(), list_id),
        )

    def delete(self, list_id: int) -> bool:
        """Delete a list and its memberships; tell whether it existed."""
        with self._storage.transaction():
            self._storage.delete("delete from membership where list = ?", (list_id,))
            self._storage.delete("delete from list_group where list = ?", (list_id,))
            return self._storage.delete("delete from list where id = ?", (list_id,))

    def set_status(self, membership: Membership, source: int, sourceid: int = 0) -> sqlite3.Row:
        """Write one membership and return it."""
        contact, list_id, status = membership
        with self._storage.transaction():
            changes = self.changes([contact])
            changes.set_status(contact, list_id, status)
            self.set_statuses(changes, source, sourceid)
            return self._storage.existing_row(
                "select * from membership where contact = ? and list = ?", (contact, list_id)
            )

    def changes(self, contacts: Iterable[int]) -> MembershipChanges:
        """Return an empty collection of changes; `contacts` are the ones that may be on lists already."""
        rows = self._storage.rows(
            "select contact, list, status from membership where contact in (select value from json_each(?))",
            (json.dumps(list(contacts)),),
        )
        return MembershipChanges({(row["contact"], row["list"]): row["status"] for row in rows})

    def set_statuses(self, changes: MembershipChanges, source: int, sourceid: int = 0) -> None:
        """Write changes, in their order."""
        date = self._clock.date()
        dates = {SUBSCRIBED: (date, None), UNSUBSCRIBED: (None, date)}
        with self._storage.transaction():
            # Changes of one status, most of an import, share a statement: fewer parameters for the database.
            for status, alike in groupby(changes.memberships, itemgetter(2)):
                self._storage.insert_many(
                    "insert into membership (contact, list, status, sdate, udate, sourceid, cdate, source)",
                    [(contact, list_id) for contact, list_id, _ in alike],
                    (int(status), *dates.get(status, (None, None)), sourceid, date, source),
                    "on conflict (contact, list) do update set "
                    "status = excluded.status, sourceid = excluded.sourceid, source = excluded.source, "
                    "sdate = coalesce(excluded.sdate, sdate), udate = coalesce(excluded.udate, udate)",
                )
            self._storage.write_many(
                "update list set subscribed = subscribed + ? where id = ?",
                [(more, list_id) for list_id, more in changes.growth.items()],
            )

    def of(self, contact: int) -> list[sqlite3.Row]:
        """Return a contact's memberships."""
        return self._storage.rows("select * from membership where contact = ? order by id", (contact,))

    def find_memberships(
        self, list_id: str | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[sqlite3.Row], int]:
        """Return one page of all memberships, by list id and status where given, and their total."""
        conditions = [
            f"{column} = cast(:{column} as integer)"
            for column, wanted in (("list", list_id), ("status", status))
            if wanted is not None
        ]
        found = f"from membership where {' and '.join(conditions) or 'true'}"
        return self._page(found, {"list": list_id, "status": status}, limit, offset)

    def members(self, list_id: int) -> int:
        """Return how many contacts are or were on a list."""
        return self._storage.number("select count(*) from membership where list = ?", (list_id,))

    def add_group(self, list_id: int, group: int) -> sqlite3.Row:
        """Let a group of users see a list, and return the link."""
        with self._storage.transaction():
            self._storage.write(
                "insert into list_group (list, user_group) values (?, ?) on conflict do nothing",
                (list_id, group),
            )
            return self._storage.existing_row(
                "select * from list_group where list = ? and user_group = ?", (list_id, group)
            )

    def groups(self) -> list[sqlite3.Row]:
        """Return the links of all lists to groups of users."""
        return self._storage.rows("select * from list_group order by id")
