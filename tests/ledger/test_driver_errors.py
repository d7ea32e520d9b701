"""A driver's error is said in our words: its own may quote a password or an address."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from target_activecampaign.ledger.driver_errors import cause_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("canceling statement due to statement timeout", "the server's statement_timeout ended it"),
        ("canceling statement due to user request", "another process holds its tables locked"),
        ("canceling statement due to lock timeout", "for longer than the server's lock_timeout"),
        ("terminating connection due to transaction timeout", "the server's transaction_timeout ended it"),
        ("terminating connection due to idle-session timeout", "the server ended the session"),
    ],
)
def test_what_the_server_ended_names_its_setting(text: str, words: str) -> None:
    assert words in cause_of(OperationalError("SELECT p@example.com", {}, Exception(f"FATAL: {text}")))


def test_an_error_that_nobody_knows_is_named_by_its_class() -> None:
    assert cause_of(OperationalError("SELECT p@example.com", {}, KeyError("p@example.com"))) == "KeyError"
