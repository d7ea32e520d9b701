"""Hashes and encrypted addresses belong to one data key."""

from __future__ import annotations

import typing as t

import pytest
from support.ledgers import (
    OpenLedger,
    address_of,
)

from target_activecampaign.ledger.crypto import Cipher, DamagedAddressError, new_data_key

if t.TYPE_CHECKING:
    from pathlib import Path


def test_two_ledgers_have_nothing_in_common(tmp_path: Path) -> None:
    ledgers = [OpenLedger(f"sqlite:///{tmp_path / name}") for name in ("one.db", "two.db")]
    identities = {opening().identity(address_of("ada")) for opening in ledgers}
    assert len(identities) == 2
    assert len({opening().fingerprint(b"a") for opening in ledgers}) == 2
    for opening in ledgers:
        opening.close_all()


def test_an_address_is_encrypted_differently_each_time_and_opens_with_its_own_key_and_identity_alone() -> (
    None
):
    cipher, other = Cipher(new_data_key()), Cipher(new_data_key())
    ada, bo = address_of("ada"), address_of("bo")
    sealed = cipher.seal_address(ada)
    assert sealed != cipher.seal_address(ada)
    assert cipher.open_address(sealed, cipher.identity(ada)) == ada
    with pytest.raises(DamagedAddressError):
        cipher.open_address(sealed, cipher.identity(bo))
    with pytest.raises(DamagedAddressError):
        other.open_address(sealed, other.identity(ada))


def test_an_address_a_record_and_what_is_sent_have_hashes_of_their_own() -> None:
    cipher = Cipher(new_data_key())
    assert len({cipher.identity("a"), cipher.source_key(b"a"), cipher.fingerprint(b"a")}) == 3
    assert len(cipher.source_key(b"a")) == 16
