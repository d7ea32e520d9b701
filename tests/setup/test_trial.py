"""Five rows go first; what the account holds of them is compared value by value."""

from __future__ import annotations

import json
import typing as t

from target_activecampaign.api.held_contact import HeldContact
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.contacts.custom_fields import CustomField
from target_activecampaign.contacts.mapping import MappingOptions, RecordMapper, compile_mapping
from target_activecampaign.setup.trial import compare, first_rows, only_rows
from target_activecampaign.source_files import open_source

if t.TYPE_CHECKING:
    from pathlib import Path

FIELDS = {
    1: CustomField(1, "City", "CITY", "text"),
    2: CustomField(2, "Since", "SINCE", "datetime"),
    3: CustomField(3, "Colours", "COLOURS", "listbox"),
    4: CustomField(4, "Value", "VALUE", "number"),
}
NAMES = ("email", "first_name", "city", "since", "colours", "value", "tags", "wants")


def mapper() -> RecordMapper:
    custom = {"City": "city", "Since": "since", "Colours": "colours", "Value": "value"}
    mapping = {
        "email": "email",
        "first_name": "first_name",
        "tags": "tags",
        "subscription": "wants",
        "custom_fields": custom,
    }
    settings = parse_settings(
        {
            "hostname": "sandbox",
            "api_key": "sandbox",
            "data_privacy_consent": True,
            "list_id": 3,
            "field_mapping": mapping,
        }
    )
    export = settings.export_for("people")
    assert export is not None
    schema = {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in NAMES}}
    fields = {field.title: field for field in FIELDS.values()}
    options = MappingOptions(subscription_words=settings.subscription_words)
    return compile_mapping("people", schema, export, fields, options)


def row(number: int, email: str, **values: str | None) -> tuple[int, dict[str, t.Any]]:
    return number, {"email": email, "wants": "yes", **values}


def test_the_first_rows_that_can_be_sent_are_of_different_people() -> None:
    rows = [
        row(2, "no address"),
        row(3, "a@example.com"),
        row(4, "A@Example.com"),
        row(5, "out@example.com", wants="no"),
        row(6, "b@example.com"),
        row(7, "c@example.com"),
    ]
    assert [one.row for one in first_rows(rows, mapper(), 2)] == [3, 6]
    assert [one.row for one in first_rows(rows, mapper())] == [3, 6, 7]


def test_a_file_of_some_rows_keeps_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        'email,wants\n"a@example.com","x\ny"\nb@example.com,yes\nc@example.com,yes\nd@example.com,yes\n'
    )
    source = open_source(path)
    chosen = [one for one in first_rows(source.rows(), mapper()) if one.row != 5]
    part = only_rows(source, chosen)
    lines = part.messages().read().split(b"\n")
    records = {
        number: json.loads(line)["record"]["email"]
        for number, line in enumerate(lines, start=1)
        if b'"RECORD"' in line
    }
    assert records == {4: "b@example.com", 6: "d@example.com"}
    assert (part.count_rows(), part.name, part.stream, part.is_part) == (2, "people.csv", "people", True)
    assert [number for number, _ in part.rows()] == [4, 6]


def sent() -> dict[str, str | None]:
    return {
        "first_name": "Ada",
        "city": "London",
        "since": "2024-02-05T10:00:00+00:00",
        "colours": '["red","blue"]',
        "value": "12.50",
        "tags": "vip",
    }


def held(**changes: object) -> HeldContact:
    values: dict[str, t.Any] = {
        "attributes": {"first_name": "Ada", "last_name": ""},
        "fields": {1: "London", 2: "2024-02-05T05:00:00-05:00", 3: "||blue||red||", 4: "12.5"},
        "lists": frozenset({3}),
        "tags": frozenset({9}),
        **changes,
    }
    return HeldContact(**values)


def test_values_in_another_form_are_as_they_were_sent() -> None:
    rows = first_rows([row(2, "ada@example.com", **sent())], mapper())
    found = compare(rows, {"ada@example.com": held()}, FIELDS, {9: "VIP"})
    assert (found.values, found.differences, found.missing) == (8, [], [])


def test_each_difference_is_named_by_row_and_field() -> None:
    rows = first_rows([row(2, "ada@example.com", **sent())], mapper())
    other = held(fields={1: ""}, lists=frozenset(), tags=frozenset())
    found = compare(rows, {"ada@example.com": other}, FIELDS, {9: "VIP"})
    assert [one.text for one in found.differences] == [
        'row 2, City: sent "London", ActiveCampaign holds ""',
        'row 2, Since: sent "2024-02-05T10:00:00+00:00", ActiveCampaign holds ""',
        'row 2, Colours: sent "||red||blue||", ActiveCampaign holds ""',
        'row 2, Value: sent "12.50", ActiveCampaign holds ""',
        'row 2, tags: sent "vip", ActiveCampaign holds ""',
        'row 2, list: sent "3", ActiveCampaign holds ""',
    ]


def test_a_contact_that_is_not_there_is_missing() -> None:
    rows = first_rows([row(2, "ada@example.com", **sent())], mapper())
    found = compare(rows, {"ada@example.com": None}, FIELDS, {})
    assert (found.values, found.missing) == (0, [2])
