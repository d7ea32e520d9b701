"""The ledger's tests run on both databases."""

from __future__ import annotations

import time
import typing as t

import pytest
from ledgers import OpenLedger
from postgres_server import postgres

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where no ledger is yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres").new_url())


@pytest.fixture
def open_ledger(ledger_url: str) -> Iterator[OpenLedger]:
    """Opens the ledger, as often as a test wants; all are closed at its end."""
    opening = OpenLedger(ledger_url)
    yield opening
    opening.close_all()


@pytest.fixture
def wait_until() -> t.Callable[[t.Callable[[], bool]], None]:
    """Waits for what another process or server does in its own time."""

    def wait(is_so: t.Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait
