"""Owns the snapshot: an account as one JSON object, in the shape of a seed."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.state.contacts import ATTRIBUTE_COLUMNS

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.state.account import Account


def take_snapshot(account: Account, max_contacts: int | None = None) -> dict[str, t.Any]:
    """Return the account's content.

    Args:
        account: The account.
        max_contacts: The oldest contacts to include; `None` for all. `contactTotal` counts all of them.
    """
    with account.storage.transaction():
        perstags = {row["id"]: row["perstag"] for row in account.fields.all()}
        rows = account.storage.rows(
            "select * from contact order by id limit ?", (-1 if max_contacts is None else max_contacts,)
        )
        return {
            "contactLimit": account.contact_limit,
            "contactTotal": len(account.contacts),
            "lists": [
                {"id": row["id"], "name": row["name"], "stringid": row["stringid"], "channel": row["channel"]}
                for row in account.lists.all()
            ],
            "fields": [_field(account, row) for row in account.fields.all()],
            "tags": [row["tag"] for row in account.tags.all() if row["tag_type"] == "contact"],
            "exclusions": [
                {
                    "matchPhrase": row["match_phrase"],
                    "matchType": row["match_type"],
                    "channel": row["channel"],
                }
                for row in account.exclusions.all()
            ],
            "contacts": [_contact(account, row, perstags) for row in rows],
        }


def _field(account: Account, row: sqlite3.Row) -> dict[str, t.Any]:
    return {
        "id": row["id"],
        "title": row["title"],
        "type": row["type"],
        "perstag": row["perstag"],
        "options": [
            {"value": option["value"], "label": option["label"]}
            for option in account.fields.options_of(row["id"])
        ],
    }


def _contact(account: Account, row: sqlite3.Row, perstags: dict[int, str]) -> dict[str, t.Any]:
    return {
        "id": row["id"],
        "email": row["email"],
        **{name: row[column] for name, column in ATTRIBUTE_COLUMNS.items()},
        "bounced": bool(row["bounced_hard"]),
        "fields": {perstags[value["field"]]: value["value"] for value in account.fields.values_of(row["id"])},
        "lists": {str(member["list"]): member["status"] for member in account.lists.of(row["id"])},
        "tags": sorted(link["name"] for link in account.tags.of(row["id"])),
    }
