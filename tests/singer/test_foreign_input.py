"""An input that is no Singer stream is called by its name, and nothing of it is quoted."""

from __future__ import annotations

import io

import pytest

from target_activecampaign.errors import InputError
from target_activecampaign.singer.reader import MessageReader


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b"id;e-mail;vorname\n1;ada@example.com;Ada\n",
            "a CSV header (id, e-mail, vorname). For a CSV: target-activecampaign send FILE.csv",
        ),
        (b"1;e-mail;Bob\n", "CSV, 3 columns separated by semicolons. For a CSV: target-activecampaign send"),
        (b"Bob,Berlin\n", "CSV, 2 columns separated by commas"),
        (b"\xef\xbb\xbfada@example.com,Ada\n", "CSV, 2 columns separated by commas"),
        (b"email\tname\n", "a CSV header (email, name)"),
        (b"email|name|city\n", "a CSV header (email, name, city)"),
        (
            b"PK\x03\x04\x14\x00ada@example.com\n",
            'a ZIP file or an Excel workbook. Save a workbook as "CSV UTF-8',
        ),
        (b"\x1f\x8b\x08\x00\x00\x00", "a gzip file"),
        (b"PAR1\x15\x04\n", "a Parquet file"),
        (b"\xff\xfee\x00m\x00\n", "text in UTF-16"),
        (b"2026-01-02 10:00:00,123 INFO ada@example.com\n", "a log. A tap writes its log to standard error"),
        (b"INFO ada@example.com, found\n", "a log. A tap writes"),
        (b"Traceback (most recent call last):\n", "a log. A tap writes"),
    ],
)
def test_it_is_called_by_its_name(content: bytes, says: str) -> None:
    problem = problem_of(content)
    assert f"the input is no Singer stream: line 1 looks like {says}" in problem
    assert "ada" not in problem.casefold()


@pytest.mark.parametrize(
    "content", [b"ada@example.com\n", b'{"type": "RECORD", \n', b"[1, 2\n", b"\x00\x01\n"]
)
def test_of_anything_else_nothing_is_said(content: bytes) -> None:
    assert problem_of(content).startswith("line 1 of the input is no JSON. ")


def test_a_later_line_is_not_guessed_at() -> None:
    assert "looks like" not in problem_of(b'{"type": "STATE", "value": {}}\nid;name\n')


def problem_of(content: bytes) -> str:
    with pytest.raises(InputError) as refusal:
        MessageReader().process_lines(io.BytesIO(content), {"STATE": lambda _: None})
    return str(refusal.value)
