"""The figures of a run that goes on: shares, and the time left where it can be told."""

from __future__ import annotations

import pytest

from target_activecampaign.reporting.progress import Progress


def test_all_fields_are_whole_numbers_or_words() -> None:
    progress = Progress(
        1018.7,
        read=439_000,
        delivered=412_250,
        rejected=1_204,
        per_minute=24_300,
        ceiling_per_minute=25_000,
        imports_open=14,
        oldest_import_seconds=38.9,
        usual_import_seconds=21.0,
        waiting_for="import_limit",
        total=1_000_000,
        run=44,
    )
    assert progress.as_fields() == {
        "read": 439_000,
        "delivered": 412_250,
        "unchanged": 0,
        "superseded": 0,
        "rejected": 1_204,
        "held_back": 0,
        "total": 1_000_000,
        "percent": 41,
        "per_minute": 24_300,
        "ceiling_per_minute": 25_000,
        "imports_open": 14,
        "oldest_import_seconds": 38,
        "waiting_for": "import_limit",
        "eta_seconds": 1429,
        "seconds": 1018,
        "run": 44,
    }


def test_what_is_not_known_is_null() -> None:
    fields = Progress(3).as_fields()
    unknown = ("total", "percent", "oldest_import_seconds", "waiting_for", "eta_seconds", "run")
    assert [fields[name] for name in unknown] == [None] * 6


@pytest.mark.parametrize(
    ("total", "usual", "eta"),
    [
        (25_000, None, None),  # no import has ended
        (None, 4.0, None),
        (25_000, 4.0, 64),
        (0, 4.0, 4),
        (17_900_000, 4.0, 42_964),
        (18_000_000, 4.0, None),  # above 12 hours
    ],
)
def test_the_time_left_is_what_the_limits_take_and_one_import(
    total: int | None, usual: float | None, eta: int | None
) -> None:
    progress = Progress(1, ceiling_per_minute=25_000, total=total, usual_import_seconds=usual)
    assert progress.eta_seconds == eta


def test_the_share_is_100_only_when_all_records_have_their_outcome() -> None:
    assert Progress(1, delivered=999, total=1000).percent == 99
    assert Progress(1, delivered=500, unchanged=300, rejected=200, total=1000).percent == 100
