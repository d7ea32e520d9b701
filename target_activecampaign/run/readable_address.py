"""Owns how an address of the ledger is read: one that can't be, or not for sure, takes nobody off a list."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.contacts.email_address import normalise_email

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


def identity_of_leaver(person: SealedPerson) -> str | None:
    """Return the identity of somebody who is to leave a list; one of an older form is said, and left out.

    The person may have come in this run under the identity that the address has now.

    Raises:
        LedgerError: If the ledger can't be read.
    """
    email = readable_address(person)
    if email is not None and normalise_email(email) != email:
        logger.warning(
            "ledger_url: an earlier version noted a member by an address whose domain is not in ASCII, so "
            "this one stays on the list. To remove it: target-activecampaign ledger forget --addresses "
            "--members",
        )
        return None
    return email
