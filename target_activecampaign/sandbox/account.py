"""One ActiveCampaign account, without HTTP: contacts, lists, fields, tags, imports; in a file or in memory.

Owns how the subjects in `state/` are put together. Knows nothing of requests, limits on them, or faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.clock import Clock
from target_activecampaign.sandbox.state import seed as seeds
from target_activecampaign.sandbox.state.contacts import Contacts
from target_activecampaign.sandbox.state.exclusions import Exclusions
from target_activecampaign.sandbox.state.fields import Fields
from target_activecampaign.sandbox.state.importer import Subjects
from target_activecampaign.sandbox.state.imports import Imports
from target_activecampaign.sandbox.state.lists import Lists
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.snapshot import take_snapshot
from target_activecampaign.sandbox.state.sources import Sources
from target_activecampaign.sandbox.state.storage import Storage
from target_activecampaign.sandbox.state.tags import Tags
from target_activecampaign.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

CONTACT_LIMIT = 100_000
"""Contacts that a new account may have."""


class Account:
    """An account's state. Safe to use from several threads.

    Args:
        database: The account's file, made when it does not exist; `None` keeps the account in memory.
        clock: Time for imports and dates.
        switches: The readings in force.
        progress: When imports end.
        seed: What a new account holds; default the built-in seed. A file that exists keeps what is in it.
        contact_limit: How many contacts the account may have; default what the file says, else 100,000.

    Raises:
        DatabaseUnusableError: Another sandbox has the file open, or it is no account's file.
        SeedInvalidError: The seed does not have the shape of one.
    """

    def __init__(  # noqa: PLR0913 - by keyword, each with a default
        self,
        database: Path | None = None,
        *,
        clock: Clock | None = None,
        switches: Switches | None = None,
        progress: Progress | None = None,
        seed: Mapping[str, Any] | None = None,
        contact_limit: int | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.switches = switches or Switches()
        self._seed = seeds.BUILT_IN if seed is None else seed
        self.storage = Storage(database)
        try:
            self._compose(progress or Progress("seconds", 1.0))
            if self.storage.is_new:
                seeds.plant(self, self._seed)
            if contact_limit is not None:
                self.contact_limit = contact_limit
        except BaseException:
            self.storage.close()
            raise
        self.imports.resume()

    @property
    def contact_limit(self) -> int:
        """How many contacts the account may have."""
        row = self.storage.row("select value from setting where name = 'contact_limit'")
        return CONTACT_LIMIT if row is None else int(row["value"])

    @contact_limit.setter
    def contact_limit(self, limit: int) -> None:
        if limit < 0:
            message = f"contact_limit must be 0 or more, not {limit}"
            raise ValueError(message)
        self.storage.write("insert or replace into setting values ('contact_limit', ?)", (str(limit),))

    @property
    def subscriber_total(self) -> int:
        """Contacts that count against the limit."""
        if self.switches["subscriber-total"] == "all":
            return len(self.contacts)
        return self.storage.number("select count(distinct contact) from membership where status = 1")

    def room(self) -> int:
        """Return how many more contacts the account may have."""
        return self.contact_limit - self.subscriber_total

    def snapshot(self, max_contacts: int | None = None) -> dict[str, Any]:
        """Return the account's content in the shape of a seed."""
        return take_snapshot(self, max_contacts)

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """Forget everything and start again from a seed, by default the one that the account began with.

        Raises:
            SeedInvalidError: The seed does not have the shape of one; the account stays as it was.
        """
        limit = self.contact_limit
        self.fields.forget_kinds()
        try:
            with self.storage.transaction():
                self.storage.clear()
                self.contact_limit = limit
                seeds.plant(self, self._seed if seed is None else seed)
        finally:
            self.fields.forget_kinds()

    def close(self) -> None:
        """Release the file."""
        self.storage.close()

    def _compose(self, progress: Progress) -> None:
        self.sources = Sources(self.storage, self.clock)
        self.lists = Lists(self.storage, self.clock)
        self.fields = Fields(self.storage, self.clock)
        self.tags = Tags(self.storage, self.clock)
        self.exclusions = Exclusions(self.storage)
        self.contacts = Contacts(self.storage, self.clock, self.fields)
        self.imports = Imports(
            Subjects(
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
            self.room,
            progress,
        )
