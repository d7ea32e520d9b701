"""Owns what becomes of a database driver's errors: their texts may quote a password or an address.

So no text of a driver is shown. A cause that is known is said in our words, any other by its class alone.
"""

from __future__ import annotations

import contextlib
import typing as t

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from target_activecampaign.errors import LedgerError

if t.TYPE_CHECKING:
    from collections.abc import Iterator

# Part of a driver's text, and what that means for a reader.
_KNOWN_CAUSES = {
    "database or disk is full": "the disk of its file is full; make room",
    "database is locked": "another process holds it locked; wait until it has ended",
    "statement timeout": "the server's statement_timeout ended it; allow the ledger's user more time",
    "transaction timeout": "the server's transaction_timeout ended it; allow the ledger's user more time",
    "lock timeout": "another process holds its tables locked, for longer than the server's lock_timeout; "
    "wait for it",
    "due to user request": "another process holds its tables locked; wait for it",  # see `Database`
    "disk image is malformed": "the file is damaged; delete it, and everything is sent once more",
    "file is not a database": "the file is damaged or no ledger; name another in ledger_url",
    "readonly database": "it may not be written to; give this user the right",
    "read-only transaction": "it may not be written to; give this user the right",
    "disk I/O error": "the disk of its file fails; look at it, or name another place in ledger_url",
    "unable to open database file": "the file can't be opened; look at its folder and at the rights",
    "password authentication failed": "the server refuses the user or the password; look at ledger_url",
    "no password supplied": "the server wants a password; write it into ledger_url",
    "no pg_hba.conf entry": "the server refuses connections from here; allow them in its pg_hba.conf",
    "permission denied": "the user has no right to it; grant it",
    "unsupported startup parameter": "a pooler stands before the server; name the server itself",
    "idle-session timeout": "the server ended the session because it was idle; run again",
    "Connection refused": "no server listens there; look at host and port in ledger_url",
    "resolve host name": "the host is not known; look at it in ledger_url",
    "translate host name": "the host is not known; look at it in ledger_url",
    "no schema has been selected": "the schema of the search_path does not exist; make it",
    "does not exist": "the database or the user does not exist; make it, or look at ledger_url",
    "timeout expired": "the server does not answer; look at host and port in ledger_url",
    "connection is closed": "the connection was lost; look at the server, then run again",
    "closed the connection": "the connection was lost; look at the server, then run again",
    "terminating connection": "the server ended the connection; run again",
}


@contextlib.contextmanager
def translated(done: str) -> Iterator[None]:
    """Turn a driver's errors into ours.

    Args:
        done: Names what failed, in the sentence "the ledger can't be …", like `read`.

    Raises:
        LedgerError: Instead of a driver's error.
    """
    try:
        yield
    except (SQLAlchemyError, UnicodeError, OverflowError) as error:
        raise LedgerError(f"the ledger can't be {done}: {cause_of(error)}") from None


def is_locked(error: Exception) -> bool:
    """Tell whether SQLite refused because another connection holds a lock."""
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)


def cause_of(error: Exception) -> str:
    """Return the cause of an error in our words, or else the name of its class."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = str(cause)
    known = (meaning for part, meaning in _KNOWN_CAUSES.items() if part in text)
    return next(known, type(cause).__name__)
