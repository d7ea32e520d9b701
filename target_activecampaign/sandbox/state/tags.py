"""Tags and who has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.storage import Storage


class Tags:
    """The account's tags. Names are compared as they are written (assumed)."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def all(self) -> list[sqlite3.Row]:
        """Return every tag, oldest first."""
        return self._storage.rows("select * from tag order by id")

    def get(self, tag: int) -> sqlite3.Row | None:
        """Return one tag, or `None`."""
        return self._storage.row("select * from tag where id = ?", (tag,))

    def find(self, name: str, tag_type: str = "contact") -> sqlite3.Row | None:
        """Return the tag of that name, or `None`."""
        return self._storage.row("select * from tag where tag = ? and tag_type = ?", (name, tag_type))

    def create(self, name: str, tag_type: str = "contact", description: str = "") -> int:
        """Make a tag and return its id."""
        return self._storage.write(
            "insert into tag (tag, tag_type, description, cdate) values (?, ?, ?, ?)",
            (name, tag_type, description, self._clock.date()),
        )

    def update(self, tag: int, name: str, description: str) -> None:
        """Rename and describe a tag."""
        self._storage.write("update tag set tag = ?, description = ? where id = ?", (name, description, tag))

    def delete(self, tag: int) -> bool:
        """Delete a tag, from all contacts too; tell whether there was one."""
        with self._storage.transaction():
            known = self.get(tag) is not None
            self._storage.write("delete from contact_tag where tag = ?", (tag,))
            self._storage.write("delete from tag where id = ?", (tag,))
        return known

    def ids_of(self, names: Iterable[str]) -> dict[str, int]:
        """Return the ids of contact tags by name; unknown ones are made (bulk importer reference)."""
        wanted = json.dumps(list(names))
        rows = self._storage.rows(
            "select tag, id from tag where tag_type = 'contact' and tag in (select value from json_each(?))",
            (wanted,),
        )
        known = {row["tag"]: row["id"] for row in rows}
        return {name: known[name] if name in known else self.create(name) for name in json.loads(wanted)}

    def give(self, contact: int, tag: int, source: int) -> sqlite3.Row:
        """Give a contact a tag, which it may have already, and return the link."""
        with self._storage.transaction():
            self.give_many([(contact, tag)], source)
            row = self._storage.row("select * from contact_tag where contact = ? and tag = ?", (contact, tag))
        if row is None:  # pragma: no cover
            raise AssertionError
        return row

    def give_many(self, links: Sequence[tuple[int, int]], source: int) -> None:
        """Give tags to contacts: pairs of contact id and tag id."""
        self._storage.insert_many(
            "insert into contact_tag (contact, tag, cdate, source)",
            links,
            (self._clock.date(), source),
            "on conflict do nothing",
        )

    def of(self, contact: int) -> list[sqlite3.Row]:
        """Return a contact's links to tags, with the tag's name in `name`."""
        return self._storage.rows(
            "select contact_tag.*, tag.tag as name from contact_tag join tag on tag.id = contact_tag.tag "
            "where contact = ? order by contact_tag.id",
            (contact,),
        )

    def take(self, link: int) -> bool:
        """Take a tag from a contact by the link's id; tell whether there was one."""
        with self._storage.transaction():
            known = self._storage.row("select 1 from contact_tag where id = ?", (link,)) is not None
            self._storage.write("delete from contact_tag where id = ?", (link,))
        return known

    def contacts_with(self, tag: int) -> int:
        """Return how many contacts have a tag."""
        return self._storage.number("select count(*) from contact_tag where tag = ?", (tag,))
