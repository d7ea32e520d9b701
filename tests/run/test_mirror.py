"""Who the ledger names by an address that is not an identity any more stays on the list."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest

from target_activecampaign.run.readable_address import identity_of_leaver


@pytest.mark.parametrize(
    ("email", "is_named"), [("ada@example.com", True), ("ada@b\u00fccher.example", False)]
)
def test_a_member_of_an_earlier_form_is_left_out_and_said(
    email: str, caplog: pytest.LogCaptureFixture, *, is_named: bool
) -> None:
    person = t.cast("t.Any", SimpleNamespace(email=email))
    assert identity_of_leaver(person) == (email if is_named else None)
    assert ("not in ASCII" in caplog.text) is not is_named
    assert "ada@" not in caplog.text
