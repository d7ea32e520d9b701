"""Owns `lists` and `lists/exclusions`."""

from __future__ import annotations

import json
import typing as t
from functools import partial
from operator import itemgetter

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.changes import shape_changes
from target_activecampaign.sandbox.api.paging import filtered, paged
from target_activecampaign.sandbox.api.request import required_row, text_of
from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest

# Keys that every list has and that the sandbox has no values for (lists reference).
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


def list_lists(request: ApiRequest) -> ApiResponse:
    """Handle `GET /lists`: `filters[name]`, `filters[channel]`, `orders[name]`, paging."""
    rows = filtered(request, _of_channel(request), "name", "name")
    return paged(request, "lists", rows, partial(shape_list, request))


def show_list(request: ApiRequest) -> ApiResponse:
    """Handle `GET /lists/{id}`."""
    return ApiResponse(200, {"list": shape_list(request, _list(request))})


def create_list(request: ApiRequest) -> ApiResponse:
    """Handle `POST /lists`: 201, a number in `userid`, and `udate` as `cdate` (recorded; reference: 200)."""
    data = request.object("list")
    name = text_of(data.get("name"))
    if not name:
        return errors.missing_attribute("name")
    channel = text_of(data.get("channel")) or "email"
    if channel not in ("email", "sms"):
        return errors.invalid("Channel is not valid.", "field_invalid", "channel")
    created = request.account.lists.create(
        name,
        text_of(data.get("stringid")),
        channel,
        text_of(data.get("sender_url")),
        text_of(data.get("sender_reminder")),
    )
    row = required_row(request.account.lists.get(created), "_List", created)
    return ApiResponse(201, {"list": {**shape_list(request, row), "userid": 1, "udate": row["cdate"]}})


def update_list(request: ApiRequest) -> ApiResponse:
    """Handle `PATCH /lists/{id}`: 200 (recorded), and `PUT`, which the provider's own client sends.

    That what is not sent stays as it is, with `PUT` too, is assumed.
    """
    data, row = request.object("list"), _list(request)
    name, *others = (
        text_of(data.get(key, row[key])) for key in ("name", "stringid", "sender_url", "sender_reminder")
    )
    if not name:
        return errors.missing_attribute("name")
    request.account.lists.update(request.id, name, *others)
    return ApiResponse(200, {"list": shape_list(request, _list(request))})


def delete_list(request: ApiRequest) -> ApiResponse:
    """Handle `DELETE /lists/{id}`."""
    _list(request)
    request.account.lists.delete(request.id)
    return ApiResponse(200, {})


def list_exclusions(request: ApiRequest) -> ApiResponse:
    """Handle `GET /lists/exclusions`, whose total is a number (exclusions reference)."""
    keys = [key for name in ("filters", "orders") for key, _, _ in request.bracketed(name)]
    unknown = [key for key in keys if key not in ("matchPhrase", "lists")]
    if unknown:
        return errors.invalid_attribute(unknown[0])
    rows = [row for row in request.account.exclusions.all() if _passes_filters(request, row)]
    for key, _, direction in request.bracketed("orders"):
        if direction.upper() not in ("ASC", "DESC"):
            return errors.invalid_attribute(key)
        column = "match_phrase" if key == "matchPhrase" else "lists"
        rows.sort(key=itemgetter(column), reverse=direction.upper() == "DESC")
    limit, offset = request.page()
    shown = [_shape_exclusion(row) for row in rows[offset : offset + limit]]
    return ApiResponse(200, {"exclusions": shown, "meta": {"total": len(rows)}})


def show_exclusion(request: ApiRequest) -> ApiResponse:
    """Handle `GET /lists/exclusions/{id}`, which has no wrapper (exclusions reference)."""
    row = request.account.exclusions.get(request.id)
    if row is None:
        return ApiResponse(404, {"message": f"Exclusion not found [id={request.id}]"})
    return ApiResponse(200, _shape_exclusion(row))


def shape_list(request: ApiRequest, row: sqlite3.Row) -> dict[str, t.Any]:
    """Return a list as the API shows it."""
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
        "description": "",
        "active_subscribers": str(row["subscribed"]),
        "non_deleted_subscribers": str(request.account.lists.members(row["id"])),
        **shape_changes(row["cdate"], row["udate"]),
        "deletestamp": None,
        "links": request.links(f"/lists/{row['id']}", "contactGoalLists", "user", "addressLists"),
        "id": str(row["id"]),
        "user": "1",
    }


def _list(request: ApiRequest) -> sqlite3.Row:
    return required_row(request.account.lists.get(request.id), "_List", request.id)


def _of_channel(request: ApiRequest) -> list[sqlite3.Row]:
    """Return the lists of the channel asked for; `all` asks for every one (the provider's own client)."""
    unsaid = "all" if request.account.switches["sms-lists"] == "shown" else "email"
    wanted = next((value for key, _, value in request.bracketed("filters") if key == "channel"), unsaid)
    return [row for row in request.account.lists.all() if wanted in ("all", row["channel"])]


def _passes_filters(request: ApiRequest, row: sqlite3.Row) -> bool:
    lists = [str(list_id) for list_id in json.loads(row["lists"])]
    return all(
        value == row["match_phrase"] if key == "matchPhrase" else value in lists
        for key, _, value in request.bracketed("filters")
    )


def _shape_exclusion(row: sqlite3.Row) -> dict[str, t.Any]:
    return {
        "id": str(row["id"]),
        "matchPhrase": row["match_phrase"],
        "matchType": row["match_type"],
        "channel": row["channel"],
        "hidden": False,
        "lists": [str(list_id) for list_id in json.loads(row["lists"])],
    }
