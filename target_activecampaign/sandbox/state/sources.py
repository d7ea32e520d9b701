"""Owns the writes to the account, one row each; every value points to the write that it came from."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.clock import Clock
    from target_activecampaign.sandbox.state.storage import Storage


class Sources:
    """The writes so far."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def add(self, label: str) -> int:
        """Record a write, e.g. `import 5c0e...` or `POST /contact/sync`, and return its id."""
        return self._storage.write(
            "insert into source (label, at) values (?, ?)", (label, self._clock.date())
        )

    def of_import(self, batch_id: str) -> int:
        """Return the id of the write that an import made, 0 where there is none."""
        return self._storage.number(
            "select id from source where label = ? order by id desc limit 1", (f"import {batch_id}",)
        )

    def labels(self, sources: set[int]) -> dict[int, str]:
        """Return `label, date` for each known id."""
        found = (self._storage.row("select * from source where id = ?", (source,)) for source in sources)
        return {row["id"]: f"{row['label']}, {row['at']}" for row in found if row is not None}
