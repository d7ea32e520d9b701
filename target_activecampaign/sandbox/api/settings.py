"""Owns `settings/account` and the API's root."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api.response import ApiResponse
from target_activecampaign.sandbox.api.users import USER

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import ApiRequest


def show_root(_request: ApiRequest) -> ApiResponse:
    """Handle `GET /`: a client in the field checks keys by it and wants 200 (seen). The body is assumed."""
    return ApiResponse(200, {"version": "3"})


def show_account(request: ApiRequest) -> ApiResponse:
    """Handle `GET /settings/account` (reference: a flat object in which limit and total are integers)."""
    body = {
        "account": "sandbox.example",
        "email": USER["email"],
        "first_name": USER["firstName"],
        "last_name": USER["lastName"],
        "cname": "",
        "status": "none",
        "subscriber_limit": request.account.contact_limit,
        "subscriber_total": request.account.reported_total,
        "trial": False,
        "credits": None,
        "branding": True,
    }
    return ApiResponse(200, body, {"Cache-Control": "private"})
