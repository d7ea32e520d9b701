"""Owns how a ledger that can't be used is refused: as a problem of the setting `ledger_url`."""

from __future__ import annotations

import typing as t

from target_activecampaign.errors import NoLedgerError, SettingsError

if t.TYPE_CHECKING:
    from pathlib import Path


def unusable(problem: str) -> SettingsError:
    """Make the error about a ledger that can't be used.

    Args:
        problem: Names the cause and the remedy, and no value that may be secret.
    """
    return SettingsError([f"ledger_url: {problem}"])


def no_ledger_there(path: Path | None = None) -> NoLedgerError:
    """Make the error about a ledger that has to exist and does not.

    Args:
        path: The file that it would be; `None` for a database, whose name stands beside its password.
    """
    where = "the database has none of its tables"
    if path is not None:
        where = f"no file {str(path)!r} (a relative path starts in the working folder)"
    problem = f"there is no ledger there, {where}; correct it, or let a run make one"
    return NoLedgerError([f"ledger_url: {problem}"])
