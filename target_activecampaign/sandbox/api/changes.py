"""Owns the keys in which the API says when and by which user an item was made and changed (recorded)."""

from __future__ import annotations


def shape_changes(created: str, updated: str | None, user: str | None = None) -> dict[str, str | None]:
    """Return the four keys of an item.

    Args:
        created: When the item was made, with an offset.
        updated: When it was last changed, `None` where it never was.
        user: The user behind both; recordings have null and "0".
    """
    return {
        "created_timestamp": date_without_zone(created),
        "updated_timestamp": date_without_zone(updated or created),
        "created_by": user,
        "updated_by": user,
    }


def date_without_zone(date: str) -> str:
    """Return a date in the API's second form: `2026-05-28 03:05:54` for `2026-05-28T03:05:54-05:00`."""
    return date[:19].replace("T", " ")
