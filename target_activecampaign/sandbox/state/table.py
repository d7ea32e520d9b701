"""Owns the queries that all tables of the account share: every row, and one row by its id."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.storage import Storage


class Table:
    """A table whose rows have ids; subclasses name it and add their rules.

    Attributes:
        name: The table's name.
    """

    name: t.ClassVar[str]

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def all(self) -> list[sqlite3.Row]:
        """Return every row, oldest first."""
        return self._storage.rows(f"select * from {self.name} order by id")  # noqa: S608 - a class names its table

    def get(self, row_id: int) -> sqlite3.Row | None:
        """Return the row with an id, or `None`."""
        return self._storage.row(f"select * from {self.name} where id = ?", (row_id,))  # noqa: S608

    def _page(
        self, found: str, parameters: Mapping[str, object], limit: int, offset: int
    ) -> tuple[list[sqlite3.Row], int]:
        """Return a page of a query's rows, oldest first, and the total of all pages.

        Args:
            found: The query from its `from` on, a text of ours.
            parameters: The query's parameters.
            limit: How many rows the page has.
            offset: How many rows come before it.
        """
        page = {**parameters, "limit": limit, "offset": offset}
        rows = self._storage.rows(f"select * {found} order by id limit :limit offset :offset", page)
        return rows, self._storage.number(f"select count(*) {found}", parameters)
