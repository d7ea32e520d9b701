"""The draft is shown with evidence, and each line can be changed; one column for each field."""

from __future__ import annotations

import typing as t

import click
import pytest
from support.answering import Person

from target_activecampaign.contacts.custom_fields import CustomField, FieldOption
from target_activecampaign.setup.columns import look_at
from target_activecampaign.setup.dialogue import AnswerError
from target_activecampaign.setup.mapping_question import MappingQuestion

if t.TYPE_CHECKING:
    from collections.abc import Iterable

FIELDS = [
    CustomField(1, "City", "CITY", "text"),
    CustomField(2, "Shoe colour", "SHOE_COLOUR", "text"),
    CustomField(
        3, "Language", "LANGUAGE", "dropdown", (FieldOption("de", "German"), FieldOption("en", "English"))
    ),
]
ROWS = [
    {"id": "1", "e-mail": "ada@example.com", "interests": "coffee, Coffe", "notes": "x y; z!", "lang": "de"},
    {"id": "2", "e-mail": "bob@example.com", "interests": "mug, coffee", "notes": "", "lang": "Deutsch"},
]


def questioned(monkeypatch: pytest.MonkeyPatch, answers: Iterable[str]) -> tuple[MappingQuestion, Person]:
    person = Person(monkeypatch, answers)
    columns = look_at(list(ROWS[0]), ROWS)
    return MappingQuestion(person.dialogue, columns, FIELDS, ["Coffee"], "id"), person


def test_the_table_shows_the_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, [""])
    question.ask()
    evidence = "meaning: check it; options: 1 of 2"
    assert person.said.splitlines() == [
        "      your column  ActiveCampaign         filled  example          found by",
        "   1  e-mail       email                 100.0 %  ada@example.com  name, values",
        f"   2  lang         Language (drop-down)  100.0 %  de, Deutsch      {evidence}",
        "   3  interests    -                     100.0 %  coffee, Coffe    could be tags",
        "   4  notes        -                      50.0 %  x y; z!",
        "   5  id           (key of your rows)    100.0 %  1                unique",
        "  Change a line (number), or Enter if it is right: ",
    ]


def test_a_narrow_terminal_has_one_value_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [""], width=60)
    MappingQuestion(person.dialogue, look_at(list(ROWS[0]), ROWS), FIELDS, ["Coffee"], "id").ask()
    assert person.said.splitlines()[:5] == [
        "   1  your column: e-mail",
        "      ActiveCampaign: email",
        "      filled: 100.0 %",
        "      example: ada@example.com",
        "      found by: name, values",
    ]
    assert max(map(len, person.said.splitlines())) <= 60


def test_hundreds_of_columns_that_go_nowhere_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"email": "ada@example.com", **{f"figure {n}": "1" for n in range(299)}}
    person = Person(monkeypatch, ["figure 250", "City", ""])
    question = MappingQuestion(person.dialogue, look_at(list(row), [row]), FIELDS, [], None)
    question.ask()
    assert len(person.said.splitlines()) < 70
    assert "and 240 more columns that go nowhere; type the name of one" in person.said
    assert question.draft.as_setting(FIELDS)["custom_fields"] == {"City": "figure 250"}


def test_the_transcript_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, ["3", "t", "4", "email", "n", ""])
    question.ask()
    assert person.said.splitlines()[6:] == [
        "  Change a line (number), or Enter if it is right: 3",
        "    interests holds 3 different words. As tags, 2 are new to the account: Coffe, mug.",
        "    [t] tags  [f] a field  [n] nothing: t",
        "  Change a line (number), or Enter if it is right: 4",
        "    notes -> field title, or n: email",
        "    email is already taken from e-mail. One column for each field.",
        "    notes -> field title, or n: n",
        "  Change a line (number), or Enter if it is right: ",
    ]
    assert question.draft.as_setting(FIELDS) == {
        "email": "e-mail",
        "tags": "interests",
        "custom_fields": {"Language": "lang"},
    }


def test_an_unknown_field_names_the_nearest_and_all(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, ["4", "Shoe size", "shoe colour", ""])
    question.ask()
    said = " ".join(person.lines)
    assert 'No field "Shoe size". Nearest: "Shoe colour". Fields: City, Shoe colour, Language' in said
    assert question.draft.as_setting(FIELDS)["custom_fields"]["Shoe colour"] == "notes"


def test_a_field_of_options_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, ["2", "n", "4", "%LANGUAGE%", ""])
    question.ask()
    assert "Language has 2 options: German, English." in person.said


@pytest.mark.parametrize("answer", ["9", "0", "x", "-1"])
def test_a_line_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    question, person = questioned(monkeypatch, [answer, ""])
    question.ask()
    assert "Type a number from 1 to 5, or press Enter." in person.said


def test_without_an_address_it_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, ["1", "n", "", "1", "email", ""])
    question.ask()
    assert "No column goes to email yet" in person.said
    assert question.draft.column_of("email") == "e-mail"


def test_without_an_address_and_a_person_the_option_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, [])
    person.dialogue.asks = False
    question.take_options([("email", "")])
    with pytest.raises(click.UsageError, match="--map email=COLUMN"):
        question.ask()


def test_options_put_columns_and_take_away_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    question, _ = questioned(monkeypatch, [])
    question.take_options([("City", "notes"), ("Language", ""), ("email", "notes")])
    assert question.draft.as_setting(FIELDS) == {"email": "notes"}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("email", "emial"), 'No column "emial"'),
        (("email", "e-mial"), 'Nearest: "e-mail"'),
        (("Citty", "notes"), 'Nearest: "City"'),
    ],
)
def test_an_option_that_fits_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[str, str], words: str
) -> None:
    question, _ = questioned(monkeypatch, [])
    with pytest.raises(AnswerError) as error:
        question.take_options([pair])
    assert words in str(error.value)


def test_the_mapping_before_is_kept_where_its_columns_are(monkeypatch: pytest.MonkeyPatch) -> None:
    question, person = questioned(monkeypatch, [])
    question.take_setting({"email": "e-mail", "phone": "mobile", "custom_fields": {"city": "notes"}})
    assert question.draft.as_setting(FIELDS)["custom_fields"] == {"Language": "lang", "City": "notes"}
    assert 'config.json maps phone from "mobile", which this file lacks.' in person.said
