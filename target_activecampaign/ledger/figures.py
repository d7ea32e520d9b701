"""Owns the figures of a ledger, for the command `ledger`: counts and times, no address and no hash."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from target_activecampaign.ledger.schema import CONTACT, MEMBER, META, RUN

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.ledger.database import Database


@dataclass(frozen=True, slots=True)
class ListFigures:
    """What a ledger holds of a list.

    Attributes:
        contacts: Contacts that were confirmed once.
        in_doubt: Those of them whose last import had no outcome.
        oldest: Time of the oldest confirmation, in seconds since 1970; None where there is none.
        newest: Time of the newest one, likewise.
        members: Stream to the number of contacts that it brought.
    """

    contacts: int
    in_doubt: int
    oldest: int | None
    newest: int | None
    members: Mapping[str, int]


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
    members: dict[int, dict[str, int]] = {}
    for list_id, stream, number in database.read(_MEMBERS_BY_STREAM):
        members.setdefault(list_id, {})[stream] = number
    lists = {
        row.list_id: ListFigures(
            row.contacts, row.contacts - row.certain, row.oldest, row.newest, members.pop(row.list_id, {})
        )
        for row in database.read(_CONTACTS_BY_LIST)
    }
    return lists | {list_id: ListFigures(0, 0, None, None, streams) for list_id, streams in members.items()}


_CONTACTS_BY_LIST = sa.select(
    CONTACT.c.list_id,
    sa.func.count().label("contacts"),
    sa.func.count(CONTACT.c.fingerprint).label("certain"),
    sa.func.min(CONTACT.c.confirmed_at).label("oldest"),
    sa.func.max(CONTACT.c.confirmed_at).label("newest"),
).group_by(CONTACT.c.list_id)
_MEMBERS_BY_STREAM = (
    sa.select(MEMBER.c.list_id, MEMBER.c.stream, sa.func.count())
    .group_by(MEMBER.c.list_id, MEMBER.c.stream)
    .order_by(MEMBER.c.list_id, MEMBER.c.stream)
)
