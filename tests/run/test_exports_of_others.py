"""Exports in the forms of HubSpot and Mailchimp, made up, become contacts as their people are."""

from __future__ import annotations

import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.quick_target import run_quickly

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state.seed import BUILT_IN

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

FAST: dict[str, t.Any] = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000, "verify": "none"}
HUBSPOT = [
    # As its CSV export writes them: every cell is text, several choices are separated by semicolons.
    {
        "Record ID - Contact": "151",
        "First Name": "Ada ",
        "Last Name": "Lovelace",
        "Email": "Ada@Example.com",
        "Phone Number": "+49 30 1234567",
        "Create Date": "2024-02-05 10:00",
        "Interests": "Cycling;Music",
        "Unsubscribed from all email": "false",
    },
    {
        "Record ID - Contact": "152",
        "First Name": "",
        "Last Name": "Brandt",
        "Email": "bob@example.com",
        "Phone Number": "030 1234567 ext. 12",
        "Create Date": "",
        "Interests": "",
        "Unsubscribed from all email": "",
    },
    {
        "Record ID - Contact": "153",
        "First Name": "No",
        "Last Name": "Address",
        "Email": "",
        "Phone Number": "",
        "Create Date": "",
        "Interests": "",
        "Unsubscribed from all email": "true",
    },
]
MAILCHIMP = [
    # As its API gives members: a status of four words, merge fields, tags as objects' names.
    {
        "id": "a1",
        "email_address": "ada@example.com",
        "status": "subscribed",
        "merge_fields": {"FNAME": "Ada", "LNAME": "Lovelace", "PHONE": "", "BIRTHDAY": "02/05"},
        "timestamp_opt": "2024-02-05T23:30:00+00:00",
        "tag_names": ["vip", "berlin"],
    },
    {
        "id": "b2",
        "email_address": "bob@example.com",
        "status": "unsubscribed",
        "merge_fields": {"FNAME": "Bob", "LNAME": "", "PHONE": "", "BIRTHDAY": ""},
        "timestamp_opt": "",
        "tag_names": [],
    },
    {
        "id": "c3",
        "email_address": "carla@example.com",
        "status": "cleaned",
        "merge_fields": {},
        "timestamp_opt": "",
        "tag_names": [],
    },
    {
        "id": "d4",
        "email_address": "dora@example.com",
        "status": "pending",
        "merge_fields": {"FNAME": "Dora"},
        "timestamp_opt": "",
        "tag_names": ["vip"],
    },
]


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    people = [
        {"email": f"{name}@example.com", "lists": {"1": 1}} for name in ("bob", "carla")
    ]  # on the list already
    with serve(progress="at-once", seed={**BUILT_IN, "contacts": people}) as running:
        yield running


def load(
    sandbox: RunningSandbox, folder: Path, records: list[dict[str, t.Any]], key: str, **settings: object
) -> Outcome:
    schema = {"type": "object", "properties": {name: {} for name in records[0]}}
    messages = [schema_message(schema=schema, keys=[key]), *map(record_message, records), state_message(1)]
    config = config_for(sandbox.url, folder, **{**FAST, "max_rejected_percent": 100, **settings})
    return run_quickly(config, messages)


def contacts_of(sandbox: RunningSandbox) -> dict[str, dict[str, t.Any]]:
    return {row["email"].lower(): row for row in sandbox.snapshot(10**6)["contacts"]}


def test_an_export_of_hubspot(sandbox: RunningSandbox, tmp_path: Path) -> None:
    mapping = {
        "email": "Email",
        "first_name": "First Name",
        "last_name": "Last Name",
        "phone": "Phone Number",
        "custom_fields": {"Customer since": "Create Date", "Interests": "Interests"},
    }
    outcome = load(
        sandbox, tmp_path, HUBSPOT, "Record ID - Contact", field_mapping=mapping, phone_region="DE"
    )

    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 2)
    assert outcome.report["rejected"] == {"email_missing": 1}
    contacts = contacts_of(sandbox)
    ada, bob = contacts["ada@example.com"], contacts["bob@example.com"]
    assert (ada["firstName"], ada["phone"]) == ("Ada", "+49301234567")
    assert ada["fields"] == {"CUSTOMER_SINCE": "2024-02-05", "INTERESTS": "||Cycling||Music||"}
    # An extension is no digit of the number, so the number stays as it came.
    assert (bob["firstName"], bob["phone"], bob["fields"]) == ("", "030 1234567 ext. 12", {})


def test_an_export_of_mailchimp(sandbox: RunningSandbox, tmp_path: Path) -> None:
    mapping = {
        "email": "email_address",
        "first_name": "merge_fields.FNAME",
        "last_name": "merge_fields.LNAME",
        "tags": "tag_names",
        "subscription": "status",
        "custom_fields": {"Customer since": "timestamp_opt"},
    }
    outcome = load(
        sandbox,
        tmp_path,
        MAILCHIMP,
        "id",
        field_mapping=mapping,
        source_timezone="Europe/Berlin",
        max_removal_percent=100,
    )

    assert outcome.exit_code == 0
    assert outcome.report["left_out"] == {"subscription": 1}  # pending is neither a yes nor a no
    contacts = contacts_of(sandbox)
    assert contacts["ada@example.com"]["fields"] == {
        "CUSTOMER_SINCE": "2024-02-06"
    }  # in Berlin it was past midnight
    assert contacts["ada@example.com"]["tags"] == ["berlin", "vip"]
    memberships = {email.partition("@")[0]: contact["lists"] for email, contact in contacts.items()}
    assert memberships == {"ada": {"1": 1}, "bob": {"1": 2}, "carla": {"1": 2}, "dora": {}}
