"""Owns one ActiveCampaign account: its tables, its imports, and its limit on contacts.

Knows nothing of requests, rate limits or faults, nor of seeds and snapshots: those load into an account and
save from it (`seed.py`, `snapshot.py`).
"""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.clock import Clock
from target_activecampaign.sandbox.state.contacts import Contacts
from target_activecampaign.sandbox.state.exclusions import Exclusions
from target_activecampaign.sandbox.state.fields import Fields
from target_activecampaign.sandbox.state.importer import AccountTables
from target_activecampaign.sandbox.state.imports import Imports
from target_activecampaign.sandbox.state.lists import Lists
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.sources import Sources
from target_activecampaign.sandbox.state.storage import Storage
from target_activecampaign.sandbox.state.tags import Tags
from target_activecampaign.sandbox.switches import Switches

if t.TYPE_CHECKING:
    from pathlib import Path

CONTACT_LIMIT = 100_000
"""Contacts that a new account may have."""


_LAG_SECONDS = {"none": 0, "minute": 60, "three-minutes": 180}
_IS_SUBSCRIBED = "id in (select contact from membership where status = 1)"


class Account:
    """An account, empty when it is new. Several threads may use it.

    Args:
        database: The account's file, made when it does not exist; `None` keeps the account in memory.
        clock: Time for imports and dates.
        switches: The readings in force.
        progress: When imports end.

    Raises:
        DatabaseUnusableError: Another sandbox has the file open, or it is no account's file.
    """

    def __init__(
        self,
        database: Path | None = None,
        *,
        clock: Clock | None = None,
        switches: Switches | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.switches = switches or Switches()
        self.storage = Storage(database)
        try:
            self._compose(progress or Progress("seconds", 1.0))
            self.imports.resume()
        except BaseException:
            self.storage.close()
            raise

    @property
    def is_new(self) -> bool:
        """Whether the account was made by opening it."""
        return self.storage.is_new

    @property
    def contact_limit(self) -> int:
        """How many contacts the account may have."""
        row = self.storage.row("select value from setting where name = 'contact_limit'")
        return CONTACT_LIMIT if row is None else int(row["value"])

    @contact_limit.setter
    def contact_limit(self, limit: int) -> None:
        if limit < 0:
            raise ValueError(f"contact_limit must be 0 or more, not {limit}")
        self.storage.write("insert or replace into setting values ('contact_limit', ?)", (str(limit),))

    @property
    def subscriber_total(self) -> int:
        """Contacts that count against the limit."""
        if self.switches["subscriber-total"] == "all":
            return len(self.contacts)
        return self.storage.number("select count(distinct contact) from membership where status = 1")

    @property
    def reported_total(self) -> int:
        """The total as the account tells it: it may lag behind by real minutes."""
        lag = _LAG_SECONDS[self.switches["subscriber-total-lag"]]
        if not lag:
            return self.subscriber_total
        members = "" if self.switches["subscriber-total"] == "all" else f" and {_IS_SUBSCRIBED}"
        query = f"select count(*) from contact where cdate <= ?{members}"  # noqa: S608 - texts of ours
        return self.storage.number(query, (self.clock.date(lag),))

    def headroom(self) -> int:
        """Return how many more contacts the account may have."""
        return self.contact_limit - self.subscriber_total

    def clear(self) -> None:
        """Delete everything but the limit on contacts."""
        limit = self.contact_limit
        with self.storage.transaction():
            self.storage.clear()
            self.contact_limit = limit

    def close(self) -> None:
        """Release the file."""
        self.storage.close()

    def _compose(self, progress: Progress) -> None:
        self.sources = Sources(self.storage, self.clock)
        self.lists = Lists(self.storage, self.clock)
        self.fields = Fields(self.storage, self.clock)
        self.tags = Tags(self.storage, self.clock)
        self.exclusions = Exclusions(self.storage, self.clock)
        self.contacts = Contacts(self.storage, self.clock, self.fields)
        self.imports = Imports(
            AccountTables(
                self.storage,
                self.clock,
                self.switches,
                self.contacts,
                self.lists,
                self.fields,
                self.tags,
                self.exclusions,
            ),
            self.sources,
            self.headroom,
            progress,
        )
