"""How far a run is reads like the transcripts of the specification, and in fields without reading."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from singer_sdk.logging import StructuredFormatter
from support.quick_target import captured_log

from target_activecampaign.reporting.progress import Cause, Progress
from target_activecampaign.reporting.progress_lines import ProgressLines
from target_activecampaign.reporting.progress_text import progress_block, progress_line

MIDST = Progress(
    1018.7,
    read=439_000,
    delivered=412_250,
    rejected=1_204,
    per_minute=24_300,
    ceiling_per_minute=25_000,
    imports_per_minute=100,
    imports_open=14,
    oldest_import_seconds=38.2,
    usual_import_seconds=21.0,
    waiting_for="import_limit",
    total=1_000_000,
    reads_file=True,
)


def test_a_line_of_the_log() -> None:
    assert progress_line(MIDST) == (
        "progress: 412,250 of 1,000,000 delivered (41 %), 24,300 a minute; 1,204 rejected; "
        "14 imports open (oldest 38 s); waiting for the import limit; about 24 min left"
    )


def test_a_line_without_a_known_total_has_no_share_and_leaves_out_what_is_none() -> None:
    progress = replace(MIDST, total=None, rejected=0, imports_open=1, waiting_for=None, unchanged=12)
    assert progress_line(progress) == (
        "progress: 412,250 delivered of 439,000 read so far, 24,300 a minute; 12 unchanged; "
        "1 import open (oldest 38 s)"
    )


def test_four_lines_of_a_terminal() -> None:
    assert progress_block(MIDST, 'shop-customers to "Newsletter"', 92) == [
        'shop-customers to "Newsletter"                                                 16:58 elapsed',
        "[##########--------------]  412,250 of 1,000,000 delivered (41 %)  24,300 a minute of 25,000",
        "14 imports open, oldest 38 s; waiting for the import limit (100 a minute)  about 24 min left",
        "1,204 rejected (0.3 %)",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 79, 100])
def test_no_line_of_a_terminal_is_longer_than_it_is_wide_or_has_a_sign_beyond_ascii(width: int) -> None:
    lines = progress_block(replace(MIDST, unchanged=5, held_back=7), "shop to list 3", width)
    assert len(lines) == 4
    assert all(len(line) <= width and line.isascii() and line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "00:00"), (59.9, "00:59"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_the_time_so_far_is_a_clock(seconds: float, shown: str) -> None:
    assert progress_block(Progress(seconds), "shop", 60)[0].endswith(f"{shown} elapsed")


@pytest.mark.parametrize(
    ("cause", "asked", "words"),
    [
        ("input", None, "waiting for the file to be read"),
        ("import_limit", None, "waiting for the import limit"),
        ("request_limit", None, "waiting for the request limit"),
        ("service_asked_to_wait", 30.0, "waiting for ActiveCampaign, which asked for 30 s"),
        ("service_asked_to_wait", None, "waiting for ActiveCampaign, which failed for now"),
        ("imports_to_end", None, "waiting for ActiveCampaign to end 14 imports"),
        ("read_back", None, "waiting for contacts to be read from ActiveCampaign"),
        ("removals", None, "waiting for people to be taken off their list"),
        ("ledger_lock", None, "waiting for the ledger, which another process holds locked"),
        ("other_runs", None, "waiting for other runs of this account"),
    ],
)
def test_each_wait_has_its_words(cause: Cause, asked: float | None, words: str) -> None:
    line = progress_line(replace(MIDST, waiting_for=cause, asked_seconds=asked))
    assert f"; {words}; about" in line


@pytest.mark.parametrize(
    ("left", "words"),
    [(0, "about 1 min left"), (2_500_000, "about 1 h 40 min left"), (3_000_000, "about 2 h left")],
)
def test_the_time_left_is_in_whole_minutes(left: int, words: str) -> None:
    progress = replace(MIDST, total=MIDST.settled + left, usual_import_seconds=2.0)
    assert progress_line(progress).endswith(words)


def test_a_tap_is_waited_for_where_no_file_is_read() -> None:
    assert "; waiting for the tap" in progress_line(Progress(1, waiting_for="input"))


# When a line is logged


def lines_of(seconds: int, every: int, cause: Cause | None = None, since: int = 0) -> list[int]:
    """Return the seconds at which a run logs a line that is looked at each second."""
    lines = ProgressLines(every)
    said = []
    with captured_log() as log:
        for second in range(seconds + 1):
            before = len(log.getvalue())
            lines.show(Progress(second, waiting_for=cause if second >= since else None))
            if len(log.getvalue()) > before:
                said.append(second)
    return said


@pytest.mark.parametrize("cause", [None, "import_limit"])
def test_a_run_of_70_seconds_has_two_to_four_lines(cause: Cause | None) -> None:
    assert 2 <= len(lines_of(70, 30, cause)) <= 4


def test_lines_come_after_10_seconds_and_then_at_their_pace() -> None:
    assert lines_of(100, 30) == [10, 40, 70, 100]
    assert lines_of(20, 5) == [5, 10, 15, 20]
    assert lines_of(100, 0, "input") == []


def test_a_wait_of_more_than_60_seconds_is_said_at_once_and_only_once() -> None:
    assert lines_of(500, 600, "input", since=20) == [10, 81]


def test_a_line_has_its_figures_as_fields() -> None:
    with captured_log(StructuredFormatter()) as log:
        ProgressLines(30).show(MIDST)
    record = json.loads(log.getvalue())
    assert record["message"].startswith("progress: 412,250 of 1,000,000 delivered")
    assert record["extra"] == {"what": "progress", **MIDST.as_fields()}
