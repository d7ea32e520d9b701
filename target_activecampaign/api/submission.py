"""Submissions: what the importer says to a batch (bulk importer reference), in any words. Pure."""

from __future__ import annotations

import json
import re
import typing as t
from http import HTTPStatus

from target_activecampaign.api.responses import (
    Accepted,
    ImportStatus,
    Refused,
    Response,
    TryAgainError,
    check_status,
    load_json,
    read_service_time,
)
from target_activecampaign.api.service_words import read_words, read_words_of

_RATE_WORDS = ("rate limit", "too many requests", "requested per minute")
_VALIDATION_MESSAGE = "json payload did not pass validation"
_NO_WORDS = frozenset({"false", "no"})
_ERROR_KEYS = ("failureReasons", "errors", "error")
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
# A batchId is a UUID in every example; this stands in logs, so it is not taken in any form.
_IMPORT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

NO_NAME = "the importer's answer has no batchId that can be read"

UNNAMED = ImportStatus("unreadable", is_readable=False)
"""The status of an import that nobody can ask for."""

_Json: t.TypeAlias = "dict[str, t.Any]"


def read_submission(response: Response, contacts: int) -> Accepted | Refused:
    """Return what the importer says to a batch.

    Args:
        response: To `POST /import/bulk_import`.
        contacts: How many were sent.

    Raises:
        TryAgainError: If nothing was queued for sure, and another try may be.
        ServiceError: If no further try will change that.
    """
    if response.status in _REFUSALS:
        return _read_refusal(response)
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused((), "HTTP 413: too large")
    check_status(response)
    content = _read_success(response)
    import_id = content.get("batchId")
    if isinstance(import_id, int) and not isinstance(import_id, bool):
        import_id = str(import_id)
    if isinstance(import_id, str) and _IMPORT_ID.fullmatch(import_id):
        return Accepted(import_id, _find_doubt(content, contacts), at=read_service_time(response) or 0.0)
    if _is_called_no_success(content) or any(content.get(key) for key in _ERROR_KEYS):
        return _read_refusal(response)
    return Accepted(None, NO_NAME, at=read_service_time(response) or 0.0)


def _read_success(response: Response) -> _Json:
    """Return the object of a 2xx answer, or an empty one: the batch may be queued, whatever it says.

    Raises:
        TryAgainError: If it is a web page: that comes with a bad key (seen), and from no importer.
    """
    try:
        content = load_json(response)
    except TryAgainError as error:
        if error.cause == "web page":
            raise
        return {}
    return content if isinstance(content, dict) else {}


def _find_doubt(content: _Json, contacts: int) -> str | None:
    """Return what the answer says against a batch that it takes; no count is read from `success` but 0."""
    said = content.get("queued_contacts")
    queued = _read_number(said)
    if queued is None and said is not None:
        return "how many contacts were queued can't be read"
    if queued is not None and queued < contacts:
        return "fewer contacts were queued than sent"
    if any(content.get(key) for key in _ERROR_KEYS):
        return "it was queued, with reasons of a failure"
    return "it was queued and called no success" if _is_called_no_success(content) else None


def _is_called_no_success(content: _Json) -> bool:
    says = [value for key, value in content.items() if key.casefold() == "success"]
    return any(str(value).strip().casefold() in _NO_WORDS or _read_number(value) == 0 for value in says)


def _read_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if value == value and abs(value) < 1e9 else None  # noqa: PLR0124, PLR2004 - NaN
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - contacts of a batch


def _read_refusal(response: Response) -> Refused:
    """Return for which contacts a batch was refused, in any words.

    Raises:
        TryAgainError: If the importer's rate limit is the reason.
    """
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError):
        content = None
    said = content if isinstance(content, dict) else {}
    message = str(said.get("message") or "").casefold()
    reasons = said.get("failureReasons")
    general = f"{message} {read_words(reasons).casefold()}" if not _positions(reasons) else message
    if any(words in general for words in _RATE_WORDS):
        raise TryAgainError("the importer's rate limit was reached", limit="imports")
    if message.startswith(_VALIDATION_MESSAGE):
        words = read_words(reasons) or "did not pass validation, no reason was given"
        return Refused(_positions(reasons), words)
    words = read_words_of(response.content) or "no reason was given"
    return Refused(
        _positions(reasons), f"HTTP {response.status}: {words}", is_about_contacts=bool(_positions(reasons))
    )


def _positions(reasons: object) -> tuple[int, ...]:
    items = list(reasons.values()) if isinstance(reasons, dict) and "contact" not in reasons else reasons
    items = items if isinstance(items, list) else [items]
    numbers = [_read_number(item.get("contact")) for item in items if isinstance(item, dict)]
    return tuple([number for number in numbers if number is not None])
