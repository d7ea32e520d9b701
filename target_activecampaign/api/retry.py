"""Retries: how often and when a request is tried again.

Owns the loop around a request, its bounds and its pauses. It must not know endpoints, or which responses are
worth another try: `responses` raises `TryAgainError`.

- HTTP 429 holds every request of the run back, for the time that the service says.
- The importer's refusal for its rate holds all imports back, for a time that doubles.
- After any other failure the request waits for up to a second, then 2, 4 and so on up to a minute, at random,
  so that threads that failed together do not come back together.

`docs/design/rate-limits.md` has the bounds on a page.
"""

from __future__ import annotations

import logging
import random
import typing as t
from collections import Counter

from target_activecampaign.api.responses import MOST_TRIES, TryAgainError
from target_activecampaign.errors import NotPermittedError, ServiceError
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.api.responses import Cause

logger = logging.getLogger(__name__)

MOST_SECONDS = 900.0
"""Seconds after which a request is given up, waits for rate limits included."""

_SHORTEST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0

_T = t.TypeVar("_T")


def retry(  # noqa: PLR0913 - each option by its name
    attempt: Callable[[], _T],
    rate_limiter: RateLimiter,
    endpoint: str,
    *,
    most_tries: int = MOST_TRIES,
    most_seconds: float = MOST_SECONDS,
    pause: Callable[[float], None] | None = None,
    is_optional: bool = False,
) -> _T:
    """Repeat an attempt until it returns, within bounds of tries and of time.

    Args:
        attempt: Waits for its permit, sends the request and reads the response.
        rate_limiter: Holds other requests back where a limit was reached.
        endpoint: Stands in logs and errors.
        most_tries: Failures after which to give up; waits for a rate limit don't count.
        most_seconds: Seconds after which to give up.
        pause: Waits between two tries; the rate limiter's pause by default.
        is_optional: Whether the run may go on without the answer: the caller says a failure, once.

    Raises:
        ServiceError: If no usable response came within the bounds.
        StoppedError: If the run stops meanwhile.
    """
    pause = pause or rate_limiter.pause
    clock = rate_limiter.clock
    started = clock.now()
    failures = _Failures(most_tries)
    while True:
        try:
            return attempt()
        except TryAgainError as error:  # noqa: PERF203 - the loop is for failures
            failures.add(error)
            seconds = clock.now() - started
            # A wait that is longer than all that the caller grants is not begun.
            is_too_long = seconds >= most_seconds or error.pause_seconds > most_seconds
            if is_too_long or failures.are_too_many(error):
                raise _give_up(endpoint, error, failures.tries, seconds) from None
            logger.log(_level(is_optional=is_optional), "%s: %s; trying again", endpoint, error)
            if error.limit is None:
                pause(_pause_seconds(failures.tries))
            else:
                _hold_others_back(rate_limiter, error)


class _Failures:
    """Counts the failed tries of one request.

    Attributes:
        tries: All of them, waits for a rate limit included.
    """

    def __init__(self, most_tries: int) -> None:
        self.tries = 0
        self._most_tries = min(MOST_TRIES, most_tries)
        self._counted: Counter[int] = Counter()  # by how many failures of the kind end the request

    def add(self, error: TryAgainError) -> None:
        self.tries += 1
        if error.limit is None:
            self._counted[error.most_tries] += 1

    def are_too_many(self, error: TryAgainError) -> bool:
        """Return whether a failure is the last of its kind, or of all, that may be tried again."""
        if error.limit is not None:
            return False
        is_last_of_kind = self._counted[error.most_tries] >= error.most_tries
        return is_last_of_kind or self._counted.total() >= self._most_tries


def _hold_others_back(rate_limiter: RateLimiter, error: TryAgainError) -> None:
    if error.limit == "imports":
        rate_limiter.back_off_imports()
    else:
        rate_limiter.hold_requests(error.pause_seconds)


def _pause_seconds(tries: int) -> float:
    """Return a random pause, whose upper end doubles with each try."""
    most = min(_LONGEST_PAUSE_SECONDS, 2.0 ** min(tries - 1, 10))
    return random.uniform(_SHORTEST_PAUSE_SECONDS, most)  # noqa: S311 - keeps threads apart, hides nothing


def _level(*, is_optional: bool) -> int:
    return logging.DEBUG if is_optional else logging.INFO


def _give_up(endpoint: str, error: TryAgainError, tries: int, seconds: float) -> ServiceError:
    kind = NotPermittedError if error.cause in {"key", "rights"} else ServiceError
    fix = _remedy(error)
    return kind(
        f"{_first_words(error)}. Gave up after {counted(tries, 'try', 'tries')} in {seconds:.0f} s "
        f"({endpoint}). {fix}, then run again",
        cause=str(error),
        matter="limit" if error.limit else error.cause,
        fix=fix,
    )


def _first_words(error: TryAgainError) -> str:
    words = str(error)
    return f"ActiveCampaign answered {words}" if words.startswith("HTTP") else words[:1].upper() + words[1:]


def _remedy(error: TryAgainError) -> str:
    if error.limit is not None:
        return "Check what else uses the account (settings requests_per_second, imports_per_minute)"
    return error.remedy or _REMEDIES[error.cause]


_REMEDIES: dict[Cause, str] = {
    "service": "It answered, so the fault is most likely its own: wait a while",
    "key": "Check the key and the host (settings api_key, hostname)",
    "rights": (
        "Look at the rights of the key's user in ActiveCampaign, or use an administrator's key (api_key)"
    ),
    "web page": "Check that hostname is the account's API URL, and the key (settings hostname, api_key)",
    "name": "Check the setting hostname for a misspelling, and this machine's name resolution (DNS)",
    "connection": "Check this machine's network and firewall, and the host (setting hostname)",
    "proxy": "Check the proxy (environment variables HTTPS_PROXY, ALL_PROXY, NO_PROXY)",
    "certificate": (
        "Check who vouches for the host's certificate (where a proxy opens TLS, REQUESTS_CA_BUNDLE has to "
        "name a file with its authority), this machine's date, and the host (setting hostname)"
    ),
    "time-out": "Check the network, or allow more time (setting request_timeout)",
}
