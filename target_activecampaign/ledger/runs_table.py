"""Owns the table of the runs: what was entered of each when it began, and put in its place when it ended.

Each call has a connection of its own, so that a run can be closed after its ledger, and be read while another
run holds the ledger. Must not know what a document means.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

import sqlalchemy as sa

from target_activecampaign.errors import LedgerError
from target_activecampaign.ledger.opening import open_as_it_is
from target_activecampaign.ledger.patience import Patience
from target_activecampaign.ledger.schema import HISTORY

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.database import Database


class RunsTable:
    """The runs that a ledger remembers. For use in any thread."""

    def __init__(self, url: Secret, *, kept: int, seconds: Callable[[], float]) -> None:
        """Open nothing yet.

        Args:
            url: Of the ledger, which must exist.
            kept: How many runs are remembered.
            seconds: Returns how long to wait for a lock of another process.
        """
        self._url = url
        self._kept = kept
        self._seconds = seconds

    def add(self, document: dict[str, t.Any]) -> int:
        """Enter a run, and forget the oldest ones; returns its number.

        Raises:
            LedgerError: If it can't be written.
            SettingsError: If the ledger can't be opened.
        """
        with self._opened(read_only=False) as database, database.transaction() as connection:
            key = connection.execute(sa.insert(HISTORY).values(document=json.dumps(document)))
            number = int((key.inserted_primary_key or (0,))[0])
            connection.execute(sa.delete(HISTORY).where(HISTORY.c.run <= number - self._kept))
        return number

    def put(self, number: int, document: dict[str, t.Any]) -> None:
        """Replace what is known of a run.

        Raises:
            LedgerError: If it can't be written.
            SettingsError: If the ledger can't be opened.
        """
        with self._opened(read_only=False) as database, database.transaction() as connection:
            statement = sa.update(HISTORY).where(HISTORY.c.run == number)
            connection.execute(statement.values(document=json.dumps(document)))

    def documents(self) -> dict[int, dict[str, t.Any]]:
        """Return what is known of each run, by number, the oldest first.

        Raises:
            LedgerError: If it can't be read.
            SettingsError: If the ledger can't be opened.
        """
        with self._opened(read_only=True) as database:
            if not database.inspect(lambda connection: sa.inspect(connection).has_table(HISTORY.name)):
                return {}
            rows = database.read(sa.select(HISTORY).order_by(HISTORY.c.run))
        try:
            return {row.run: dict(json.loads(row.document)) for row in rows}
        except (TypeError, ValueError):
            raise LedgerError(
                "the ledger can't be read: a run in it is damaged; restore the ledger from a copy"
            ) from None

    @contextlib.contextmanager
    def _opened(self, *, read_only: bool) -> Iterator[Database]:
        patience = Patience()
        patience.end_within(self._seconds())
        with contextlib.closing(open_as_it_is(self._url, patience, read_only=read_only)) as database:
            yield database
