"""Lists and who is on them."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.storage import Storage


class Status(IntEnum):
    """What a contact is to a list (contacts reference; 0 and 3 seen in clients)."""

    UNCONFIRMED = 0
    SUBSCRIBED = 1
    UNSUBSCRIBED = 2
    BOUNCED = 3


class Membership(NamedTuple):
    """A contact's status on a list, as to be written."""

    contact: int
    list: int
    status: int


class Lists:
    """The account's lists and memberships. Does what it is told: who may join is the callers' question."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def all(self) -> list[sqlite3.Row]:
        """Return every list, oldest first."""
        return self._storage.rows("select * from list order by id")

    def get(self, list_id: int) -> sqlite3.Row | None:
        """Return one list, or `None`."""
        return self._storage.row("select * from list where id = ?", (list_id,))

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
        """Make a list and return its id."""
        slug = stringid or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        return self._storage.write(
            "insert into list (name, stringid, channel, sender_url, sender_reminder, cdate) values "
            "(?, ?, ?, ?, ?, ?)",
            (name, slug, channel, sender_url, sender_reminder, self._clock.date()),
        )

    def delete(self, list_id: int) -> bool:
        """Delete a list and its memberships; tell whether there was one."""
        with self._storage.transaction():
            known = self.get(list_id) is not None
            self._storage.write("delete from membership where list = ?", (list_id,))
            self._storage.write("delete from list where id = ?", (list_id,))
        return known

    def set_status(self, membership: Membership, source: int, sourceid: int = 0) -> sqlite3.Row:
        """Write one membership and return it."""
        with self._storage.transaction():
            self.set_statuses([membership], source, sourceid)
            row = self._storage.row(
                "select * from membership where contact = ? and list = ?",
                (membership.contact, membership.list),
            )
        if row is None:  # pragma: no cover
            raise AssertionError
        return row

    def set_statuses(self, memberships: Iterable[Membership], source: int, sourceid: int = 0) -> None:
        """Write memberships. A status that did not change changes nothing."""
        date = self._clock.date()
        self._storage.write_many(
            "insert into membership (contact, list, status, sourceid, sdate, udate, cdate, source) "
            "values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (contact, list) do update set "
            "status = excluded.status, sourceid = excluded.sourceid, source = excluded.source, "
            "sdate = coalesce(excluded.sdate, sdate), udate = coalesce(excluded.udate, udate) "
            "where status <> excluded.status",
            [
                (
                    contact,
                    list_id,
                    status,
                    sourceid,
                    date if status == Status.SUBSCRIBED else None,
                    date if status == Status.UNSUBSCRIBED else None,
                    date,
                    source,
                )
                for contact, list_id, status in memberships
            ],
        )

    def of(self, contact: int) -> list[sqlite3.Row]:
        """Return a contact's memberships."""
        return self._storage.rows("select * from membership where contact = ? order by id", (contact,))
