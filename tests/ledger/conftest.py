"""The ledger's tests run on both databases."""

from __future__ import annotations

import time
import typing as t

import pytest
from support.ledgers import OpenLedger, ledger_url, open_ledger
from support.postgres_server import postgres

if t.TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ledger_url", "open_ledger", "postgres"]


@pytest.fixture
def on_sqlite(tmp_path: Path) -> t.Iterator[OpenLedger]:
    """Opens the ledger on SQLite alone, for tests of its files."""
    opening = OpenLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opening
    opening.close_all()


@pytest.fixture
def wait_until() -> t.Callable[[t.Callable[[], bool]], None]:
    """Waits for a change that another process or a server makes in its own time."""

    def wait(is_so: t.Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait
