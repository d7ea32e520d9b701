"""Owns the tags and their links to contacts."""

from __future__ import annotations

import json
import typing as t

from target_activecampaign.sandbox.state.table import Table

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence


class Tags(Table):
    """The account's tags. Names are compared without letter case (seen); that this means ASCII is assumed."""

    name = "tag"

    def find(self, name: str, tag_type: str = "contact") -> sqlite3.Row | None:
        """Return the tag with a name, or `None`."""
        return self._storage.row(
            "select * from tag where tag = ? collate nocase and tag_type = ?", (name, tag_type)
        )

    def create(self, name: str, tag_type: str = "contact", description: str = "") -> int:
        """Create a tag and return its id."""
        return self._storage.write(
            "insert into tag (tag, tag_type, description, cdate) values (?, ?, ?, ?)",
            (name, tag_type, description, self._clock.date()),
        )

    def update(self, tag: int, name: str, description: str) -> None:
        """Rename and describe a tag."""
        self._storage.write(
            "update tag set tag = ?, description = ?, udate = ? where id = ?",
            (name, description, self._clock.date(), tag),
        )

    def delete(self, tag: int) -> bool:
        """Delete a tag and its links to contacts; tell whether it existed."""
        with self._storage.transaction():
            self._storage.delete("delete from contact_tag where tag = ?", (tag,))
            return self._storage.delete("delete from tag where id = ?", (tag,))

    def ids_of(self, names: Iterable[str]) -> dict[str, int]:
        """Return the ids of contact tags by name, and create the unknown ones (bulk importer reference)."""
        wanted = list(names)
        rows = self._storage.rows(
            "select tag, id from tag where tag_type = 'contact' "
            "and tag collate nocase in (select value from json_each(?)) order by id desc",
            (json.dumps(wanted),),
        )
        known = {_without_case(row["tag"]): row["id"] for row in rows}
        ids = {}
        for name in wanted:
            key = _without_case(name)
            known[key] = ids[name] = known.get(key) or self.create(name)
        return ids

    def add_to_contact(self, contact: int, tag: int, source: int) -> sqlite3.Row:
        """Add a tag to a contact, which may have it already, and return the link."""
        with self._storage.transaction():
            self.add_to_contacts([(contact, tag)], source)
            return self._storage.existing_row(
                "select * from contact_tag where contact = ? and tag = ?", (contact, tag)
            )

    def has_contact(self, contact: int, tag: int) -> bool:
        """Tell whether a contact has a tag."""
        query = "select count(*) from contact_tag where contact = ? and tag = ?"
        return self._storage.number(query, (contact, tag)) > 0

    def add_to_contacts(self, links: Sequence[tuple[int, int]], source: int) -> None:
        """Add tags to contacts, given as pairs of contact id and tag id."""
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

    def remove_from_contact(self, link: int) -> bool:
        """Remove a tag from a contact by the link's id; tell whether the link existed."""
        return self._storage.delete("delete from contact_tag where id = ?", (link,))

    def contacts_with(self, tag: int) -> int:
        """Return how many contacts have a tag."""
        return self._storage.number("select count(*) from contact_tag where tag = ?", (tag,))

    def find_links(self, limit: int, offset: int) -> tuple[list[sqlite3.Row], int]:
        """Return one page of all contacts' links to tags, and their total."""
        return self._page("from contact_tag", {}, limit, offset)


def _without_case(name: str) -> str:
    """Return a name as the database's `nocase` compares it: ASCII letters alone."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)
