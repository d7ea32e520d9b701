"""Custom field values without HTTP."""

from __future__ import annotations

import pytest

from target_activecampaign.sandbox.state.fields import FieldDefinition


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("2026-05-19T07:45:00Z", "2026-05-19T02:45:00-05:00"),
        ("2026-05-19T02:45:00", "2026-05-19T02:45:00-05:00"),
        ("some day", "some day"),
        ("", ""),
    ],
)
def test_a_datetime_is_kept_as_the_same_instant(value: str, stored: str) -> None:
    assert FieldDefinition("datetime", frozenset()).stored(value, keeps_unknown=True) == stored
