"""Owns the detail of a contact: its values, each with the write that it came from."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.state.contacts import ATTRIBUTE_COLUMNS

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.state.account import Account


def read_contact_detail(account: Account, contact: int) -> dict[str, t.Any] | None:
    """Return a contact's attributes, fields, lists and tags, each with its source; `None` for no contact."""
    row = account.contacts.get(contact)
    if row is None:
        return None
    values, memberships, tags = (
        account.fields.values_of(contact),
        account.lists.of(contact),
        account.tags.of(contact),
    )
    used = {entry["source"] for entry in (row, *values, *memberships, *tags)}
    labels = account.sources.labels(used | {row[f"{column}_source"] for column in ATTRIBUTE_COLUMNS.values()})
    return {
        "id": row["id"],
        "email": row["email"],
        "cdate": row["cdate"],
        "udate": row["udate"],
        "bounced": bool(row["bounced_hard"]),
        "source": labels.get(row["source"], ""),
        "attributes": [
            {"name": name, "value": row[column], "source": labels.get(row[f"{column}_source"], "")}
            for name, column in ATTRIBUTE_COLUMNS.items()
        ],
        "fields": _shape_fields(account, values, labels),
        "lists": _shape_lists(account, memberships, labels),
        "tags": [
            {"id": entry["tag"], "tag": entry["name"], "source": labels.get(entry["source"], "")}
            for entry in tags
        ],
    }


def _shape_fields(
    account: Account, values: list[sqlite3.Row], labels: dict[int, str]
) -> list[dict[str, t.Any]]:
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


def _shape_lists(
    account: Account, memberships: list[sqlite3.Row], labels: dict[int, str]
) -> list[dict[str, t.Any]]:
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
