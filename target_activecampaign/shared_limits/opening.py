"""Owns the way from the setting `rate_limit_url` to the server that keeps an account's document."""

from __future__ import annotations

import hashlib
import hmac
import typing as t

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from target_activecampaign.errors import Problem, SettingsError
from target_activecampaign.installation import how_to_add_extra
from target_activecampaign.shared_limits.server import ServerError

if t.TYPE_CHECKING:
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.shared_limits.server import Server

# Known to everybody: it only keeps apart what is hashed for another purpose.
_PURPOSE = b"target-activecampaign: limits of an account, version 1"
_REDIS = ("redis://", "rediss://")
_EXAMPLES = "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or redis://:PASSWORD@HOST:6379/0"


def account_id(host: str) -> str:
    """Return what stands for an account on the server: an HMAC of its host, without its name or a key.

    Runs of an account may have keys of different users, which ActiveCampaign counts together, so no key is
    in it. There is no other secret that all of them share and that outlives the server's memory, so the
    HMAC's key is this program's: the name is in no log or list of the server's keys, but somebody who reads
    the server and guesses the host can tell that it is that. Behind it are counts and moments, no more.
    """
    return hmac.new(_PURPOSE, host.casefold().encode(), hashlib.sha256).hexdigest()[:40]


def open_server(url: Secret, host: str, *, setting: str = "rate_limit_url") -> Server:
    """Return the server of a URL; it connects with the first question.

    Args:
        url: Of PostgreSQL or Redis.
        host: Of the account.
        setting: Which one holds the URL.

    Raises:
        SettingsError: If it is no URL of these, or its driver is not installed.
    """
    text, account = url.reveal(), account_id(host)
    try:
        if text.startswith(_REDIS):
            from target_activecampaign.shared_limits.redis_server import RedisDocument  # noqa: PLC0415 - an extra

            return RedisDocument(text, account)
        from target_activecampaign.shared_limits.postgres import PostgresDocument  # noqa: PLC0415 - 0.1 s

        return PostgresDocument(_postgres_url(text), account)
    except ModuleNotFoundError:
        extra, name = ("redis", "Redis") if text.startswith(_REDIS) else ("postgres", "PostgreSQL")
        fix = f"install it: {how_to_add_extra(extra)}"
        raise SettingsError([Problem(setting, f"{name} needs a driver", fix)]) from None
    except (ArgumentError, ValueError, ServerError):
        raise SettingsError([Problem(setting, "is no URL of a server", f"Write {_EXAMPLES}")]) from None


def _postgres_url(text: str) -> sa.URL:
    url = sa.make_url(text)
    backend, _, driver = url.drivername.partition("+")
    if backend not in {"postgresql", "postgres"} or driver not in {"", "psycopg"}:
        raise ValueError
    return url.set(drivername="postgresql+psycopg")
