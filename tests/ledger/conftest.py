"""The ledger's tests run on both databases."""

from __future__ import annotations

import time
import typing as t

import pytest
from support.ledgers import ledger_url, open_ledger
from support.postgres_server import postgres

__all__ = ["ledger_url", "open_ledger", "postgres"]


@pytest.fixture
def wait_until() -> t.Callable[[t.Callable[[], bool]], None]:
    """Waits for what another process or server does in its own time."""

    def wait(is_so: t.Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait
