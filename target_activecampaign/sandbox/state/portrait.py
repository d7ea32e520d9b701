"""All that is known of one contact, and where each value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.account import Account

_ATTRIBUTES = {"firstName": "first_name", "lastName": "last_name", "phone": "phone", "orgname": "orgname"}


def draw_portrait(account: Account, contact: int) -> dict[str, Any] | None:
    """Return a contact's attributes, fields, lists and tags, each with its source, or `None`."""
    row = account.contacts.get(contact)
    if row is None:
        return None
    values, memberships, tags = (
        account.fields.values_of(contact),
        account.lists.of(contact),
        account.tags.of(contact),
    )
    used = {entry["source"] for entry in (row, *values, *memberships, *tags)}
    labels = account.sources.labels(used | {row[f"{column}_source"] for column in _ATTRIBUTES.values()})
    return {
        "id": row["id"],
        "email": row["email"],
        "cdate": row["cdate"],
        "udate": row["udate"],
        "bounced": bool(row["bounced_hard"]),
        "source": labels.get(row["source"], ""),
        "attributes": [
            {"name": name, "value": row[column], "source": labels.get(row[f"{column}_source"], "")}
            for name, column in _ATTRIBUTES.items()
        ],
        "fields": _draw_fields(account, values, labels),
        "lists": _draw_lists(account, memberships, labels),
        "tags": [
            {"id": entry["tag"], "tag": entry["name"], "source": labels.get(entry["source"], "")}
            for entry in tags
        ],
    }


def _draw_fields(account: Account, values: list[sqlite3.Row], labels: dict[int, str]) -> list[dict[str, Any]]:
    fields = {entry["id"]: entry for entry in account.fields.all()}
    return [
        {
            "id": entry["field"],
            "title": fields[entry["field"]]["title"],
            "perstag": fields[entry["field"]]["perstag"],
            "value": entry["value"],
            "source": labels.get(entry["source"], ""),
        }
        for entry in values
    ]


def _draw_lists(
    account: Account, memberships: list[sqlite3.Row], labels: dict[int, str]
) -> list[dict[str, Any]]:
    names = {entry["id"]: entry["name"] for entry in account.lists.all()}
    return [
        {
            "id": entry["list"],
            "name": names[entry["list"]],
            "status": entry["status"],
            "source": labels.get(entry["source"], ""),
        }
        for entry in memberships
    ]
