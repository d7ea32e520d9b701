"""One table of attributes: what stands in it is a setting, is mapped, and is part of what is sent."""

from __future__ import annotations

import json

import pytest

from target_activecampaign.config.attributes import ATTRIBUTES, IMPORTER_KEYS, Attribute
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.settings import FieldMapping, StreamExport
from target_activecampaign.contacts.contact import Contact, Payload
from target_activecampaign.contacts.mapping import MappingOptions, compile_mapping

NAMES = [attribute.name for attribute in ATTRIBUTES]
PROPERTIES: dict[str, object] = {name: {} for name in ("email", "value", *NAMES)}


def map_one(mapping: FieldMapping | None, record: dict[str, str]) -> Contact:
    export = StreamExport(3, mapping, ())
    mapper = compile_mapping("people", {"properties": PROPERTIES}, export, {}, MappingOptions())
    contact = mapper.map({"email": "ada@example.com", **record})
    assert isinstance(contact, Contact)
    return contact


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_an_attribute_goes_from_its_setting_to_its_key(attribute: Attribute) -> None:
    settings = CONFIG_JSONSCHEMA["properties"]["field_mapping"]["properties"]
    assert settings[attribute.name]["description"] == attribute.description
    contact = map_one(FieldMapping("email", {attribute.name: "value"}), {"value": "+49 30 1234567"})
    text = "+49301234567" if attribute.form == "phone" else "+49 30 1234567"
    assert contact.attributes == {attribute.importer_key: text}


def test_the_default_mapping_takes_those_that_the_table_says() -> None:
    contact = map_one(None, dict.fromkeys(NAMES, "x"))
    assert contact.attributes == {
        attribute.importer_key: "x" for attribute in ATTRIBUTES if attribute.is_default
    }


def test_they_stand_in_a_contact_in_one_order_whatever_the_order_of_the_table() -> None:
    contact = map_one(FieldMapping("email", {name: name for name in NAMES}), dict.fromkeys(NAMES, "x"))
    assert list(json.loads(contact.body)) == ["email", *IMPORTER_KEYS, "subscribe"]
    assert list(IMPORTER_KEYS) == sorted(IMPORTER_KEYS)


def test_no_two_of_them_share_a_name_or_a_key() -> None:
    assert len({*NAMES}) == len(NAMES)
    taken = {"email", "fields", "tags", "subscribe", "unsubscribe", "exclude_automations"}
    assert len({*IMPORTER_KEYS} | taken) == len(Payload.__struct_fields__)
