"""The API's error bodies (error reference; the subject's own page where one is named)."""

from __future__ import annotations

from target_activecampaign.sandbox.api.call import Answer


def no_result(kind: str, item: int) -> Answer:
    """404 as most single items answer it, e.g. `No Result found for Subscriber with id 1`."""
    return Answer(404, {"message": f"No Result found for {kind} with id {item}"})


def not_found(detail: str) -> Answer:
    """404 as links between items answer it (contact tags reference)."""
    return Answer(404, {"errors": [{"status": 404, "title": "Not Found", "detail": detail}]})


def missing(attribute: str) -> Answer:
    """422 for an attribute that must be there; the wording away from contact tags is assumed."""
    error = {
        "status": 422,
        "title": "Missing attribute",
        "source": {"pointer": f"/data/attributes/{attribute}"},
    }
    return Answer(422, {"errors": [error]})


def invalid(title: str, code: str, attribute: str) -> Answer:
    """422 with a code, e.g. `duplicate` or `field_missing`."""
    source = {"pointer": f"/data/attributes/{attribute}"}
    return Answer(422, {"errors": [{"title": title, "detail": "", "code": code, "source": source}]})


def related_missing(kind: str, item: int) -> Answer:
    """404 for an item that another one names and that is not there (assumed)."""
    return Answer(404, {"message": f"No Result found for {kind} with id {item}"})


FORBIDDEN = Answer(403, {"message": "Forbidden"})
"""A missing or wrong key; the status is documented, the body assumed (account settings reference)."""
UNAUTHORIZED = Answer(401, {"message": "Unauthorized"})
LOGIN_PAGE = Answer(
    200,
    b"<!DOCTYPE html><html><head><title>Login</title></head><body><form>Please log in</form></body></html>",
    {"content-type": "text/html; charset=UTF-8"},
)
"""What a wrong key was seen to get in the field."""


def too_many_requests(retry_after: int) -> Answer:
    """429 (rate limits reference; its body is assumed).

    Args:
        retry_after: Whole seconds.
    """
    return Answer(429, {"message": "Too Many Requests"}, {"Retry-After": str(retry_after)})
