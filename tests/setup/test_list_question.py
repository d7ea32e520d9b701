"""A list is meant by number, id or name; lists for phones are none."""

from __future__ import annotations

import typing as t

import click
import pytest
from support.answering import Person

from target_activecampaign.api.responses import AccountList
from target_activecampaign.errors import SettingsError
from target_activecampaign.setup.given import Given
from target_activecampaign.setup.list_question import ask_list

if t.TYPE_CHECKING:
    from target_activecampaign.setup.account import Account

LISTS = [
    AccountList(1, "Customers", "email"),
    AccountList(3, "Newsletter", "email"),
    AccountList(7, "VIP", ""),
    AccountList(8, "Texts", "sms"),
]
COUNTS = {1: 3_871, 3: 6_204, 7: 190}


class FakeAccount:
    def __init__(self, lists: list[AccountList]) -> None:
        self._lists = lists

    def lists(self) -> list[AccountList]:
        return self._lists

    def subscriber_count(self, list_id: int) -> int | None:
        return COUNTS.get(list_id)


def account(lists: list[AccountList] = LISTS) -> Account:
    return t.cast("Account", FakeAccount(lists))


def answered(
    monkeypatch: pytest.MonkeyPatch,
    *answers: str,
    lists: list[AccountList] = LISTS,
    old: int | str | None = None,
) -> tuple[AccountList, Person]:
    person = Person(monkeypatch, answers)
    return ask_list(person.dialogue, Given(), account(lists), old), person


def test_the_transcript_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    found, person = answered(monkeypatch, "newsleter", "")
    assert found == LISTS[1]
    assert person.said.splitlines() == [
        "   1  Customers   id 1  3,871 active",
        "   2  Newsletter  id 3  6,204 active",
        "   3  VIP         id 7    190 active",
        "  (1 SMS list is not shown: this import can't put people on it.)",
        "  Number, id or name: newsleter",
        '    No list is named "newsleter". Did you mean 2, "Newsletter"? [Y/n] ',
    ]


@pytest.mark.parametrize(
    ("answer", "list_id"), [("2", 3), ("id 3", 3), ("7", 7), ("id7", 7), ("newsletter", 3), ("VIP", 7)]
)
def test_a_number_an_id_or_a_name_will_do(monkeypatch: pytest.MonkeyPatch, answer: str, list_id: int) -> None:
    assert answered(monkeypatch, answer)[0].id == list_id


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "Type the number"),
        ("9", "No list has the number or id 9"),
        ("8", "No list has"),
        ("zzz", "No list is named"),
    ],
)
def test_what_means_no_list_is_said(monkeypatch: pytest.MonkeyPatch, answer: str, words: str) -> None:
    found, person = answered(monkeypatch, answer, "1")
    assert found.id == 1
    assert words in person.said


def test_several_lists_of_one_name_are_told_apart_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [*LISTS, AccountList(12, "vip", "email")]
    found, person = answered(monkeypatch, "Vip", "id 12", lists=twins)
    assert found.id == 12
    assert '"VIP" with id 7 and "vip" with id 12' in " ".join(person.lines)


def test_more_than_twenty_lists_are_searched_first(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [AccountList(number, f"Shop {number}", "email") for number in range(100, 130)]
    found, person = answered(monkeypatch, "shop 11", "3", lists=many)
    assert found.name == "Shop 112"
    assert "The account has 30 lists" in person.said
    assert "Shop 100" not in person.said


def test_the_list_before_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(monkeypatch, "", old=7)[0].name == "VIP"
    assert answered(monkeypatch, "", old="Newsletter")[0].id == 3


def test_an_option_of_digits_is_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    assert ask_list(person.dialogue, Given(list="3"), account(), None).name == "Newsletter"


def test_an_option_that_is_nearly_a_list_is_no_list_where_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = Person(monkeypatch, [])
    person.dialogue.asks = False
    with pytest.raises(click.UsageError, match=r'--list LIST: .*"Newsletter"\? Its id is 3'):
        ask_list(person.dialogue, Given(list="newsleter"), account(), None)


def test_what_is_like_no_list_names_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    named = '"Customers" (id 1), "Newsletter" (id 3), "VIP" (id 7).'
    for answer in ("Nope", "99"):
        _, person = answered(monkeypatch, answer, "3")
        assert f"Lists: {named}" in " ".join(person.said.split())
    many = [AccountList(number, f"List {number}", "email") for number in range(1, 14)]
    person = Person(monkeypatch, [])
    person.dialogue.asks = False
    with pytest.raises(click.UsageError, match=r'"List 10" \(id 10\), and 3 more\.'):
        ask_list(person.dialogue, Given(list="Nope"), account(many), None)


def test_an_account_without_a_list_for_email_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no list for email"):
        answered(monkeypatch, lists=[LISTS[3]])


def test_a_name_of_the_account_can_not_write_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    _, person = answered(monkeypatch, "1", lists=[AccountList(1, "A\x1b[2J\nB", "email")])
    assert "\x1b" not in person.said
