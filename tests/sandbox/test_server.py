"""A running sandbox: keys, start and stop."""

from __future__ import annotations

import threading
import typing as t

import pytest

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state.seed import SeedInvalidError

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox


def test_each_key_has_a_file(tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    start_sandbox(tmp_path / "account.db", keys=("one", "two"))

    assert {path.name for path in tmp_path.iterdir() if "wal" not in path.name} == {
        "account.db",
        "account.db-2",
    }


def test_after_a_failed_start_nothing_is_held(
    tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]
) -> None:
    with pytest.raises(SeedInvalidError):
        start_sandbox(tmp_path / "account.db", seed={"lists": [{}]})

    start_sandbox(tmp_path / "other.db", keys=("one",))
    with pytest.raises(ValueError, match="at least one key"):
        start_sandbox(keys=())


def test_a_sandbox_leaves_no_thread_behind(connect: Callable[..., Api]) -> None:
    before = set(threading.enumerate())
    with serve() as sandbox:
        connect(sandbox).get("/lists")
        sandbox.close()

    assert set(threading.enumerate()) <= before
