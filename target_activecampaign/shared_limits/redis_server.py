"""Owns the document of shared limits on a Redis server: one hash for each account."""

from __future__ import annotations

import typing as t

import redis

from target_activecampaign.shared_limits.server import ANSWER_SECONDS, Kept, ServerError

_PREFIX = "target-activecampaign:shared-limits:"
_READ = "return {redis.call('TIME'), redis.call('HMGET', KEYS[1], 'version', 'document')}"
_WRITE = """
local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'document', ARGV[2])
redis.call('EXPIRE', KEYS[1], 604800)
return 1
"""
# A server that started so lately may have had a document before, which it did not keep.
_YOUNG_SECONDS = 120
_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (redis.exceptions.AuthenticationError, "", "it refuses the user or the password"),
    (redis.exceptions.ResponseError, "NOAUTH", "it wants a password"),
    (redis.exceptions.ResponseError, "WRONGPASS", "it refuses the user or the password"),
    (
        redis.exceptions.NoPermissionError,
        "",
        "the user has no right to EVAL, HGET, HMGET, HSET, TIME or INFO",
    ),
    (redis.exceptions.ReadOnlyError, "", "it may not be written to; name the primary server"),
    (redis.exceptions.OutOfMemoryError, "", "its memory is full"),
    (redis.exceptions.BusyLoadingError, "", "it is starting"),
    (redis.exceptions.TimeoutError, "", "it gives no answer in time"),
    (redis.exceptions.ConnectionError, "Name or service not known", "its host is not known"),
    (redis.exceptions.ConnectionError, "refused", "no server listens there"),
)


class RedisDocument:
    """The document of one account on a Redis server. It connects with the first question."""

    def __init__(self, url: str, account: str) -> None:
        """Prepare.

        Args:
            url: `redis://…`, `rediss://…` or `unix://…`.
            account: Stands for the account.

        Raises:
            ServerError: If the URL can't be read.
        """
        self._key = _PREFIX + account
        try:
            self._redis = redis.Redis.from_url(
                url,
                socket_timeout=ANSWER_SECONDS,
                socket_connect_timeout=ANSWER_SECONDS,
                # A question is asked again by those who ask it, who know for how long.
                retry=None,
                retry_on_timeout=False,
            )
        except ValueError:
            raise ServerError("it is no URL; write redis://:PASSWORD@HOST:6379/0") from None

    def read(self) -> Kept:
        """Return the document and the time.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """
        try:
            (seconds, microseconds), (version, document) = self._eval(_READ)
            forgot = document is None and self._is_young()
        except redis.exceptions.RedisError as error:
            raise ServerError(_cause_of(error)) from None
        now = int(seconds) + int(microseconds) / 1e6
        return Kept(int(version or 0), document, now, may_have_forgotten=forgot)

    def write(self, version: int, document: bytes) -> bool:
        """Replace the document of a version; returns whether it still was of that version.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """
        try:
            return bool(self._eval(_WRITE, str(version), document))
        except redis.exceptions.RedisError as error:
            raise ServerError(_cause_of(error)) from None

    def close(self) -> None:
        """End the connection."""
        self._redis.close()

    def _eval(self, script: str, *values: str | bytes) -> t.Any:  # noqa: ANN401 - as the script returns it
        return self._redis.eval(script, 1, self._key, *values)

    def _is_young(self) -> bool:
        about = self._redis.info("server")
        return int(about.get("uptime_in_seconds", 0)) < _YOUNG_SECONDS


def _cause_of(error: Exception) -> str:
    """Return the cause of an error in our words: its text may quote the URL."""
    text = str(error)
    known = (words for kind, part, words in _CAUSES if isinstance(error, kind) and part in text)
    return next(known, f"the connection was lost ({type(error).__name__})")
