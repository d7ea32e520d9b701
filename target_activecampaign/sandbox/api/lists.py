"""`lists` and `lists/exclusions`."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.call import Answer, Refusal, text_of
from target_activecampaign.sandbox.api.collections import filtered, paged

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from target_activecampaign.sandbox.api.call import Call

# Keys that every list has and that nothing here is about (lists reference).
_FURTHER = {
    **dict.fromkeys(("p_use_tracking", "p_embed_image", "p_use_captcha", "optinoptout"), "1"),
    **dict.fromkeys(
        (
            "p_use_analytics_read", "p_use_analytics_link", "p_use_twitter", "p_use_facebook",
            "send_last_broadcast",
            "require_name", "get_unsubscribe_reason", "optinmessageid", "optoutconf",
        ),
        "0",
    ),
    **dict.fromkeys(
        (
            "analytics_source", "analytics_ua", "twitter_token", "twitter_token_secret", "sender_name",
            "sender_addr1", "sender_addr2", "sender_city", "sender_state", "sender_zip", "sender_country",
            "sender_phone", "fulladdress",
        ),
        "",
    ),
    **dict.fromkeys(
        (
            "analytics_domains", "facebook_session", "carboncopy", "subscription_notify",
            "unsubscription_notify",
        ),
        None,
    ),
}  # fmt: skip


def list_lists(call: Call) -> Answer:
    """`GET /lists`: `filters[name]`, `orders[name]`, paging."""
    rows = filtered(call, call.account.lists.all(), "name", "name")
    return paged(call, "lists", [shape_list(call, row) for row in rows])


def show_list(call: Call) -> Answer:
    """`GET /lists/{id}`."""
    return Answer(200, {"list": shape_list(call, _list(call))})


def create_list(call: Call) -> Answer:
    """`POST /lists`: answers 200 (lists reference)."""
    data = call.object("list")
    name = text_of(data.get("name"))
    if not name:
        return errors.missing("name")
    channel = text_of(data.get("channel")) or "email"
    if channel not in ("email", "sms"):
        return errors.invalid("Channel is not valid.", "field_invalid", "channel")
    created = call.account.lists.create(
        name,
        text_of(data.get("stringid")),
        channel,
        text_of(data.get("sender_url")),
        text_of(data.get("sender_reminder")),
    )
    row = call.account.lists.get(created)
    return Answer(200, {"list": shape_list(call, row)} if row else {})


def delete_list(call: Call) -> Answer:
    """`DELETE /lists/{id}`."""
    _list(call)
    call.account.lists.delete(call.id)
    return Answer(200, {})


def list_exclusions(call: Call) -> Answer:
    """`GET /lists/exclusions`: here the total is a number (exclusions reference)."""
    asked = [key for name in ("filters", "orders") for key, _, _ in call.bracketed(name)]
    unknown = [key for key in asked if key not in ("matchPhrase", "lists")]
    if unknown:
        return _invalid_attribute(unknown[0])
    rows = [row for row in call.account.exclusions.all() if _is_asked_for(call, row)]
    for key, _, direction in call.bracketed("orders"):
        if direction.upper() not in ("ASC", "DESC"):
            return _invalid_attribute(key)
        column = "match_phrase" if key == "matchPhrase" else "lists"
        rows.sort(key=itemgetter(column), reverse=direction.upper() == "DESC")
    limit, offset = call.page()
    shown = [_shape_exclusion(row) for row in rows[offset : offset + limit]]
    return Answer(200, {"exclusions": shown, "meta": {"total": len(rows)}})


def show_exclusion(call: Call) -> Answer:
    """`GET /lists/exclusions/{id}`: without a wrapper (exclusions reference)."""
    row = call.account.exclusions.get(call.id)
    if row is None:
        return Answer(404, {"message": f"Exclusion not found [id={call.id}]"})
    return Answer(200, _shape_exclusion(row))


def shape_list(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a list as the API shows it."""
    links = ("contactGoalLists", "user", "addressLists")
    return {
        "stringid": row["stringid"],
        "userid": "1",
        "name": row["name"],
        "cdate": row["cdate"],
        "udate": row["udate"],
        **_FURTHER,
        "private": "0",
        "to_name": "Subscriber",
        "sender_url": row["sender_url"],
        "sender_reminder": row["sender_reminder"],
        "channel": row["channel"],
        "deletestamp": None,
        "links": {link: call.link(f"/lists/{row['id']}/{link}") for link in links},
        "id": str(row["id"]),
        "user": "1",
    }


def _list(call: Call) -> sqlite3.Row:
    row = call.account.lists.get(call.id)
    if row is None:
        raise Refusal(errors.no_result("_List", call.id))
    return row


def _is_asked_for(call: Call, row: sqlite3.Row) -> bool:
    lists = [str(list_id) for list_id in json.loads(row["lists"])]
    return all(
        value == row["match_phrase"] if key == "matchPhrase" else value in lists
        for key, _, value in call.bracketed("filters")
    )


def _invalid_attribute(attribute: str) -> Answer:
    error = {
        "status": 422,
        "title": "Invalid attribute",
        "source": {"pointer": f"/data/attributes/{attribute}"},
    }
    return Answer(422, {"errors": [error]})


def _shape_exclusion(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "matchPhrase": row["match_phrase"],
        "matchType": row["match_type"],
        "channel": row["channel"],
        "hidden": False,
        "lists": [str(list_id) for list_id in json.loads(row["lists"])],
    }
