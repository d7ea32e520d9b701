"""Owns the trial: which rows go first, and whether the account holds of them what was sent. Pure.

It must not know how rows are sent or contacts are read.
"""

from __future__ import annotations

import datetime as dt
import io
import typing as t

from target_activecampaign.config.names import folded_name, shown_text
from target_activecampaign.contacts.contact import Contact
from target_activecampaign.contacts.custom_fields import OPTION_SEPARATOR

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_activecampaign.api.held_contact import HeldContact
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.mapping import RecordMapper
    from target_activecampaign.source_files import SourceFile

TRIAL_ROWS = 5
"""People who are sent first."""

_TOLD = frozenset({"first_name", "last_name", "phone"})
_LONGEST_VALUE = 60


class TrialRow(t.NamedTuple):
    """A row of the trial.

    Attributes:
        row: Its line in the file.
        contact: What it becomes.
    """

    row: int
    contact: Contact


class Difference(t.NamedTuple):
    """A value that the account holds otherwise than it was sent.

    Attributes:
        row: Line of the file.
        field: As people call it.
        sent: Text.
        held: Text; empty for none.
    """

    row: int
    field: str
    sent: str
    held: str

    @property
    def text(self) -> str:
        """The difference for a person."""
        sent, held = shown_text(self.sent, _LONGEST_VALUE), shown_text(self.held, _LONGEST_VALUE)
        return f'row {self.row:,}, {shown_text(self.field)}: sent "{sent}", ActiveCampaign holds "{held}"'


class ReadBack(t.NamedTuple):
    """What was found of a trial.

    Attributes:
        values: Values that were compared.
        differences: Those that differ.
        missing: Rows whose contact the account does not have.
    """

    values: int
    differences: list[Difference]
    missing: list[int]


def first_rows(
    rows: Iterable[tuple[int, dict[str, t.Any]]], mapper: RecordMapper, most: int = TRIAL_ROWS
) -> list[TrialRow]:
    """Return the first rows that become a contact on the list, each of another person."""
    found: dict[str, TrialRow] = {}
    for row, record in rows:
        contact = mapper.map(record)
        if isinstance(contact, Contact) and contact.subscribes and contact.email not in found:
            found[contact.email] = TrialRow(row, contact)
            if len(found) == most:
                break
    return list(found.values())


def only_rows(source: SourceFile, rows: Iterable[TrialRow]) -> SourceFile:
    """Return a file like this one that has some of its rows alone, on their lines."""
    return t.cast("SourceFile", _SomeRows(source, frozenset(row.row for row in rows)))


class _SomeRows:
    """Stands for a file, and hands out some of its rows."""

    is_part = True

    def __init__(self, source: SourceFile, rows: frozenset[int]) -> None:
        self._source = source
        self._rows = rows

    def __getattr__(self, name: str) -> t.Any:  # noqa: ANN401 - as the file has it
        return getattr(self._source, name)

    def count_rows(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def rows(self) -> Iterator[tuple[int, dict[str, t.Any]]]:
        """Yield them, each with its line in the file."""
        return ((row, record) for row, record in self._source.rows() if row in self._rows)

    def iterate_messages(self) -> Iterator[bytes]:
        """Yield the schema and their messages; other rows are blank lines, so that numbers stay."""
        line = 1
        last = max(self._rows, default=0)
        for message in self._source.iterate_messages():
            text = message.lstrip(b"\n")
            line += len(message) - len(text)
            is_wanted = b'"type":"RECORD"' not in text[:20] or line in self._rows
            yield message if is_wanted else b"\n" * message.count(b"\n")
            line += text.count(b"\n")
            if line > last:
                return

    def messages(self) -> t.BinaryIO:
        """Return the lines of `iterate_messages` as a file that can be read once."""
        return io.BytesIO(b"".join(self.iterate_messages()))


def compare(
    rows: Iterable[TrialRow],
    held: Mapping[str, HeldContact | None],
    fields: Mapping[int, CustomField],
    tags: Mapping[int, str],
) -> ReadBack:
    """Compare what was sent with what the account holds.

    Args:
        rows: Of the trial.
        held: Identity to what the account holds; `None` where it has no such contact.
        fields: Id to custom field.
        tags: Id to name, of the account.
    """
    values, differences, missing = 0, [], []
    for row in rows:
        found = held.get(row.contact.email)
        if found is None:
            missing.append(row.row)
            continue
        compared = list(_pairs(row.contact, found, fields, tags))
        values += len(compared)
        differences += [
            Difference(row.row, name, sent, has) for name, sent, has, is_equal in compared if not is_equal
        ]
    return ReadBack(values, differences, missing)


def _pairs(
    contact: Contact, held: HeldContact, fields: Mapping[int, CustomField], tags: Mapping[int, str]
) -> Iterator[tuple[str, str, str, bool]]:
    """Yield name, text sent, text held and whether they are equal, of each value; the address is one."""
    yield "email", contact.email, contact.email, True
    for name, text in contact.attributes.items():
        # The account's name is an object of its own, of which a contact tells nothing.
        if name in _TOLD:
            has = held.attributes.get(name, "")
            yield name, text, has, text.strip() == has.strip()
    for field_id, text in contact.custom_fields.items():
        field, has = fields.get(field_id), held.fields.get(field_id, "")
        yield field.title if field else str(field_id), text, has, _is_equal(text, has)
    names = {folded_name(tags[tag]) for tag in held.tags if tag in tags}
    for tag in contact.tags:
        has_it = folded_name(tag) in names
        yield "tags", tag, tag if has_it else "", has_it
    is_on_list = contact.list_id in held.lists
    yield "list", str(contact.list_id), str(contact.list_id) if is_on_list else "", is_on_list


def _is_equal(sent: str, held: str) -> bool:
    """Tell whether a field holds what was sent; times may stand in another zone, options in any order."""
    if sent.strip() == held.strip():
        return True
    if OPTION_SEPARATOR in sent:
        return set(sent.split(OPTION_SEPARATOR)) == set(held.split(OPTION_SEPARATOR))
    moments = [_moment(sent), _moment(held)]
    if None not in moments:
        return moments[0] == moments[1]
    return _number(sent) is not None and _number(sent) == _number(held)


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
