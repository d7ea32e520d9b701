"""Suggestions rest on headers and on the values of all rows, and say on which."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.contacts.custom_fields import CustomField, FieldOption
from target_activecampaign.setup.columns import MOST_VALUES, look_at
from target_activecampaign.setup.draft import Draft, DraftError, Place
from target_activecampaign.setup.suggestions import suggest

if t.TYPE_CHECKING:
    from collections.abc import Sequence

CITY = CustomField(1, "City", "CITY", "text")
SINCE = CustomField(2, "Customer since", "CUSTOMER_SINCE", "date")
LANGUAGE = CustomField(
    3,
    "Language",
    "LANGUAGE",
    "dropdown",
    (FieldOption("de", "German"), FieldOption("en", "English"), FieldOption("fr", "French")),
)
SHOE = CustomField(4, "Shoe size", "SHOE", "number")


def drafted(
    rows: Sequence[dict[str, str]],
    fields: Sequence[CustomField] = (CITY, SINCE, LANGUAGE, SHOE),
    key: str | None = None,
) -> Draft:
    return suggest(look_at(list(rows[0]), rows), fields, key)


def shown(draft: Draft) -> list[tuple[str, str, str]]:
    return [(one.column, one.place.shown if one.place else "-", one.found_by) for one in draft.lines]


def test_the_columns_of_a_shop_find_their_places() -> None:
    rows = [
        {
            "id": "1001",
            "e-mail": "Ada@Example.com",
            "given_name": "Ada",
            "surname": "Lovelace",
            "mobile": "030 1234567",
            "town": "Berlin",
            "customer_since": "2024-02-05 10:00:00",
            "language": "de",
            "interests": "coffee, tea",
            "notes": "called twice!",
        },
        {"id": "1002", "e-mail": "bob@example.com", "mobile": "+44 20 7946 0000", "language": "Deutsch"},
        {"id": "1003", "e-mail": "", "language": "fr"},
    ]
    assert shown(drafted(rows, key="id")) == [
        ("e-mail", "email", "name, values"),
        ("given_name", "first_name", "name"),
        ("surname", "last_name", "name"),
        ("mobile", "phone", "name, values"),
        ("town", "City (text)", "meaning: check it"),
        ("customer_since", "Customer since (date)", "name"),
        ("language", "Language (drop-down)", "name; options: 2 of 3"),
        ("interests", "-", "could be tags"),
        ("notes", "-", ""),
        ("id", "-", "unique"),
    ]


def test_values_alone_suggest_the_address_only() -> None:
    draft = drafted([{"contact point": "ada@example.com", "dial": "030 1234567", "day": "2024-01-01"}])
    assert shown(draft) == [("contact point", "email", "values"), ("dial", "-", ""), ("day", "-", "")]


@pytest.mark.parametrize(("addresses", "place"), [(8, "email"), (7, "-")])
def test_four_in_five_addresses_are_enough(addresses: int, place: str) -> None:
    rows = [{"login": f"p{n}@example.com" if n < addresses else f"p{n}"} for n in range(10)]
    assert shown(drafted(rows))[0][1] == place


def test_a_column_that_is_called_email_and_holds_none_is_not_it() -> None:
    draft = drafted([{"email": "yes", "login": "ada@example.com"}])
    assert draft.column_of("email") == "login"


def test_of_two_phones_the_fuller_one_is_taken() -> None:
    draft = drafted([{"phone": "", "mobile": "+49 30 1234567"}, {"phone": "030 11", "mobile": "030 7654321"}])
    assert draft.column_of("phone") == "mobile"


def test_one_name_is_offered_as_first_name_with_the_remark() -> None:
    draft = drafted([{"name": "Ada Lovelace", "email": "ada@example.com"}])
    assert shown(draft)[1] == ("name", "first_name", "a whole name? check it")
    assert draft.column_of("last_name") is None


def test_a_name_beside_a_first_name_is_the_last_name() -> None:
    draft = drafted([{"Vorname": "Ada", "Name": "Lovelace", "E-Mail": "ada@example.com"}])
    assert (draft.column_of("first_name"), draft.column_of("last_name")) == ("Vorname", "Name")
    assert "check it" in draft.lines[2].found_by


def test_a_field_is_given_to_the_column_that_fits_best() -> None:
    draft = drafted([{"Ort": "Berlin", "city": "Berlin"}])
    assert draft.holder_of(Place(field=CITY)) == "city"
    assert draft.unmapped() == ["Ort"]


def test_a_close_title_is_to_be_checked() -> None:
    draft = drafted([{"shoe_sise": "41"}])
    assert shown(draft) == [("shoe_sise", "Shoe size (number)", "close name: check it")]


def test_a_column_of_consent_is_no_fields() -> None:
    consent = CustomField(9, "Newsletter", "NEWSLETTER", "text")
    assert shown(drafted([{"newsletter": "yes"}], [consent])) == [("newsletter", "-", "")]


def test_one_column_for_each_field() -> None:
    draft = drafted([{"email": "ada@example.com", "notes": "x"}])
    with pytest.raises(DraftError, match=r"email is already taken from email\. One column for each field"):
        draft.changed(2, Place("email"))
    freed = draft.changed(1, None)
    assert freed.changed(2, Place("email")).column_of("email") == "notes"


def test_the_setting_names_a_field_so_that_it_is_that_one_alone() -> None:
    twin = CustomField(7, "City", "CITY_2", "text")
    draft = drafted([{"email": "ada@example.com", "town": "Berlin"}], [CITY, twin])
    setting = draft.as_setting([CITY, twin])
    assert setting == {"email": "email", "custom_fields": {"%CITY%": "town"}}


def test_words_of_lists_are_counted_and_sentences_are_not() -> None:
    sentence = "Hello, call me on 5 May 2024; or never."
    rows = [{"tags": "coffee, tea", "notes": sentence}, {"tags": "tea", "notes": ""}]
    columns = look_at(["tags", "notes"], rows)
    assert columns["tags"].words == {"coffee": 1, "tea": 2}
    assert columns["notes"].words == {}


def test_the_values_of_a_column_are_bounded() -> None:
    column = look_at(["id"], ({"id": str(n)} for n in range(MOST_VALUES + 5)))["id"]
    assert (len(column.values), column.has_more_values, column.filled) == (MOST_VALUES, True, MOST_VALUES + 5)


def test_the_labels_of_a_phones_contacts_are_no_tags() -> None:
    assert shown(drafted([{"Labels": "* myContacts ::: Friends"}], [])) == [("Labels", "-", "")]
    assert shown(drafted([{"Labels": "vip"}], [])) == [("Labels", "tags", "name")]
