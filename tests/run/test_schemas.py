"""A person is not lost for what a schema says of other columns, nor for a schema that is not understood."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.quick_target import run_quickly

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

ADA = "ada@example.com"
FAST: dict[str, t.Any] = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000, "verify": "none"}
# As taps of PostgreSQL write them: `numeric` in the words of draft 4, arrays, JSON, domains.
POSTGRES: dict[str, t.Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "definitions": {
        "sdc_recursive_string_array": {
            "type": ["null", "string", "array"],
            "items": {"$ref": "#/definitions/sdc_recursive_string_array"},
        }
    },
    "properties": {
        "id": {"type": ["integer"], "minimum": -2147483648, "maximum": 2147483647},
        "email": {"type": ["null", "string"], "maxLength": 8, "required": True},
        "first_name": {"type": ["null", "string"], "pattern": r"^\p{L}+$"},
        "last_name": {"type": ["null", "string"], "maxLength": 8},
        "city": {"type": ["null", "string"]},
        "revenue": {
            "type": ["null", "number"],
            "exclusiveMaximum": True,
            "maximum": 10**12,
            "exclusiveMinimum": True,
            "minimum": -(10**12),
            "multipleOf": 1e-38,
        },
        "visits": {"type": ["null", "integer"]},
        "roles": {"type": "array", "items": {"type": "string"}},
        "labels": {"type": ["null", "array"], "items": {"$ref": "#/definitions/sdc_recursive_string_array"}},
        "profile": {
            "type": ["null", "object"],
            "properties": {"city": {"type": "string"}},
            "required": ["x"],
        },
        "raw": {"type": "jsonb"},
        "elsewhere": {"$ref": "https://example.com/schema"},
    },
    "required": ["elsewhere"],
    "additionalProperties": False,
}
MAPPING = {
    **{name: name for name in ("email", "first_name", "last_name")},
    "tags": "labels",
    "custom_fields": {"City": "profile.city", "Lifetime value": "revenue"},
}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(progress="at-once") as running:
        yield running


Runner = t.Callable[..., "Outcome"]


@pytest.fixture
def run(sandbox: RunningSandbox, tmp_path: Path) -> Runner:
    def run_records(
        schema: dict[str, t.Any], *records: dict[str, t.Any], keys: t.Iterable[str] = (), **settings: object
    ) -> Outcome:
        messages = [schema_message(schema=schema, keys=keys), *map(record_message, records), state_message(1)]
        config = config_for(sandbox.url, tmp_path, **{**FAST, "max_rejected_percent": 60, **settings})
        return run_quickly(config, messages)

    return run_records


def contacts_of(sandbox: RunningSandbox) -> dict[str, dict[str, t.Any]]:
    return {row["email"]: row for row in sandbox.snapshot(10**6)["contacts"]}


def person(**values: object) -> dict[str, t.Any]:
    return {"id": 1, "email": ADA, "elsewhere": 1, **values}


def test_a_schema_of_postgresql_brings_its_people(run: Runner, sandbox: RunningSandbox) -> None:
    odd = {"roles": ["a", None], "visits": 5.5, "raw": {"a": 1}, "unknown": 1}
    outcome = run(
        POSTGRES,
        person(
            first_name="Zoë", labels=["a", None, "b"], profile={"city": "Bonn", "zip": 7}, revenue=12.5, **odd
        ),
        person(email="bo@example.com", last_name="far too long", revenue=10**12, profile={"city": 7}, **odd),
        keys=["id"],
        field_mapping=MAPPING,
    )
    assert (outcome.exit_code, outcome.report["delivered"], outcome.states) == (0, 2, [1])
    contacts = contacts_of(sandbox)
    assert contacts[ADA]["firstName"] == "Zoë"
    assert sorted(contacts[ADA]["tags"]) == ["a", "b"]
    assert {"Bonn", "12.5"} <= set(json.dumps(contacts[ADA]).replace(",", "").split('"'))
    assert not contacts["bo@example.com"]["lastName"]
    assert outcome.log.count("can't be understood") == 1
    assert "'pattern' at $.first_name can't be understood" in outcome.log
    assert "validate_records: false" in outcome.log


def test_flattening_takes_a_schema_of_postgresql(run: Runner, sandbox: RunningSandbox) -> None:
    schema = {
        **POSTGRES,
        "properties": {**POSTGRES["properties"], "plan": {"enum": ["free", None]}, "any": {}},
    }
    mapping: dict[str, t.Any] = {**MAPPING, "custom_fields": {"City": "profile__city", "Street": "any"}}
    record = person(profile={"city": "Bonn"}, plan="free", any=5)
    outcome = run(schema, record, flattening_enabled=True, flattening_max_depth=2, field_mapping=mapping)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 1)
    assert {"Bonn", "5"} <= set(json.dumps(contacts_of(sandbox)[ADA]).split('"'))


def test_free_records_bring_what_they_have(run: Runner, sandbox: RunningSandbox) -> None:
    outcome = run(
        {"type": "object"},
        {"_id": "1", "email": ADA, "name": "Ada", "address": {"city": "Bonn"}},
        {"_id": "2", "email": "bo@example.com", "name": "Bo"},
        {"_id": "3", "name": "Cy"},
        keys=["_id"],
        field_mapping={"email": "email", "first_name": "name", "custom_fields": {"City": "address.city"}},
    )
    contacts = contacts_of(sandbox)
    names = {email: contact["firstName"] for email, contact in contacts.items()}
    assert names == {ADA: "Ada", "bo@example.com": "Bo"}
    assert '"Bonn"' in json.dumps(contacts[ADA])
    assert outcome.report["rejected"] == {"email_missing": 1}
