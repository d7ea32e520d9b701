"""What Meltano writes into a variable with dotted keys is the object that its user wrote."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.config.dotted_keys import unfold
from target_activecampaign.config.environment import PREFIX, settings_from_environment


# As Meltano 4.4.1 wrote them.
@pytest.mark.parametrize(
    ("setting", "written", "meant"),
    [
        (
            "field_mapping",
            {
                "email": "a.b",
                "custom_fields.City": "city",
                "custom_fields.%P%": "p",
                "custom_fields.Nr. 1": "c",
            },
            {"email": "a.b", "custom_fields": {"City": "city", "%P%": "p", "Nr. 1": "c"}},
        ),
        (
            "streams",
            {
                "people.list_id": 1,
                "people.tags": ["x"],
                "vip_*": {},
                "shop.x.list_id": 4,
                "shop.x.field_mapping.email": "a.b",
                "shop.x.field_mapping.tags": "t",
                "shop.x.field_mapping.custom_fields.Nr. 1": "c",
                "all.field_mapping": {},
            },
            {
                "people": {"list_id": 1, "tags": ["x"]},
                "vip_*": {},
                "shop.x": {
                    "list_id": 4,
                    "field_mapping": {"email": "a.b", "tags": "t", "custom_fields": {"Nr. 1": "c"}},
                },
                "all": {"field_mapping": {}},
            },
        ),
        (
            "stream_maps",
            {"people.city": "city.upper()", "people.__else__": None, "gone": None},
            {"people": {"city": "city.upper()", "__else__": None}, "gone": None},
        ),
        (
            "batch_config",
            {"encoding.format": "jsonl", "storage.root": "file://x"},
            {"encoding": {"format": "jsonl"}, "storage": {"root": "file://x"}},
        ),
    ],
)
def test_an_object_becomes_nested_again(
    setting: str, written: dict[str, t.Any], meant: dict[str, t.Any]
) -> None:
    assert unfold(setting, written) == meant
    variables = {f"{PREFIX}{setting.upper()}": json.dumps(written)}
    assert settings_from_environment({**variables, "MELTANO_PROJECT_ROOT": "/p"}) == {setting: meant}
    assert settings_from_environment(variables) == {setting: written}


@pytest.mark.parametrize(
    ("setting", "nested"),
    [
        ("field_mapping", {"email": "e", "custom_fields": {"City": "city"}}),
        ("streams", {"shop.tags": {"list_id": 1}}),
        ("stream_maps", {"shop.people": {"city": "city"}}),
    ],
)
def test_what_is_nested_stays(setting: str, nested: dict[str, t.Any]) -> None:
    assert unfold(setting, nested) == nested


@pytest.mark.parametrize(
    "contradictory",
    [
        {"custom_fields": "x", "custom_fields.City": "city"},
        {"custom_fields.City": "city", "custom_fields": {"Town": "town"}},
    ],
)
def test_keys_that_contradict_each_other_stay_and_are_refused_by_name(
    contradictory: dict[str, t.Any],
) -> None:
    assert unfold("field_mapping", contradictory) == contradictory
