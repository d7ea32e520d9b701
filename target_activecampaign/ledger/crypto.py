"""Owns the ledger's cryptography: keyed hashes, encrypted addresses, and the data key behind both.

The data key is random, made once for each ledger, and stored in it encrypted with the API key. Without the
API key neither a copy of the ledger nor a dictionary of addresses says who is in it. A drawing of the keys:
`docs/design/ledger.md`. Must not know tables.
"""

from __future__ import annotations

import base64
import hashlib
import os
import typing as t

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from target_activecampaign.errors import LedgerError
from target_activecampaign.storage.keyed_hash import KeyedHash

if t.TYPE_CHECKING:
    from target_activecampaign.config.secret import Secret

_KEY_BYTES = 32
_SALT_BYTES = 16
# 16 MiB and some 50 ms, once a run. A real API key is random: this spoils guessing at weak ones.
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class WrongKeyError(Exception):
    """A key does not decrypt what it is used on, or the encrypted text is damaged."""


class DamagedAddressError(LedgerError):
    """One stored address can't be decrypted, or is not that of its row; the rest of the ledger is usable."""

    def __init__(self) -> None:
        super().__init__(
            "the ledger can't be read: the address of a member is damaged; restore the ledger from a copy"
        )


class WrappedKey(t.NamedTuple):
    """A data key as it is stored.

    Attributes:
        salt: Of the key that encrypts it, 16 bytes.
        token: The data key, encrypted; ASCII.
    """

    salt: bytes
    token: str


def new_data_key() -> bytes:
    """Make the data key of a new ledger, 32 random bytes."""
    return os.urandom(_KEY_BYTES)


def wrap(data_key: bytes, api_key: Secret) -> WrappedKey:
    """Encrypt a data key, so that the API key alone decrypts it."""
    salt = os.urandom(_SALT_BYTES)
    return WrappedKey(salt, _wrapping(api_key, salt).encrypt(data_key).decode("ascii"))


def unwrap(wrapped: WrappedKey, api_key: Secret) -> bytes:
    """Decrypt a data key.

    Raises:
        WrongKeyError: If it was encrypted with another API key.
    """
    try:
        return _wrapping(api_key, wrapped.salt).decrypt(wrapped.token)
    except InvalidToken:
        raise WrongKeyError from None


def _wrapping(api_key: Secret, salt: bytes) -> Fernet:
    derived = Scrypt(salt=salt, length=_KEY_BYTES, **_SCRYPT).derive(api_key.reveal().encode())
    return Fernet(base64.urlsafe_b64encode(derived))


class Cipher:
    """Hashes and encrypts with keys that come from one data key. Safe to use from several threads.

    Attributes:
        fingerprint: Returns the hash of all that is sent for a contact, 16 bytes. It has a key, since a hash
            without one could be found again by trying names and numbers.
        source_key: Returns the hash of the values of a record's key properties, 16 bytes.
    """

    def __init__(self, data_key: bytes) -> None:
        self._data_key = data_key
        self._identities = KeyedHash(self._subkey(b"identity"))
        self.fingerprint = KeyedHash(self._subkey(b"fingerprint"))
        self.source_key = KeyedHash(self._subkey(b"source key"))
        self._addresses = Fernet(base64.urlsafe_b64encode(self._subkey(b"address")))

    def identity(self, email: str) -> bytes:
        """Return the hash of an address, 16 bytes."""
        return self._identities(email.encode())

    def seal_address(self, email: str) -> str:
        """Encrypt an address. The result is ASCII, and differs each time."""
        return self._addresses.encrypt(email.encode()).decode("ascii")

    def open_address(self, sealed: str, identity: bytes) -> str:
        """Decrypt an address, and check that it belongs to its row.

        Raises:
            DamagedAddressError: If it is damaged, or belongs to another identity.
        """
        try:
            email = self._addresses.decrypt(sealed).decode()
        except (InvalidToken, ValueError):  # ValueError: text that is not ASCII
            raise DamagedAddressError from None
        if self.identity(email) != identity:
            raise DamagedAddressError
        return email

    def number_for(self, name: str) -> int:
        """Return a number that stands for a name in this ledger alone, signed, of 64 bits."""
        hashed = hashlib.blake2b(name.encode(), key=self._subkey(b"number"), digest_size=8)
        return int.from_bytes(hashed.digest(), "big", signed=True)

    def _subkey(self, purpose: bytes) -> bytes:
        return hashlib.blake2b(purpose, key=self._data_key, digest_size=_KEY_BYTES).digest()
