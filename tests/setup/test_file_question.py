"""A file that is read wrongly is mended by answers, each tried on all of the file at once."""

from __future__ import annotations

import threading
import typing as t

from support.answering import Person
from support.fake_clock import FakeClock

from target_activecampaign.setup.file_question import ask_file
from target_activecampaign.setup.given import Given
from target_activecampaign.setup.long_reading import told_while

if t.TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from target_activecampaign.source_files import SourceFile

# Commas within the cells of all rows: they separate more of them than the bars that are meant.
_MISLEADING = "a,b|c,d\n1,2|3,4\n5,6|7,8\n"
_RUSSIAN = "имя,город\nИван,Минск\n"  # noqa: RUF001 - Cyrillic


def asked(
    monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes, *answers: str, given: Given | None = None
) -> tuple[SourceFile, Person]:
    (folder / "people.csv").write_bytes(content)
    person = Person(monkeypatch, answers)
    return ask_file(person.dialogue, given or Given(), folder, folder), person


def test_a_wrong_delimiter_is_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = ["", "n", "bar", "", ""]
    source, person = asked(monkeypatch, tmp_path, _MISLEADING.encode(), *answers)
    assert source.headers == ("a,b", "c,d")
    assert "2 rows, 3 columns, separated by commas" in person.said
    assert "2 rows, 2 columns, separated by bars" in person.said
    assert not person.answers_left


def test_a_wrong_encoding_is_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = "name,town\nŁukasz,Łódź\nŻaneta,Gdańsk\n"
    given = Given(encoding="windows-1252")
    answers = ["", "n", "", "cp1250", ""]
    source, person = asked(monkeypatch, tmp_path, text.encode("cp1250"), *answers, given=given)
    assert [row["town"] for _, row in source.rows()] == ["Łódź", "Gdańsk"]
    assert "Row 2 begins: £ukasz" in person.said
    assert "Row 2 begins: Łukasz; Łódź" in person.said


def test_an_answer_that_does_not_fit_all_of_the_file_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A tab stands nowhere, and no byte of the last row is ASCII.
    content = b"a,b\n1,2\n" + b"3,4\n" * 60_000 + "5,é\n".encode()
    answers = ["", "n", "dot", "", "ascii", "utf-8", ""]
    source, person = asked(monkeypatch, tmp_path, content, *answers)
    assert "write comma, semicolon, tab or bar" in person.said
    assert "it is no ascii" in person.said
    assert (source.encoding, source.count_rows()) == ("UTF-8", 60_002)


def test_no_wrong_answer_can_not_be_taken_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = ["", "n", "bar", "", "n", "comma", "", ""]
    source, _ = asked(monkeypatch, tmp_path, b"a,b\n1,2\n", *answers)
    assert source.headers == ("a", "b")


def test_a_file_in_an_unusual_encoding_is_asked_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source, person = asked(monkeypatch, tmp_path, _RUSSIAN.encode("cp1251"), "", "utf-8", "cp1251", "")
    assert source.headers == tuple(_RUSSIAN.splitlines()[0].split(","))
    assert "neither UTF-8 nor Windows-1252" in person.said
    assert "it is no UTF-8" in person.said


def test_who_does_not_know_the_encoding_names_another_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    answers = ["people.csv", "", "other.csv", ""]
    source, _ = asked(monkeypatch, tmp_path, _RUSSIAN.encode("cp1251"), *answers)
    assert source.name == "other.csv"


def test_a_fault_far_below_asks_for_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n")
    broken = b"a,b\n" + b"1,2\n" * 2_000 + b'"3,4\n'
    source, person = asked(monkeypatch, tmp_path, broken, "people.csv", "other.csv", "")
    assert 'a quote (") is opened there and not closed' in person.said
    assert source.name == "other.csv"


def test_a_long_reading_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    clock, has_waited, goes_on = FakeClock(), threading.Event(), threading.Event()

    def wait() -> None:
        if len(clock.waits) == 3:
            has_waited.set()
            assert goes_on.wait(10)

    clock.on_wait = wait
    with told_while(person.dialogue, "Reading all rows of people.csv", clock):
        assert has_waited.wait(10)
        goes_on.set()
    assert clock.waits[:3] == [2, 10, 10]
    assert person.lines[:2] == [
        "Reading all rows of people.csv: 2 s so far.",
        "Reading all rows of people.csv: 12 s so far.",
    ]


def test_a_short_reading_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    with told_while(person.dialogue, "Reading all rows of people.csv"):
        pass
    assert person.said == ""
