"""An account without HTTP for the tests of this folder."""

from __future__ import annotations

import typing as t

import pytest
from support.sandbox_fixture import open_account

from target_activecampaign.sandbox.state.progress import Progress

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.sandbox.state.account import Account


@pytest.fixture
def account() -> Iterator[Account]:
    """Open an account whose imports end at once."""
    account = open_account(progress=Progress("at-once"))
    yield account
    account.close()
