"""A question is asked until its answer can be read, and never where nobody is there."""

from __future__ import annotations

import click
import pytest
from support.answering import Person

from target_activecampaign.setup.dialogue import AnswerError, Dialogue, Question

EVEN = Question("An even number", "--even N", default="2", help="Two, four, six and so on.")


def read_even(answer: str) -> int:
    if not answer.isdecimal() or int(answer) % 2:
        raise AnswerError(f"{answer or 'nothing'} is not even.")
    return int(answer)


def test_the_default_answers_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [""])
    assert person.dialogue.ask(EVEN, read_even) == 2
    assert person.said == "  An even number [2]: \n"


def test_an_answer_that_fails_is_said_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["3", "4"])
    assert person.dialogue.ask(EVEN, read_even) == 4
    assert "    3 is not even.\n" in person.said


def test_the_third_failure_brings_the_help_and_the_question_again(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["1", "3", "5", "7", "9", "11", "6"])
    assert person.dialogue.ask(EVEN, read_even) == 6
    helps = [place for place, line in enumerate(person.lines) if line == EVEN.help]
    failures = [place for place, line in enumerate(person.lines) if line.endswith("is not even.")]
    assert helps == [failures[2] + 1, failures[5] + 1]


def test_the_end_of_input_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(click.Abort):
        Person(monkeypatch, []).dialogue.ask(EVEN, read_even)


def test_a_yes_or_no_takes_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["perhaps", "YES", ""])
    assert person.dialogue.confirm("Right?", default=False) is True
    assert person.dialogue.confirm("Right?", default=False) is False
    assert "Type y for yes or n for no." in person.said
    assert person.said.count("Right? [y/N]") == 3


def test_an_option_is_not_asked_but_tested_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    assert person.dialogue.ask(EVEN, read_even, "8") == 8
    assert person.said == "  An even number [2]: 8\n"


def test_a_wrong_option_is_asked_for_where_somebody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["8"])
    assert person.dialogue.ask(EVEN, read_even, "7") == 8
    assert "7 is not even." in person.said


def test_nobody_there_means_the_default_or_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    alone = Dialogue(can_ask=False, takes_defaults=False, width=80)
    assert alone.ask(EVEN, read_even) == 2
    with pytest.raises(click.UsageError, match="--even N: 7 is not even"):
        alone.ask(EVEN, read_even, "7")
    with pytest.raises(click.UsageError, match=r"Nobody is there to answer\. Add --even N"):
        alone.ask(EVEN._replace(default=None), read_even)
    assert capsys.readouterr().out == ""


def test_yes_takes_defaults_though_somebody_is_there() -> None:
    quick = Dialogue(can_ask=True, takes_defaults=True, width=80)
    assert quick.ask(EVEN, read_even) == 2
    assert quick.confirm("Right?", default=True) is True


def test_a_hidden_option_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    question = Question("Key", "--api-key-file FILE", is_hidden=True)
    assert person.dialogue.ask(question, str, "s3cret") == "s3cret"
    assert "s3cret" not in person.said
