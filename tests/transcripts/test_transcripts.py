"""A person at a terminal goes from a file and a key to people on a list; two pages show what they see."""

from __future__ import annotations

import typing as t

import pytest
from transcripts.session import hold_session
from transcripts.write_transcripts import ALL_OF_INIT, README, TUTORIAL, pages_of, shortened, with_block

if t.TYPE_CHECKING:
    from pathlib import Path

TEXT = "one\n  two\n  three\n\nfour\n"


def test_the_readme_shows_what_a_person_sees_and_nothing_is_written_before_consent(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    session = hold_session(folder)
    pages = pages_of(session.transcripts)
    assert pages[ALL_OF_INIT] == ALL_OF_INIT.read_text("utf-8")
    for page in (README, TUTORIAL):
        assert pages[page] == page.read_text("utf-8"), "python tests/transcripts/write_transcripts.py"
    assert session.before_consent == {"shop-customers.csv", "shop.xlsx"}


def test_a_page_that_lacks_a_line_is_another_one() -> None:
    page = "a\n<!-- transcript: runs -->\n```console\n$ target-activecampaign runs\none\n```\n<!-- end -->\nb"
    assert with_block(page, "runs", "one\n") == page
    assert with_block(page, "runs", "one\ntwo\n") == page.replace("one\n", "one\ntwo\n")


def test_a_page_has_one_place_for_a_transcript() -> None:
    with pytest.raises(ValueError, match="0 places for the transcript of runs"):
        with_block("<!-- transcript: check -->\n<!-- end -->", "runs", TEXT)


def test_a_mark_stands_for_what_is_cut() -> None:
    assert shortened(TEXT, [("  two", "four")]) == "one\n  …\n\nfour"
    assert shortened(TEXT, [("  two", "  three")]) == "one\n  …\n  three\n\nfour"


def test_a_cut_of_lines_that_are_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="'five'"):
        shortened(TEXT, [("  two", "five")])
