"""Owns how an address of the ledger is read: one that is damaged ends no run, and takes nobody off a list."""

from __future__ import annotations

import logging
import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.ledger.sealed_person import SealedPerson

logger = logging.getLogger(__name__)


def readable_address(person: SealedPerson) -> str | None:
    """Return an address of the ledger; one that is damaged is left out, and said.

    Raises:
        LedgerError: If the ledger can't be read.
    """
    from target_activecampaign.ledger.crypto import DamagedAddressError  # noqa: PLC0415 - 0.2 s, as the ledger

    try:
        return person.email
    except DamagedAddressError:
        logger.warning(
            "ledger_url: the address of a member is damaged, so this one stays on the list. To remove the "
            "members: target-activecampaign ledger forget --list N --members; then run again",
        )
        return None
