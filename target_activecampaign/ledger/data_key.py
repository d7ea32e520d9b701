"""Owns the ledger's row about itself: its account, and the data key that the API key opens.

Must not know what the data key is used for.
"""

from __future__ import annotations

import contextlib
import typing as t

import sqlalchemy as sa

from target_activecampaign.errors import SettingsError
from target_activecampaign.ledger.crypto import WrappedKey, WrongKeyError, new_data_key, unwrap, wrap
from target_activecampaign.ledger.opening import open_database
from target_activecampaign.ledger.problems import unusable
from target_activecampaign.ledger.schema import META

if t.TYPE_CHECKING:
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.database import Database


def new_meta(account: str, api_key: Secret) -> dict[str, object]:
    """Make a new ledger's row about itself, without its version."""
    wrapped = wrap(new_data_key(), api_key)
    return {"account": account, "salt": wrapped.salt, "wrapped_key": wrapped.token}


def data_key_of(database: Database, account: str, api_key: Secret) -> bytes:
    """Return the data key of a ledger.

    Raises:
        SettingsError: If the ledger is of another account, or another API key opens it.
    """
    wrapped = _wrapped_key_of(database, account)
    try:
        return unwrap(wrapped, api_key)
    except WrongKeyError:
        raise unusable(
            "this ledger was made with another api_key. If the key was renewed, put the old one into the "
            "environment variable TARGET_ACTIVECAMPAIGN_OLD_API_KEY and call `target-activecampaign ledger "
            "rekey`; if the old one is lost, name another ledger, and everything is sent once more"
        ) from None


def rekey(url: Secret, *, account: str, old_api_key: Secret, api_key: Secret) -> bool:
    """Let another API key open a ledger, by encrypting its data key anew. The rest of it stays as it is.

    Returns:
        Whether that was needed; not where the new key opens the ledger already.

    Raises:
        SettingsError: If the old key does not open the ledger, or the URL can't be used.
        LedgerError: If it can't be written.
    """
    with contextlib.closing(open_database(url, read_only=False, new_meta=None)) as database:
        wrapped = _wrapped_key_of(database, account)
        if _opens(wrapped, api_key):
            return False
        try:
            again = wrap(unwrap(wrapped, old_api_key), api_key)
        except WrongKeyError:
            problem = (
                "TARGET_ACTIVECAMPAIGN_OLD_API_KEY: the ledger does not open with this key either; write the "
                "api_key of the last run that used it. Nothing was changed"
            )
            raise SettingsError([problem]) from None
        with database.transaction() as connection:
            connection.execute(sa.update(META).values(salt=again.salt, wrapped_key=again.token))
    return True


def _wrapped_key_of(database: Database, account: str) -> WrappedKey:
    meta = database.read(sa.select(META))[0]
    if meta.account != account:
        raise unusable(
            f"this ledger is of the account {meta.account}, and the run is for {account}; "
            "name a ledger of its own for each account"
        )
    return WrappedKey(meta.salt, meta.wrapped_key)


def _opens(wrapped: WrappedKey, api_key: Secret) -> bool:
    try:
        unwrap(wrapped, api_key)
    except WrongKeyError:
        return False
    return True
