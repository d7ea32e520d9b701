"""Status codes: whether a response is usable, worth another try, or stops the run. Pure.

Owns the meaning of HTTP statuses and of the headers for rate limits. It must not know the values that an
endpoint returns, nor when a request is tried again: `retry` does.
"""

from __future__ import annotations

import email.utils
import typing as t
from http import HTTPStatus

from target_activecampaign.api.responses import MOST_TRIES_REFUSED, TryAgainError
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Response

_DEFAULT_RETRY_AFTER_SECONDS = 1.0
_MAX_RETRY_AFTER_SECONDS = 120.0
_MAX_WINDOW_DIGITS = 6


def check_status(response: Response) -> None:
    """Let a 2xx pass.

    Raises:
        TryAgainError: If another try may succeed.
        ServiceError: If none will.
    """
    status = response.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TryAgainError(
            "HTTP 429, the account's rate limit was reached",
            limit="requests",
            pause_seconds=_read_retry_after(response),
        )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise TryAgainError(
            f"HTTP {status}, the key was refused", most_tries=MOST_TRIES_REFUSED, is_refusal=True
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise TryAgainError(f"HTTP {status}")
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise ServiceError(
            f"{response.endpoint}: HTTP {status}, which no further try will change. "
            "Check the setting hostname"
        )


def read_window(text: str) -> int:
    """Return the requests that the header `RateLimit-Limit` allows; 0 where it can't be read."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_WINDOW_DIGITS else 0


def _read_retry_after(response: Response) -> float:
    """Return the seconds of the header `Retry-After`, clamped, so that no value parks the run."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_between(response.headers.get("Date", ""), text)
    if not seconds >= _DEFAULT_RETRY_AFTER_SECONDS:  # NaN is not, either
        return _DEFAULT_RETRY_AFTER_SECONDS
    return min(seconds, _MAX_RETRY_AFTER_SECONDS)


def _seconds_between(now: str, moment: str) -> float:
    """Return the seconds between two HTTP dates, both of the service's clock; 0 where one is none."""
    try:
        waited = email.utils.parsedate_to_datetime(moment) - email.utils.parsedate_to_datetime(now)
        return waited.total_seconds()
    except (TypeError, ValueError, OverflowError):
        return 0.0
