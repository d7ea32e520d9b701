"""Clients that others publish find the sandbox to be an account; versions as in `requirements/`."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = pytest.mark.clients

STREAMS = {
    "lists",
    "contact_lists",
    "contacts",
    "tags",
    "contact_tags",
    "contact_custom_fields",
    "users",
    "groups",
}
PEOPLE = [
    {"email": "ada@example.com", "first_name": "Ada", "subscribe": [{"listid": 1}], "tags": ["VIP"]},
    {"email": "bea@example.com", "first_name": "Bea", "subscribe": [{"listid": 1}, {"listid": 2}]},
]


def read_by_tap(run_client: Callable[..., str], folder: Path, url: str) -> dict[str, list[dict[str, t.Any]]]:
    """Return the records of each stream that singer-io's tap reads."""
    config = {
        "api_url": url,
        "api_token": "sandbox",
        "start_date": "2000-01-01T00:00:00Z",
        "user_agent": "a test",
    }
    (folder / "config.json").write_text(json.dumps(config))
    run = ("tap-activecampaign", "run_tap_activecampaign.py", "--config", str(folder / "config.json"))
    catalog = json.loads(run_client(*run, "--discover"))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["tap_stream_id"] in STREAMS
    (folder / "catalog.json").write_text(json.dumps(catalog))
    messages = map(json.loads, run_client(*run, "--catalog", str(folder / "catalog.json")).splitlines())
    records: dict[str, list[dict[str, t.Any]]] = {name: [] for name in STREAMS}
    for message in messages:
        if message["type"] == "RECORD":
            records[message["stream"]].append(message["record"])
    return records


def test_singer_io_s_tap_reads_back_what_was_imported(
    run_client: Callable[..., str], sandbox: RunningSandbox, api: Api, tmp_path: Path
) -> None:
    api.post("/import/bulk_import", {"contacts": PEOPLE})
    api.post(
        "/import/bulk_import", {"contacts": [{**PEOPLE[1], "subscribe": [], "unsubscribe": [{"listid": 2}]}]}
    )

    records = read_by_tap(run_client, tmp_path, sandbox.url)

    emails = {record["id"]: record["email"] for record in records["contacts"]}
    assert set(emails.values()) == {"ada@example.com", "bea@example.com"}
    lists = {record["id"]: record["name"] for record in records["lists"]}
    assert list(lists.values()) == ["Customers", "Newsletter", "VIP"]
    memberships = {
        (emails[record["contact"]], lists[record["list"]]): record["status"]
        for record in records["contact_lists"]
    }
    assert memberships == {
        ("ada@example.com", "Customers"): 1,
        ("bea@example.com", "Customers"): 1,
        ("bea@example.com", "Newsletter"): 2,
    }
    tags = {record["id"]: record["tag"] for record in records["tags"]}
    assert [(emails[r["contact"]], tags[r["tag"]]) for r in records["contact_tags"]] == [
        ("ada@example.com", "vip")
    ]
    assert len(records["contact_custom_fields"]) == 24
    assert [record["username"] for record in records["users"]] == ["sandbox"]
    assert [record["title"] for record in records["groups"]] == ["Admin"]


def test_gearplug_s_client_finds_lists_groups_fields_and_users(
    run_client: Callable[..., str], sandbox: RunningSandbox
) -> None:
    steps = json.loads(run_client("activecampaign-python", "use_activecampaign_python.py", sandbox.url))

    assert steps == {
        "contact": "ada@example.com",
        "list": "Friends",
        "group": True,
        "field": "Hat size",
        "users": ["sandbox"],
        "user": "1",
        "tags": ["customer", "newsletter", "vip"],
    }


def test_the_tools_of_mcp_activecampaign_find_what_they_wrote(
    run_client: Callable[..., str], sandbox: RunningSandbox
) -> None:
    steps = json.loads(run_client("mcp-activecampaign", "use_mcp_activecampaign.py", sandbox.url))

    assert steps["ping"]["status"] == "connected"
    assert steps["contact"]["last_name"] == "Lovelace"
    assert steps["contact"]["lists"] == [{"id": "1", "status": "1"}]
    assert [entry["email"] for entry in steps["contacts"]["contacts"]] == ["ada@example.com"]
    assert [entry["tag_id"] for entry in steps["tags of contact"]["tags"]] == [steps["create tag"]["id"]]
    assert [entry["tag"] for entry in steps["tags"]["tags"]] == ["gold"]
    assert steps["accounts"]["total"] == 0
    assert [entry["email"] for entry in sandbox.snapshot()["contacts"]] == ["bea@example.com"]


def test_the_tools_of_the_provider_s_own_client_find_what_they_wrote(
    run_client: Callable[..., str], sandbox: RunningSandbox
) -> None:
    steps = json.loads(run_client("ac-mcp-server", "use_ac_mcp_server.py", sandbox.url))

    assert steps["list"]["list"]["name"] == "Family"
    assert steps["group"]["listGroup"]["listid"] == "4"
    assert steps["tag"]["tag"]["subscriber_count"] == "1"
    assert steps["field"]["fieldOptions"][0]["label"] == "Small"
    assert [entry["value"] for entry in steps["values"]["fieldValues"]] == ["m"]
    assert sandbox.snapshot()["contacts"][0]["lists"] == {"4": 1}
