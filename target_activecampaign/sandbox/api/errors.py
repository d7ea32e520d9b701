"""Owns the API's error responses (error reference, or the reference that is named)."""

from __future__ import annotations

from target_activecampaign.sandbox.api.response import ApiResponse

BAD_REQUEST = ApiResponse(400, {"errors": [{"status": 400, "title": "Bad Request"}]})
"""A body that is not JSON, or that lacks the object of its name."""
UNAUTHORIZED = ApiResponse(401, {"message": "Unauthorized"})
FORBIDDEN = ApiResponse(403, {"message": "Forbidden"})
"""A missing or wrong key; the status is documented, the body assumed (account settings reference)."""
LOGIN_PAGE = ApiResponse(
    200,
    b"<!DOCTYPE html><html><head><title>Login</title></head><body><form>Please log in</form></body></html>",
    {"content-type": "text/html; charset=UTF-8"},
)
"""The response to a wrong key that was seen in the field."""


def no_result(kind: str, item: int) -> ApiResponse:
    """Return the 404 of most single items, e.g. `No Result found for Subscriber with id 1`.

    That an item named by another one is reported in the same way is assumed.
    """
    return ApiResponse(404, {"message": f"No Result found for {kind} with id {item}"})


def not_found(detail: str) -> ApiResponse:
    """Return the 404 of links between items (contact tags reference)."""
    return ApiResponse(404, {"errors": [{"status": 404, "title": "Not Found", "detail": detail}]})


def missing_attribute(attribute: str) -> ApiResponse:
    """Return the 422 of a required attribute; the wording is assumed for all but contact tags."""
    return _attribute_error("Missing attribute", attribute)


def invalid_attribute(attribute: str) -> ApiResponse:
    """Return the 422 of a filter or an order that the resource does not have."""
    return _attribute_error("Invalid attribute", attribute)


def invalid(title: str, code: str, attribute: str) -> ApiResponse:
    """Return a 422 with a code, e.g. `duplicate` or `field_missing`."""
    source = {"pointer": f"/data/attributes/{attribute}"}
    return ApiResponse(422, {"errors": [{"title": title, "detail": "", "code": code, "source": source}]})


def duplicate_key(entry: str, key: str) -> ApiResponse:
    """Return the answer to a second item of one name, which the database refused; its status is assumed."""
    error = f"Duplicate entry '{entry}' for key '{key}'"
    return ApiResponse(422, {"message": "Could not process request", "error": error})


def too_many_requests(retry_after_seconds: int) -> ApiResponse:
    """Return the 429 of the rate limit (rate limits reference; its body is assumed)."""
    return ApiResponse(429, {"message": "Too Many Requests"}, {"Retry-After": str(retry_after_seconds)})


def _attribute_error(title: str, attribute: str) -> ApiResponse:
    source = {"pointer": f"/data/attributes/{attribute}"}
    return ApiResponse(422, {"errors": [{"status": 422, "title": title, "source": source}]})
