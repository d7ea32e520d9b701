"""The account without HTTP: its limit, and its threads."""

from __future__ import annotations

import threading
import typing as t

import pytest
from support.sandbox_fixture import submit

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.state.account import Account


def test_a_limit_on_contacts_is_not_below_zero(account: Account) -> None:
    with pytest.raises(ValueError, match="contact_limit must be 0 or more"):
        account.contact_limit = -1


def test_several_threads_can_write_at_once(account: Account) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            submit(account, {"email": f"{thread}.{number}@example.com"})

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(account.contacts) == 80
