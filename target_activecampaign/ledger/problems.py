"""Owns how a ledger that can't be used is refused: as a problem of the setting `ledger_url`."""

from __future__ import annotations

from target_activecampaign.errors import SettingsError


def unusable(problem: str) -> SettingsError:
    """Make the error about a ledger that can't be used.

    Args:
        problem: Names the cause and the remedy, and no value that may be secret.
    """
    return SettingsError([f"ledger_url: {problem}"])


def no_ledger_there() -> SettingsError:
    """Make the error about a ledger that has to exist and does not."""
    return unusable("there is no ledger there (a relative path starts in the working folder)")
