"""Owns the custom fields, their options, and the contacts' values."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime

from target_activecampaign.sandbox.clock import ACCOUNT_TIME_ZONE
from target_activecampaign.sandbox.state.table import Table

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.storage import Storage

TYPES = (
    "text", "textarea", "date", "datetime", "number", "dropdown", "radio", "checkbox", "listbox",
    "multiselect", "hidden",
)  # fmt: skip
"""Custom fields reference; `number` in one example only, `multiselect` in clients (as `listbox`: assumed)."""
MANY_OPTIONS = frozenset({"checkbox", "listbox", "multiselect"})
CHANGEABLE = ("title", "descript", "perstag", "defval", "isrequired", "visible", "ordernum")
"""The columns of a field that can be changed after its creation."""
SEPARATOR = "||"
"""Opens, closes and separates the values of a field that holds several (bulk importer reference)."""


class Option(t.NamedTuple):
    """An option of a field: the stored value, and the label that people see."""

    value: str
    label: str
    is_default: bool = False


class Value(t.NamedTuple):
    """A contact's value in a field, to be written."""

    contact: int
    field: int
    value: str


@dataclass(frozen=True)
class FieldDefinition:
    """A field's type and the values of its options."""

    type: str
    options: frozenset[str]

    def is_plain(self, *, keeps_unknown: bool) -> bool:
        """Tell whether the account keeps values unchanged."""
        return self.type != "datetime" and (keeps_unknown or not self.options)

    def stored(self, value: str, *, keeps_unknown: bool) -> str:
        """Return a value in the account's form.

        The account keeps a datetime in its own time zone, as the same instant in another text (custom field
        values reference), and a malformed one unchanged (assumed).
        """
        if self.type == "datetime":
            return _in_account_time_zone(value)
        if keeps_unknown or not self.options or not value:
            return value
        if self.type in MANY_OPTIONS:
            known = [part for part in value.split(SEPARATOR) if part in self.options]
            return f"{SEPARATOR}{SEPARATOR.join(known)}{SEPARATOR}" if known else ""
        return value if value in self.options else ""


class Fields(Table):
    """The account's custom fields and their values."""

    name = "field"

    def __init__(self, storage: Storage, clock: Clock) -> None:
        super().__init__(storage, clock)
        self._definitions: dict[int, FieldDefinition] | None = None

    def find(self, title: str) -> sqlite3.Row | None:
        """Return the field with a title in any letter case, or `None`."""
        return self._storage.row("select * from field where title = ? collate nocase", (title,))

    def definitions(self) -> dict[int, FieldDefinition]:
        """Return the definitions of all fields by id; they are read once."""
        if self._definitions is None:
            self._definitions = {
                row["id"]: FieldDefinition(
                    row["type"], frozenset(option["value"] for option in self.options_of(row["id"]))
                )
                for row in self.all()
            }
        return self._definitions

    def create(self, title: str, field_type: str, options: Sequence[Option] = (), perstag: str = "") -> int:
        """Create a field, shown on all lists, and return its id."""
        with self._storage.transaction():
            order = self._storage.number("select max(ordernum) from field") + 1
            field = self._storage.write(
                "insert into field (title, type, perstag, ordernum, cdate) values (?, ?, ?, ?, ?)",
                (title, field_type, perstag.strip("%").upper() or _perstag(title), order, self._clock.date()),
            )
            self.add_options(field, options)
            self.relate(field, 0)
        return field

    def update(self, field: int, changes: Mapping[str, str]) -> None:
        """Change some of a field's `CHANGEABLE` columns."""
        columns = "".join(f"{column} = :{column}, " for column in CHANGEABLE if column in changes)
        self._storage.write(
            f"update field set {columns}udate = :udate where id = :id",  # noqa: S608 - names of ours
            {**changes, "udate": self._clock.date(), "id": field},
        )

    def delete(self, field: int) -> bool:
        """Delete a field with its options and values; tell whether it existed."""
        with self._storage.transaction():
            self.forget_definitions()
            self._storage.delete("delete from field_value where field = ?", (field,))
            self._storage.delete("delete from field_option where field = ?", (field,))
            self._storage.delete("delete from field_rel where field = ?", (field,))
            return self._storage.delete("delete from field where id = ?", (field,))

    def add_options(self, field: int, options: Sequence[Option]) -> list[int]:
        """Add options after a field's existing ones, and return their ids."""
        with self._storage.transaction():
            order = self._storage.number("select max(orderid) from field_option where field = ?", (field,))
            ids = [
                self._storage.write(
                    "insert into field_option (field, orderid, value, label, isdefault) values (?, "
                    "?, ?, ?, ?)",
                    (field, order + position, option.value, option.label, int(option.is_default)),
                )
                for position, option in enumerate(options, start=1)
            ]
        self.forget_definitions()
        return ids

    def options_of(self, field: int) -> list[sqlite3.Row]:
        """Return a field's options in their order."""
        return self._storage.rows("select * from field_option where field = ? order by orderid", (field,))

    def option(self, option: int) -> sqlite3.Row | None:
        """Return one option, or `None`."""
        return self._storage.row("select * from field_option where id = ?", (option,))

    def relate(self, field: int, list_id: int) -> sqlite3.Row:
        """Show a field on a list, 0 for all of them, and return the link."""
        with self._storage.transaction():
            self._storage.write(
                "insert into field_rel (field, relid, cdate) values (?, ?, ?) on conflict do nothing",
                (field, list_id, self._clock.date()),
            )
            return self._storage.existing_row(
                "select * from field_rel where field = ? and relid = ?", (field, list_id)
            )

    def relations_of(self, field: int) -> list[sqlite3.Row]:
        """Return a field's links to lists."""
        return self._storage.rows("select * from field_rel where field = ? order by id", (field,))

    def relations(self) -> list[sqlite3.Row]:
        """Return the links of all fields to lists."""
        return self._storage.rows("select * from field_rel order by id")

    def set_values(
        self, values: Sequence[tuple[int, int, str]], source: int, *, keeps_unknown: bool = True
    ) -> None:
        """Write contacts' values, given as the items of `Value`; drop those of unknown fields."""
        definitions = self.definitions()
        plain = {
            field
            for field, definition in definitions.items()
            if definition.is_plain(keeps_unknown=keeps_unknown)
        }
        if not plain.issuperset({field for _, field, _ in values}):
            values = [
                (contact, field, definitions[field].stored(value, keeps_unknown=keeps_unknown))
                for contact, field, value in values
                if field in definitions
            ]
        date = self._clock.date()
        self._storage.insert_many(
            "insert into field_value (contact, field, value, cdate, udate, source)",
            values,
            (date, date, source),
            "on conflict (contact, field) do update set "
            "value = excluded.value, udate = excluded.udate, source = excluded.source",
        )

    def values_of(self, contact: int) -> list[sqlite3.Row]:
        """Return a contact's values."""
        return self._storage.rows("select * from field_value where contact = ? order by field", (contact,))

    def value_of(self, contact: int, field: int) -> sqlite3.Row:
        """Return a contact's value in one field, which was written before."""
        return self._storage.existing_row(
            "select * from field_value where contact = ? and field = ?", (contact, field)
        )

    def find_values(
        self, field: str | None, value: str | None, limit: int, offset: int
    ) -> tuple[list[sqlite3.Row], int]:
        """Return one page of all contacts' values, by field id and value where given, and their total."""
        found = (
            "from field_value where (:field is null or field = cast(:field as integer)) "
            "and (:value is null or value = :value)"
        )
        return self._page(found, {"field": field, "value": value}, limit, offset)

    def value(self, value_id: int) -> sqlite3.Row | None:
        """Return one value by its id, or `None`."""
        return self._storage.row("select * from field_value where id = ?", (value_id,))

    def delete_value(self, value_id: int) -> bool:
        """Delete one value; tell whether it existed."""
        return self._storage.delete("delete from field_value where id = ?", (value_id,))

    def forget_definitions(self) -> None:
        """Read the definitions again at their next use, e.g. after a reset."""
        self._definitions = None


def _perstag(title: str) -> str:
    """Return the personalization tag that ActiveCampaign makes of a title: capitals and underscores."""
    return re.sub(r"\W+", "_", title).strip("_").upper()


def _in_account_time_zone(value: str) -> str:
    try:
        # Python 3.10 does not parse the Z.
        instant = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", value))
    except ValueError:
        return value
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=ACCOUNT_TIME_ZONE)
    return instant.astimezone(ACCOUNT_TIME_ZONE).isoformat(timespec="seconds")
