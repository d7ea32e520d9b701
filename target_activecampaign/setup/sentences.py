"""Owns the sentences of a setup on what a file would do, and did. Pure."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.wording import about_minutes, counted, share

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.api.responses import Contract

_MOST_FIELDS = 5


def sum_line(report: Mapping[str, t.Any]) -> str:
    """Return the rows as a sum of what would become of them."""
    read = report["read"]
    rejected = sum(report["rejected"].values())
    # A no of somebody who is not on the list is a record that changes nothing.
    left_alone = min(report["left_alone"], report["unchanged"])
    parts = [
        (people_to_send(report), "person to send", "people to send"),
        (report["unsubscribed"], "to take off the list", "to take off the list"),
        (report["unchanged"] - left_alone, "unchanged", "unchanged"),
        (left_alone, "who wants no mail and stays off", "who want no mail and stay off"),
        (report["superseded"], "repeat of a person, merged", "repeats of a person, merged"),
        (report["held_back"], "held back for want of room", "held back for want of room"),
    ]
    said = [counted(count, one, many) for count, one, many in parts if count]
    if rejected:
        said.append(f"{rejected:,} that can't be sent ({share(rejected, read)})")
    return f"{counted(read, 'row')} = {' + '.join(said) or '0'}"


def left_out_line(report: Mapping[str, t.Any]) -> str | None:
    """Return which fields lack values that can't be written; `None` where none does."""
    fields = report["left_out"]
    if not fields:
        return None
    named = [
        f"{count:,} of {shown_text(name.removeprefix('custom_fields.'), 40)}"
        for name, count in sorted(fields.items(), key=lambda one: -one[1])[:_MOST_FIELDS]
    ]
    more = f" and {len(fields) - _MOST_FIELDS:,} more fields" if len(fields) > _MOST_FIELDS else ""
    count = sum(fields.values())
    are = "is" if count == 1 else "are"
    values = counted(count, "value")
    return f"{values} can't be written and {are} left out: {', '.join(named)}{more}."


def people_to_send(report: Mapping[str, t.Any]) -> int:
    """Return how many people would be sent, or were."""
    return int(report["delivered"]) - int(report["unsubscribed"])


def room_line(report: Mapping[str, t.Any], contract: Contract | None) -> str | None:
    """Return whether the people fit into the contract; `None` where that is not known."""
    if contract is None:
        return None
    room = max(0, contract.subscriber_limit - contract.subscriber_total)
    people = people_to_send(report) + report["held_back"]
    if people <= room:
        return f"They fit into the contract: room for {room:,}. All new, {room - people:,} places are left."
    return (
        f"The contract has room for {room:,}: if all of them are new, {people - room:,} are held back. Make "
        "room in the account, or raise the contract."
    )


def plan_line(report: Mapping[str, t.Any]) -> str | None:
    """Return how many imports that takes, and how long; `None` without a plan."""
    plan = report.get("plan")
    if not plan:
        return None
    return f"{counted(plan['imports'], 'import')}, {about_minutes(plan['minutes'])}."


def arrived_line(report: Mapping[str, t.Any], list_name: str) -> str:
    """Return how many people arrived, and how many of them are new."""
    new, updated = report["created"], report["updated"]
    parts = [f"{count:,} {word}" for count, word in ((new, "new"), (updated, "updated")) if count]
    people = counted(people_to_send(report), "person", "people")
    told = f": {', '.join(parts)}" if parts else ""
    return f'{people} arrived on "{list_name}"{told}.'
