"""Options are the account's own: by value or label, whatever form they come in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_activecampaign.contacts.custom_fields import CustomField, FieldOption
from target_activecampaign.contacts.options import OptionReader, unchecked_writer
from target_activecampaign.contacts.text import UnfitValueError

OPTIONS = [
    FieldOption("mu", "Music"),
    FieldOption("sp", "Sports & Games"),
    FieldOption("Rock, Pop", "Rock, Pop"),
    FieldOption("a;b", "Both"),
    FieldOption("Stra\u00dfe", "Road"),
    FieldOption("x||y", "Unwritable"),
]
SEVERAL = OptionReader(OPTIONS, takes_several=True)
ONE = OptionReader(OPTIONS, takes_several=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("mu", "||mu||"),
        (" MUSIC ", "||mu||"),
        ("STRASSE", "||Stra\u00dfe||"),
        (["mu", None, "Sports & games", "mu"], "||mu||sp||"),
        ("mu;Music", "||mu||"),
        ("music;sports & games;", "||mu||sp||"),
        ("sp,mu", "||sp||mu||"),
        ("Music, Sports & Games", "||mu||sp||"),
        ("Music\nroad", "||mu||Stra\u00dfe||"),
        ("mu|sp", "||mu||sp||"),
        ("Rock, Pop", "||Rock, Pop||"),
        ('"Rock, Pop",Music', "||Rock, Pop||mu||"),
        ('"Rock, Pop"', "||Rock, Pop||"),
        ("a;b", "||a;b||"),
        ("Rock, Pop, Music", "||Rock, Pop||mu||"),
        ("Music, rock, pop", "||mu||Rock, Pop||"),
        ("Music;Rock, Pop", "||mu||Rock, Pop||"),
        ("a;b;mu", "||a;b||mu||"),
        ('"a;b";mu', "||a;b||mu||"),
        ("||mu||sp||", "||mu||sp||"),
        ('["Music", "sp"]', "||mu||sp||"),
        ('{Music,"Rock, Pop",NULL}', "||mu||Rock, Pop||"),
        ("[]", ""),
        ("{}", ""),
        ([], ""),
        ("", ""),
        ("|| ||", ""),
    ],
)
def test_several_options_are_found_in_any_form(value: object, text: str) -> None:
    assert SEVERAL.read(value) == (text, ())


def test_an_option_that_holds_a_comma_is_not_the_one_that_it_begins_with() -> None:
    options = [FieldOption(name, name) for name in ("News", "News, weekly", "Offers", "A, B, C")]
    reader = OptionReader(options, takes_several=True)
    assert reader.read("News, weekly, Offers") == ("||News, weekly||Offers||", ())
    assert reader.read("A, B, C, News") == ("||A, B, C||News||", ())
    assert reader.read("News, daily, Offers") == ("", ("News, daily, Offers",))


@pytest.mark.parametrize(
    ("value", "text", "unknown"),
    [
        ("Chess", "", ("Chess",)),
        ("Music;Chess", "||mu||", ("Chess",)),
        (["Chess", "mu", "Go"], "||mu||", ("Chess", "Go")),
        ('["mu", 7]', "||mu||", ("7",)),
        ("{mu,Chess}", "||mu||", ("Chess",)),
        ("||mu||Chess||", "||mu||", ("Chess",)),
        ("mu, sp, Chess", "", ("mu, sp, Chess",)),
        ('"mu","sp","Chess"', "||mu||sp||", ("Chess",)),
        # A sentence is no list.
        ("music, but not by mail", "", ("music, but not by mail",)),
        ("all but Chess, Music, sp", "", ("all but Chess, Music, sp",)),
        ("no music, sp, mu", "", ("no music, sp, mu",)),
        ("Chess, Go", "", ("Chess, Go",)),
        (";", "", (";",)),
        ('"mu', "", ('"mu',)),
        # It can't be told from two options.
        ("Unwritable", "", ("Unwritable",)),
    ],
)
def test_parts_that_are_no_options_are_told(value: object, text: str, unknown: tuple[str, ...]) -> None:
    assert SEVERAL.read(value) == (text, unknown)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("music", "mu"),
        (["sp"], "sp"),
        ('["Music"]', "mu"),
        ("{Music}", "mu"),
        ("||mu||", "mu"),
        ("x||y", "x||y"),
    ],
)
def test_one_option_is_written_plain(value: object, text: str) -> None:
    assert ONE.read(value) == (text, ())


@pytest.mark.parametrize("value", [["mu", "sp"], '["mu","sp"]', "{mu,Chess}", "||mu||sp||"])
def test_several_options_are_no_value_of_a_field_with_one(value: object) -> None:
    with pytest.raises(UnfitValueError, match="one option was expected"):
        ONE.read(value)


def test_a_field_with_one_option_does_not_divide_text() -> None:
    assert ONE.read("mu;sp") == ("", ("mu;sp",))


@pytest.mark.parametrize(
    "value", [{"a": 1}, [["mu"]], [{"name": "mu"}], '{"a": 1}', "['mu', 'sp']", float("nan")]
)
def test_what_holds_no_options_is_refused(value: object) -> None:
    for reader in (SEVERAL, ONE):
        with pytest.raises(UnfitValueError):
            reader.read(value)


def test_a_value_counts_before_a_label_and_two_of_one_name_are_none() -> None:
    swapped = [FieldOption("1", "2"), FieldOption("2", "1"), FieldOption("us", "U"), FieldOption("US", "u")]
    reader = OptionReader(swapped, takes_several=False)
    assert [reader.read(text).text for text in ("1", "2", "us", "US", "Us", "U")] == [
        "1",
        "2",
        "us",
        "US",
        "",
        "us",
    ]
    twins = OptionReader([FieldOption("a", "Same"), FieldOption("b", "Same")], takes_several=False)
    assert twins.read("same") == ("", ("same",))


def test_the_nearest_option_is_a_name_of_the_account() -> None:
    assert SEVERAL.nearest("musik") == "Music"
    assert SEVERAL.nearest("zzzz" * 100_000) is None
    long = OptionReader([FieldOption("Music" + "!" * 75, "")], takes_several=True)
    assert len(long.nearest("Music" + "!" * 75) or "") == 60


@pytest.mark.parametrize("kind", ["checkbox", "Listbox", "multiselect"])
def test_options_that_the_account_does_not_tell_are_written_as_they_came(kind: str) -> None:
    write = unchecked_writer(CustomField(1, "", "", kind))
    values = ["Chess", '["a","b"]', "{a,b}", "a;b", ["a", "b"], "[]"]
    assert [write(value) for value in values] == [
        *("||Chess||", "||a||b||", "||{a,b}||", "||a;b||", "||a||b||", "")
    ]


def test_one_option_that_the_account_does_not_tell_is_written_as_text() -> None:
    write = unchecked_writer(CustomField(1, "", "", "radio"))
    assert [write(value) for value in ["Chess", "||a||", "a;b"]] == ["Chess", "||a||", "a;b"]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(OPTIONS[:5]), unique=True), st.sampled_from([";", ", ", "\n"]))
def test_a_list_of_labels_means_their_values(chosen: list[FieldOption], divider: str) -> None:
    labels = [option.label for option in chosen if divider.strip() not in option.label or divider == "\n"]
    values = [option.value for option in OPTIONS if option.label in labels]
    found, unknown = SEVERAL.read(divider.join(labels))
    assert unknown == ()
    assert sorted(filter(None, found.split("||"))) == sorted(values)
