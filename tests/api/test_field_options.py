"""Options of custom fields are known where the account tells all of them, and else unknown."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.api.field_options import FieldOptions
from target_activecampaign.api.responses import Response
from target_activecampaign.contacts.custom_fields import CustomField, FieldOption

FIELD = CustomField(7, "Language", "LANGUAGE", "dropdown")
GERMAN = {"field": "7", "value": "de", "label": "German", "id": "31"}
FRENCH = {"field": "7", "value": "fr", "label": "French", "id": "32"}
BOTH = (FieldOption("de", "German"), FieldOption("fr", "French"))


def options_of(*pages: dict[str, t.Any]) -> tuple[FieldOption, ...] | None:
    options = FieldOptions()
    for page in pages:
        options.note(Response(200, json.dumps(page).encode(), {}, "GET fields"))
    return options.added_to(FIELD).options


def page(*options: object, ids: object = ("31", "32")) -> dict[str, t.Any]:
    return {"fieldOptions": list(options), "fields": [{"id": "7", "options": ids}]}


@pytest.mark.parametrize(
    "pages",
    [
        [page(GERMAN, FRENCH)],
        [page(GERMAN, FRENCH, {"field": "8", "value": "x", "label": "X", "id": "40"})],
        [page(GERMAN, FRENCH, ids=[31, 32])],
        [page(GERMAN, FRENCH, ids=None)],
        # An entry that can't be read takes nothing from a list that is whole without it.
        [page(GERMAN, FRENCH, "odd")],
        [{"fieldOptions": {"31": GERMAN, "32": FRENCH}, "fields": {"7": {"id": 7, "options": ["31", "32"]}}}],
        [page(GERMAN), page(FRENCH)],
        [page(GERMAN, FRENCH), page(GERMAN, FRENCH)],
    ],
)
def test_the_options_beside_the_fields_are_read_over_all_pages(pages: list[dict[str, t.Any]]) -> None:
    assert options_of(*pages) == BOTH


def test_an_option_without_a_label_has_its_value_and_a_number_is_text() -> None:
    told = page({"field": 7, "value": 5, "id": 31}, {"field": 7, "label": "French", "id": 32})
    assert options_of(told) == (FieldOption("5", "5"), FieldOption("French", "French"))


def test_an_option_without_a_value_is_no_choice() -> None:
    assert options_of(page(GERMAN, {**FRENCH, "value": " ", "label": "Please select"})) == BOTH[:1]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"fields": [{"id": "7"}]},
        page(),
        page(ids=[]),
        page(GERMAN),
        page(GERMAN, {**FRENCH, "value": None}),
        page(GERMAN, {**FRENCH, "field": None}),
        page(GERMAN, "odd", ids=None),
        page(GERMAN, {**FRENCH, "value": {"a": 1}}, ids="odd"),
        {"fieldOptions": "odd", "fields": [{"id": "7", "options": ["31"]}]},
        {"fieldOptions": None, "fields": None},
        page({**GERMAN, "value": ""}, {**FRENCH, "value": ""}),
    ],
)
def test_options_that_are_not_told_for_sure_are_unknown(told: dict[str, t.Any]) -> None:
    assert options_of(told) is None
