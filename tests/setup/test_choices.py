"""Consent columns, the country of numbers, tags: never guessed in silence."""

from __future__ import annotations

import click
import pytest
from msgspec import UNSET
from support.answering import Person

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.section import Section
from target_activecampaign.config.subscription_words import DEFAULT_WORDS, read_subscription_words
from target_activecampaign.contacts.subscription import read_wish
from target_activecampaign.errors import SourceFileError
from target_activecampaign.setup.choices import Choices, ask_choices
from target_activecampaign.setup.columns import look_at
from target_activecampaign.setup.consent_columns import Wishes, consent_columns, read_wishes
from target_activecampaign.setup.consent_question import ask_wishes, require_no_refusals
from target_activecampaign.setup.dialogue import AnswerError, Dialogue
from target_activecampaign.setup.given import Given
from target_activecampaign.setup.mapping_question import MappingQuestion
from target_activecampaign.setup.phone_question import ask_region, read_given_region


def wished(
    monkeypatch: pytest.MonkeyPatch, name: str, cells: list[str], *answers: str
) -> tuple[Wishes | None, Person]:
    person = Person(monkeypatch, answers)
    columns = look_at([name], [{name: cell} for cell in cells])
    return ask_wishes(person.dialogue, columns, None), person


def words_of(wishes: Wishes | None) -> dict[str, bool]:
    """Return what a run with the setting of these wishes takes words for."""
    assert wishes is not None
    setting = wishes.as_setting()
    problems: list[str] = []
    given = {} if setting is None else {"subscription_words": setting}
    words = read_subscription_words(Section(given, CONFIG_JSONSCHEMA, problems))
    assert not problems
    return dict(words)


def test_a_column_of_consent_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    wishes, person = wished(monkeypatch, "newsletter", ["yes"] * 3 + ["no", ""], "")
    assert person.lines == [
        "Column newsletter holds yes 3 and no 1. Use it to decide who joins the list? [Y/n]",
        "1 row says neither: its person is sent, and not put on the list.",
    ]
    assert wishes is not None
    assert wishes.as_setting() is None


EXPORTS = {
    "Email Marketing Consent": ("SUBSCRIBED", "UNSUBSCRIBED"),
    "EMAIL_BLACKLISTED": ("no", "yes"),
    "Unsubscribed from all email": ("", "true"),
    "UNSUB_TIME": ("", "2024-05-01 10:00:00"),
    "Email Opt Out": ("FALSE", "TRUE"),
    "status": ("subscribed", "unsubscribed"),
    "Mailing state": ("active", "cleaned"),
    "Werbung erlaubt": ("1", "0"),
    "Keine Werbung": ("0", "1"),
    "newsletterOptIn": ("true", "false"),
    "Do not email": ("", "x"),
    "No marketing": ("n", "y"),
    "Abgemeldet am": ("", "05.02.2024"),
}
"""Columns of exports, each with the cell of somebody who wants mail, and of somebody who does not."""


@pytest.mark.parametrize("name", EXPORTS)
def test_nobody_who_said_no_joins_by_enter_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    yes, no = EXPORTS[name]
    rows = [{name: yes}, {name: no}, {name: yes}]
    person = Person(monkeypatch, [""] * 3)
    columns = look_at([name], rows)
    wishes = ask_wishes(person.dialogue, columns, None)
    if wishes is None:
        with pytest.raises(SourceFileError, match=f"column {name}"):
            require_no_refusals(person.dialogue, columns, lambda: enumerate(rows, 2), wishes, is_told=False)
        assert "not wanted in 1 row (3)" in person.said
        return
    words = dict.fromkeys(DEFAULT_WORDS[True], True) | dict.fromkeys(DEFAULT_WORDS[False], False)
    if (setting := wishes.as_setting()) is not None:
        words = {word: half == "true" for half, some in setting.items() for word in some}
    assert read_wish(yes, words) is True
    assert read_wish(no, words) is False


@pytest.mark.parametrize(
    "name", ["Marketing blocked", "Newsletter declined", "marketing_denied", "Werbung gesperrt"]
)
def test_a_word_that_turns_a_wish_into_a_refusal_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    words = words_of(wished(monkeypatch, name, ["yes", "no"], "")[0])
    assert (words["yes"], words["no"]) == (False, True)


UNCLEAR = [
    "Newsletter paused",
    "Marketing stop",
    "RGPD refus",
    "Refuse la newsletter",
    "not unsubscribed",
    "kein Werbewiderspruch",
    "opt-in/opt-out",
    "Unsubscribe allowed",
    "Newsletter " + "x" * 10_000,
]
"""Headers below which nobody knows whether a yes is one."""


@pytest.mark.parametrize("name", UNCLEAR)
@pytest.mark.parametrize("cells", [["yes", "no", "yes"], ["1", "0", "1"], [True, False, True]])
def test_nobody_joins_by_enter_below_a_header_that_is_not_understood(
    monkeypatch: pytest.MonkeyPatch, name: str, cells: list[object]
) -> None:
    rows = [{name: cell} for cell in cells]
    columns = look_at([name], rows)
    person = Person(monkeypatch, ["", "", ""])
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    for dialogue, error in ((person.dialogue, SourceFileError), (nobody, click.UsageError)):
        assert ask_wishes(dialogue, columns, None) is None
        with pytest.raises(error, match="--map subscription="):
            require_no_refusals(dialogue, columns, lambda: enumerate(rows, 2), None, is_told=False)
    assert "may say that mail is not wanted in 3 rows" in person.said


@pytest.mark.parametrize("name", UNCLEAR)
@pytest.mark.parametrize(("answer", "other"), [("yes", "no"), ("no", "yes")])
def test_a_person_says_which_word_below_such_a_header_is_a_yes(
    monkeypatch: pytest.MonkeyPatch, name: str, answer: str, other: str
) -> None:
    wishes, _ = wished(monkeypatch, name, ["yes", "no", "later"], "y", answer)
    words = words_of(wishes)
    assert (words[answer], words[other], words.get("later")) == (True, False, None)
    assert "true" not in words


def test_a_script_that_names_a_column_is_told_what_its_words_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    monkeypatch.setattr(nobody, "say", person.dialogue.say)
    columns = look_at(["Mail ok?"], [{"Mail ok?": "yes"}, {"Mail ok?": "no"}])
    words = words_of(ask_wishes(nobody, columns, "Mail ok?"))
    assert (words["yes"], words["no"]) == (True, False)
    assert "In column Mail ok? yes means that mail is wanted." in person.said


def test_a_word_that_comes_later_below_such_a_header_is_not_guessed() -> None:
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    cells = ["ja", "nein", "yes", "no"]
    columns = look_at(["Newsletter paused"], [{"Newsletter paused": cell} for cell in cells])
    known = {"ja": False, "nein": True}
    words = words_of(ask_wishes(nobody, columns, "Newsletter paused", known))
    assert [words.get(cell) for cell in cells] == [False, True, None, None]


REFUSALS_ALONE = [("Do not email", "x"), ("unsubscribed", "true"), ("opt_out", "1"), ("keine Werbung", "x")]


@pytest.mark.parametrize(("name", "mark"), REFUSALS_ALONE)
def test_a_person_alone_says_that_an_empty_cell_is_a_yes(
    monkeypatch: pytest.MonkeyPatch, name: str, mark: str
) -> None:
    wishes, person = wished(monkeypatch, name, ["", mark, ""], "yes", "Wanted")
    assert "Type wanted, if you know that, or unknown." in person.said
    words = words_of(wishes)
    assert [read_wish(cell, words) for cell in (None, " ", mark, UNSET)] == [True, True, False, None]
    assert wishes is not None
    assert (wishes.yes_count, wishes.no_count, wishes.silent_count) == (2, 1, 0)


@pytest.mark.parametrize(("name", "mark"), REFUSALS_ALONE)
def test_an_empty_cell_is_no_yes_by_itself(monkeypatch: pytest.MonkeyPatch, name: str, mark: str) -> None:
    for answer in ("", "unknown"):
        assert wished(monkeypatch, name, ["", mark, ""], answer)[0] is None
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    columns = look_at([name], [{name: ""}, {name: mark}])
    assert ask_wishes(nobody, columns, None) is None
    assert words_of(ask_wishes(nobody, columns, None, empty="wanted"))[""] is True
    mapped = words_of(ask_wishes(nobody, columns, name))
    assert [read_wish(cell, mapped) for cell in (None, "", mark)] == [None, None, False]
    assert words_of(ask_wishes(nobody, columns, name, empty="wanted"))[""] is True


@pytest.mark.parametrize("name", ["newsletter", "Email Opt Out"])
def test_a_dash_is_neither_a_yes_nor_a_no(name: str) -> None:
    wishes = read_wishes(look_at([name], [{name: "x"}, {name: "-"}])[name])
    assert wishes is not None
    assert wishes.unknown == ("-",)
    assert "-" not in words_of(wishes)


def test_no_remedy_is_named_that_a_column_of_dates_refuses() -> None:
    rows = [{"UNSUB_TIME": ""}, {"UNSUB_TIME": "2024-05-01"}]
    columns = look_at(["UNSUB_TIME"], rows)
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    assert ask_wishes(nobody, columns, None, empty="wanted") is None
    with pytest.raises(click.UsageError, match="write yes or no for everybody") as said:
        require_no_refusals(nobody, columns, lambda: enumerate(rows, 2), None, is_told=False)
    assert "--empty-consent" not in str(said.value)
    with pytest.raises(click.UsageError, match="marks in column UNSUB_TIME have no known meaning"):
        ask_wishes(nobody, columns, "UNSUB_TIME", empty="wanted")


@pytest.mark.parametrize("mark", ["x", "1", "true", "yes"])
def test_an_empty_cell_beside_a_mark_of_consent_is_neither(
    monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    wishes, person = wished(monkeypatch, "newsletter", ["", mark, ""], "")
    words = words_of(wishes)
    assert [read_wish(cell, words) for cell in (None, "", mark)] == [None, None, True]
    assert "2 rows say neither: their people are sent, and not put on the list." in person.said
    columns = look_at(["newsletter"], [{"newsletter": ""}, {"newsletter": mark}])
    with pytest.raises(click.UsageError, match="an empty cell can't mean a yes"):
        ask_wishes(person.dialogue, columns, "newsletter", empty="wanted")


def test_an_empty_cell_keeps_the_meaning_of_the_configuration_before() -> None:
    columns = look_at(["opt_out"], [{"opt_out": ""}, {"opt_out": "x"}])
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    known = {"": True, "x": False}
    assert words_of(ask_wishes(nobody, columns, "opt_out", known))[""] is True
    assert "" not in words_of(ask_wishes(nobody, columns, "opt_out", known, "unknown"))


def test_a_word_that_comes_later_means_what_it_means_below_its_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = words_of(wished(monkeypatch, "unsubscribed", ["", "x"], "wanted")[0])
    later = ("1", "true", "yes", "unsubscribed", "cleaned", "0", "false", "no", "subscribed")
    assert [words[word] for word in later] == [False] * 5 + [True] * 4
    assert "active" not in words


def test_a_boolean_that_means_the_opposite_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, object]] = [{"unsubscribed": True}, {"unsubscribed": False}]
    columns = look_at(["unsubscribed"], rows)
    person = Person(monkeypatch, ["n"])
    assert ask_wishes(person.dialogue, columns, None) is None
    with pytest.raises(SourceFileError, match="column unsubscribed"):
        require_no_refusals(person.dialogue, columns, lambda: enumerate(rows, 1), None, is_told=False)
    question = MappingQuestion(person.dialogue, columns, [], [], None)
    with pytest.raises(AnswerError, match="JSON's own true always means that mail is wanted"):
        question.take_options([("subscription", "unsubscribed")])


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Accepts SMS Marketing", ["no", "yes"]),
        ("Do Not Call", ["1", "0"]),
        ("Mailing City", ["Rome", "Leeds"]),
        ("newsletter topics", ["tea", "mugs"]),
        ("status", ["active", "inactive"]),
        ("paid", ["yes", "no"]),
    ],
)
def test_other_columns_say_nothing_of_mail(name: str, cells: list[str]) -> None:
    assert not consent_columns(look_at([name], [{name: cell} for cell in cells]))


def test_the_column_decides_that_says_no_to_most(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"double_opt_in": "yes", "blacklisted": word} for word in ("yes", "no")]
    person = Person(monkeypatch, ["", ""])
    wishes = ask_wishes(person.dialogue, look_at(["double_opt_in", "blacklisted"], rows), None)
    assert wishes is not None
    assert wishes.column == "blacklisted"


def test_a_second_column_that_says_no_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"newsletter": "yes", "unsubscribed": ""},
        {"newsletter": "yes", "unsubscribed": "true"},
        {"newsletter": "no", "unsubscribed": "true"},
    ]
    columns = look_at(["newsletter", "unsubscribed"], rows)
    person = Person(monkeypatch, ["", "y"])
    wishes = ask_wishes(person.dialogue, columns, None)
    require_no_refusals(person.dialogue, columns, lambda: enumerate(rows, 2), wishes, is_told=False)
    assert "says that mail is not wanted in 1 row (3)" in person.said


def test_without_anybody_to_ask_people_who_said_no_end_a_setup() -> None:
    rows = [{"unsubscribed": "true"}]
    dialogue = Dialogue(can_ask=False, takes_defaults=True, width=100)
    with pytest.raises(click.UsageError, match="--map subscription= lets them join"):
        require_no_refusals(
            dialogue, look_at(["unsubscribed"], rows), lambda: enumerate(rows, 2), None, is_told=False
        )


def test_words_of_the_configuration_before_keep_their_meaning() -> None:
    column = look_at(["wish"], [{"wish": "gern"}, {"wish": "nie"}])["wish"]
    wishes = read_wishes(column, {"gern": True, "nie": False, "niemals": False})
    assert wishes is not None
    assert (wishes.yes_count, wishes.no_count, wishes.unknown) == (1, 1, ())
    setting = wishes.as_setting()
    assert setting is not None
    assert {"nie", "niemals"} <= set(setting["false"])


@pytest.mark.parametrize(
    ("name", "cells", "yes", "no"),
    [
        ("Einwilligung", ["ja", "nein", "JA"], {"ja"}, {"nein"}),
        ("newsletter", ["oui", "non"], {"oui"}, {"non"}),
        ("opt-out", ["yes", "no"], {"no"}, {"yes"}),
        ("unsubscribed", ["1", "0"], {"0"}, {"1"}),
    ],
)
def test_unusual_words_become_a_setting_that_means_them(
    monkeypatch: pytest.MonkeyPatch, name: str, cells: list[str], yes: set[str], no: set[str]
) -> None:
    wishes, _ = wished(monkeypatch, name, cells, "")
    assert wishes is not None
    setting = wishes.as_setting()
    assert setting is not None
    problems: list[str] = []
    words = read_subscription_words(Section({"subscription_words": setting}, CONFIG_JSONSCHEMA, problems))
    assert not problems
    assert all(words[word] is True for word in yes)
    assert all(words[word] is False for word in no)


def test_a_word_without_a_known_meaning_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    wishes, person = wished(
        monkeypatch, "consent", ["granted", "revoked", "maybe", "yes"], "", "given", "granted"
    )
    assert wishes is not None
    assert set(wishes.yes) == {"yes", "granted"}
    assert wishes.no == ("revoked",)
    assert wishes.silent_count == 1
    assert 'The column holds no "given".' in person.said


def test_a_column_of_consent_with_dates_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"consent": f"2024-01-{day:02}"} for day in range(1, 20)]
    columns = look_at(["consent"], rows)
    person = Person(monkeypatch, [])
    assert ask_wishes(person.dialogue, columns, None) is None
    require_no_refusals(person.dialogue, columns, lambda: enumerate(rows, 2), None, is_told=False)
    assert person.lines == ["Not used to decide who joins the list: consent."]


def test_a_handful_of_words_is_needed() -> None:
    assert (
        read_wishes(look_at(["newsletter"], [{"newsletter": f"{n}"} for n in range(9)])["newsletter"]) is None
    )


def test_the_country_of_numbers_is_asked_and_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = ["030 23125838", "+49 30 23125838", "12", "0151 23456789"]
    person = Person(monkeypatch, ["germany", "de"])
    assert ask_region(person.dialogue, numbers, None, None) == "DE"
    assert person.lines[0] == "3 phone numbers have no country code."
    assert "Type the two letters of a country" in person.said
    assert person.lines[-1] == "2 of 3 are readable as German numbers; 1 is sent as it is."


def test_numbers_with_their_codes_need_no_country(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, [])
    assert ask_region(person.dialogue, ["+49 30 23125838"], None, "AT") == "AT"
    assert person.said == ""


@pytest.mark.parametrize(("given", "region"), [("de", "DE"), ("uk", "GB"), ("-", None), (None, None)])
def test_the_country_of_an_option_is_tested_though_there_are_no_numbers(
    given: str | None, region: str | None
) -> None:
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    assert read_given_region(nobody, given) == region


def test_a_country_that_is_none_is_refused_though_there_are_no_numbers() -> None:
    nobody = Dialogue(can_ask=False, takes_defaults=True, width=100)
    with pytest.raises(click.UsageError, match="--phone-region CC: Type the two letters of a country"):
        read_given_region(nobody, "XX")


def test_enter_leaves_numbers_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask_region(Person(monkeypatch, [""]).dialogue, ["030 23125838"], None, None) is None


def test_the_transcript_of_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["shop-2026", "", "", ""])
    assert ask_choices(person.dialogue, Given(), ["shop-2025"], {}) == Choices(
        ("shop-2026",), automations=False, keeps=True
    )
    nearest = 'Nearest: "shop-2025".'
    assert person.said.splitlines() == [
        "  A tag for all of them (Enter for none): shop-2026",
        f'    The account has no tag "shop-2026"; it will be made. {nearest} Keep "shop-2026"? [Y/n] ',
        "  Shall automations start? They start for joining the list, for tags and for changed fields. [y/N] ",
        "  Keep what the contact has where your cell is empty? [Y/n] ",
    ]


def test_a_known_tag_is_taken_as_the_account_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["vip, New one", "y", "n"])
    choices = ask_choices(person.dialogue, Given(), ["VIP"], {})
    assert choices == Choices(("VIP", "New one"), automations=True, keeps=False)


def test_a_tag_that_was_a_slip_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["shop-2052", "n", "shop-2025", "", ""])
    assert ask_choices(person.dialogue, Given(), ["shop-2025"], {}).tags == ("shop-2025",)


def test_the_choices_before_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    old = {"tags": ["a", "b"], "exclude_automations": False, "on_null": "clear"}
    person = Person(monkeypatch, ["", "", ""])
    choices = ask_choices(person.dialogue, Given(), ["a", "b"], old)
    assert choices == Choices(("a", "b"), automations=True, keeps=False)
    assert ask_choices(Person(monkeypatch, ["-", "", ""]).dialogue, Given(), ["a"], old).tags == ()
