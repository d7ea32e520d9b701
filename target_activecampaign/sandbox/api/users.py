"""Owns `users`: the one user that the account has."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api import errors
from target_activecampaign.sandbox.api.paging import paged
from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import ApiRequest

USER = {"username": "sandbox", "firstName": "Sandbox", "lastName": "User", "email": "user@sandbox.example"}
USER_ID = 1
# Keys that recorded users have; their values are assumed.
_FURTHER = {"lang": "english", "localZoneid": "America/Panama", "mfaEnabled": "0", "roles": []}
_LINKS = ("lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs")


def show_me(request: ApiRequest) -> ApiResponse:
    """Handle `GET /users/me` (users reference)."""
    return ApiResponse(200, {"user": _shape_user(request)})


def list_users(request: ApiRequest) -> ApiResponse:
    """Handle `GET /users`."""
    return paged(request, "users", [_shape_user(request)])


def show_user(request: ApiRequest) -> ApiResponse:
    """Handle `GET /users/{id}`."""
    return show_me(request) if request.id == USER_ID else errors.no_result("User", request.id)


def find_user(request: ApiRequest) -> ApiResponse:
    """Handle `GET /users/email/{email}` and `GET /users/username/{username}`; the 404 is assumed."""
    is_known = all(value == USER[name] for name, value in request.path.items())
    return show_me(request) if is_known else errors.not_found("User not found")


def _shape_user(request: ApiRequest) -> dict[str, t.Any]:
    links = request.links(f"/users/{USER_ID}", *_LINKS)
    return {**USER, "phone": "", "signature": None, **_FURTHER, "links": links, "id": str(USER_ID)}
