"""Owns `groups` and `listGroups`: the one group of users that the account has, and the lists that it sees.

Nothing depends on them in the sandbox, where a key may do everything.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.paging import paged
from target_activecampaign.sandbox.api.request import required_id, required_row
from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    import sqlite3

    from target_activecampaign.sandbox.api.request import ApiRequest

GROUP_ID = 3
"""The id of the account's only group (assumed, like its title)."""
_LINKS = ("userGroups", "groupLimit", "dealGroupGroups", "listGroups", "addressGroups", "automationGroups")


def list_groups(request: ApiRequest) -> ApiResponse:
    """Handle `GET /groups`."""
    return paged(request, "groups", [_shape_group(request)])


def show_group(request: ApiRequest) -> ApiResponse:
    """Handle `GET /groups/{id}`."""
    if request.id != GROUP_ID:
        return errors.no_result("Group", request.id)
    return ApiResponse(200, {"group": _shape_group(request)})


def list_list_groups(request: ApiRequest) -> ApiResponse:
    """Handle `GET /listGroups` (assumed: clients only write them)."""
    return paged(request, "listGroups", request.account.lists.groups(), _shape_list_group)


def create_list_group(request: ApiRequest) -> ApiResponse:
    """Handle `POST /listGroups`: 201 (assumed, as is all of the response but the two ids)."""
    data = request.object("listGroup")
    list_id, group = required_id(data, "listid"), required_id(data, "groupid")
    required_row(request.account.lists.get(list_id), "_List", list_id)
    if group != GROUP_ID:
        return errors.no_result("Group", group)
    return ApiResponse(201, {"listGroup": _shape_list_group(request.account.lists.add_group(list_id, group))})


def _shape_group(request: ApiRequest) -> dict[str, t.Any]:
    links = request.links(f"/groups/{GROUP_ID}", *_LINKS)
    return {"title": "Admin", "p_admin": "1", "links": links, "id": str(GROUP_ID)}


def _shape_list_group(row: sqlite3.Row) -> dict[str, str]:
    return {"listid": str(row["list"]), "groupid": str(row["user_group"]), "id": str(row["id"])}
