"""Owns the answers to requests for what the sandbox does not emulate."""

from __future__ import annotations

import typing as t

from target_activecampaign.sandbox.api.paging import paged
from target_activecampaign.sandbox.api.response import ApiResponse

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.api.request import ApiRequest

VERSION_1_PATH = "/admin/api.php"
_REFUSAL = (
    "The sandbox emulates API v3, below /api/3, and this request is for API v1. "
    "Use a client of API v3, or an account of ActiveCampaign."
)
VERSION_1 = ApiResponse(404, {"result_code": 0, "result_message": _REFUSAL, "message": _REFUSAL})
"""The refusal of API v1, in the keys in which its clients look for a message; the status is our own."""


def list_accounts(request: ApiRequest) -> ApiResponse:
    """Handle `GET /accounts`: none, since clients test their connection by it."""
    return paged(request, "accounts", [])


def unknown_path(_request: ApiRequest) -> ApiResponse:
    """Refuse a path that is not emulated: 404 (error reference), with a detail that says so."""
    return ApiResponse(
        404, {"errors": [{"status": 404, "title": "Not Found", "detail": "not emulated by the sandbox"}]}
    )


def unknown_method(_request: ApiRequest) -> ApiResponse:
    """Refuse a method that a path does not take: 405 (assumed)."""
    return ApiResponse(405, {"errors": [{"status": 405, "title": "Method Not Allowed"}]})
