from __future__ import annotations

import pytest

from target_activecampaign.wording import about_minutes, counted, duration, share, size


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 imports"), (1, "1 import"), (2, "2 imports"), (12480, "12,480 imports")]
)
def test_a_number_agrees_with_what_it_counts(number: int, text: str) -> None:
    assert counted(number, "import") == text


def test_an_odd_plural_is_named() -> None:
    assert counted(2, "person", "people") == "2 people"


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(7512, 250_000, "3.0 %"), (0, 0, "0.0 %"), (1, 1, "100.0 %")]
)
def test_a_share_has_one_digit(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (52, "52 s"),
        (59.6, "1 min"),
        (64, "1 min 4 s"),
        (3599.7, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration_has_two_units_at_the_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1 byte"), (999, "999 bytes"), (41_900_000_000, "41 GB"), (512_000_000, "512 MB")],
)
def test_a_size_is_a_round_figure(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.4, "about 1 minute"), (10.0, "about 10 minutes"), (240, "about 4 h"), (125, "about 2 h 5 min")],
)
def test_minutes_are_told_as_about(minutes: float, text: str) -> None:
    assert about_minutes(minutes) == text
