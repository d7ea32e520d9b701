"""Owns the figures of a ledger, for the command `ledger`: counts and times, no address and no hash."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

import sqlalchemy as sa

from target_activecampaign.ledger.schema import CONTACT, MEMBER, META, OPT_OUT, REMOVAL, RUN

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.ledger.database import Database


@dataclass(frozen=True, slots=True)
class ListFigures:
    """What a ledger holds of a list.

    Attributes:
        contacts: Contacts that are known.
        in_doubt: Those of them whose last import had no outcome.
        oldest: Time of the oldest confirmation, in seconds since 1970; None where there is none.
        newest: Time of the newest one, likewise.
        members: Stream to the number of people that it brings.
        pending: Cause to the number of pending removals.
        left_alone: Reason to the number of people who were left on the list.
        opt_outs: Stream to the number of its records that say no, pending ones among them.
    """

    contacts: int
    in_doubt: int
    oldest: int | None
    newest: int | None
    members: Mapping[str, int]
    pending: Mapping[str, int]
    left_alone: Mapping[str, int]
    opt_outs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a ledger holds.

    Attributes:
        account: Host of the account.
        version: Of the tables.
        runs: Number of runs that wrote in it.
        lists: Id of a list to its figures, in ascending order.
    """

    account: str
    version: int
    runs: int
    lists: Mapping[int, ListFigures]


def figures_of(database: Database) -> Figures:
    """Count what a ledger holds.

    Raises:
        LedgerError: If it can't be read.
    """
    meta = database.read(sa.select(META.c.account, META.c.version))[0]
    return Figures(
        account=meta.account,
        version=meta.version,
        runs=database.read(sa.select(sa.func.count()).select_from(RUN))[0][0],
        lists=dict(sorted(_lists_of(database).items())),
    )


def _lists_of(database: Database) -> dict[int, ListFigures]:
    contacts = {row.list_id: row for row in database.read(_CONTACTS_BY_LIST)}
    members = _nested(database.read(_MEMBERS_BY_STREAM))
    pending = _nested(database.read(_PENDING_BY_CAUSE))
    left_alone = _nested(database.read(_LEFT_ALONE_BY_REASON))
    opt_outs = _nested(database.read(_OPT_OUTS_BY_STREAM))
    lists: dict[int, ListFigures] = {}
    for list_id in set().union(contacts, members, pending, left_alone, opt_outs):
        known, certain, oldest, newest = contacts[list_id][1:] if list_id in contacts else (0, 0, None, None)
        lists[list_id] = ListFigures(
            contacts=known,
            in_doubt=known - certain,
            oldest=oldest,
            newest=newest,
            members=members.get(list_id, {}),
            pending=pending.get(list_id, {}),
            left_alone=left_alone.get(list_id, {}),
            opt_outs=opt_outs.get(list_id, {}),
        )
    return lists


def _nested(rows: Sequence[t.Any]) -> dict[int, dict[str, int]]:
    """Return rows of list, name and number as a mapping of mappings."""
    nested: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for list_id, name, number in rows:
        nested[list_id][name] = number
    return nested


def _count_by(name: sa.Column[t.Any], *where: sa.ColumnElement[bool]) -> sa.Select[t.Any]:
    list_id = name.table.c.list_id
    counts = sa.select(list_id, name, sa.func.count()).where(*where)
    return counts.group_by(list_id, name).order_by(list_id, name)


_CONTACTS_BY_LIST = (
    sa.select(
        CONTACT.c.list_id,
        sa.func.count().label("contacts"),
        sa.func.count(CONTACT.c.fingerprint).label("certain"),
        sa.func.min(CONTACT.c.confirmed_at).label("oldest"),
        sa.func.max(CONTACT.c.confirmed_at).label("newest"),
    )
    .where(CONTACT.c.confirmed_at > 0)
    .group_by(CONTACT.c.list_id)
)
_MEMBERS_BY_STREAM = _count_by(MEMBER.c.stream)
_OPT_OUTS_BY_STREAM = _count_by(OPT_OUT.c.stream)
_PENDING_BY_CAUSE = _count_by(REMOVAL.c.cause, REMOVAL.c.left_alone.is_(None))
_LEFT_ALONE_BY_REASON = _count_by(REMOVAL.c.left_alone, REMOVAL.c.left_alone.is_not(None))
