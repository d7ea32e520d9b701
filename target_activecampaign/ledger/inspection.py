"""Owns what can be said of a ledger without changing anything: is it there, what does it know, who writes.

No file is made or copied, and a run that begins meanwhile is not held up: this takes no lock that lasts.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.crypto import Cipher
from target_activecampaign.ledger.data_key import data_key_of
from target_activecampaign.ledger.driver_errors import cause_of
from target_activecampaign.ledger.list_lock import holder_of, is_held
from target_activecampaign.ledger.migrations import version_of
from target_activecampaign.ledger.opening import connect_to_server, parse_url
from target_activecampaign.ledger.problems import unusable
from target_activecampaign.ledger.schema import CONTACT
from target_activecampaign.ledger.sqlite_file import (
    open_in_place,
    refuse_other_tables,
    require_folder,
    require_writable,
)

if t.TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.database import Database


class Inspection(t.NamedTuple):
    """What is there.

    Attributes:
        place: The file, or `PostgreSQL`.
        is_new: Whether there is no ledger yet, and the first run makes it.
        confirmed: Contacts that are known, over all the lists.
        holders: Number of a list to the run that writes for it now.
    """

    place: str
    is_new: bool
    confirmed: int = 0
    holders: Mapping[int, str] = {}


def inspect_ledger(url: Secret, *, account: str, api_key: Secret, list_ids: Collection[int]) -> Inspection:
    """Look at a ledger.

    Args:
        url: SQLAlchemy's form; a relative path starts in the working folder.
        account: As `Ledger.open` takes it.
        api_key: Likewise.
        list_ids: Of this configuration.

    Raises:
        SettingsError: If it can't be used; names what the user has to change.
    """
    parsed = parse_url(url)
    try:
        if parsed.get_backend_name() != "sqlite":
            with contextlib.closing(connect_to_server(parsed, read_only=True)) as database:
                return _read(database, None, account, api_key, list_ids)
        path = Path(parsed.database or "").resolve()
        if not path.exists():
            require_folder(path)
            _require_room_for_files(path)
            return Inspection(path.name, is_new=True)
        require_writable(path)
        with contextlib.closing(open_in_place(path)) as database:
            return _read(database, path, account, api_key, list_ids)
    except (SQLAlchemyError, LedgerError, OSError) as error:
        cause = str(error) if isinstance(error, LedgerError) else f"it can't be opened: {cause_of(error)}"
        raise unusable(cause) from None


def _require_room_for_files(path: Path) -> None:
    if not os.access(path.parent, os.W_OK):
        raise unusable("its folder may not be written to; change its mode, or name another")


def _read(
    database: Database, path: Path | None, account: str, api_key: Secret, list_ids: Collection[int]
) -> Inspection:
    place = path.name if path else "PostgreSQL"
    if not database.inspect(version_of):
        if path:
            refuse_other_tables(database)
        return Inspection(place, is_new=True)
    cipher = Cipher(data_key_of(database, account, api_key))
    known = sa.select(sa.func.count()).where(CONTACT.c.list_id.in_(list_ids), CONTACT.c.confirmed_at > 0)
    held = [one for one in sorted(list_ids) if is_held(database, path, one, cipher.number_for)]
    holders = {one: holder_of(database, one) for one in held}
    return Inspection(place, is_new=False, confirmed=database.read(known)[0][0], holders=holders)
