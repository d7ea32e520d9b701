"""What keeps a ledger from telling whose it is: keyed hashes, encrypted addresses, a wrapped key.

Owns the data key, from which all other keys come. It is random, made once for each ledger, and kept in it
wrapped with the API key, so that neither a copy of the ledger nor a dictionary of addresses says anything to
somebody who lacks the API key. Knows nothing of tables.
"""

from __future__ import annotations

import base64
import hashlib
import os
import typing as t

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from target_activecampaign.storage.keyed_hash import KeyedHash

if t.TYPE_CHECKING:
    from target_activecampaign.config.secret import Secret

_KEY_BYTES = 32
_SALT_BYTES = 16
# 16 MiB and some 50 ms, once a run. A real API key is random: this spoils guessing at weak ones.
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class WrongKeyError(Exception):
    """What is encrypted was encrypted with another key, or is damaged."""


class WrappedKey(t.NamedTuple):
    """A data key as it is stored.

    Attributes:
        salt: Of the key that wraps it, 16 bytes.
        token: The data key, encrypted; ASCII.
    """

    salt: bytes
    token: str


def new_data_key() -> bytes:
    """Make the key of a new ledger, 32 random bytes."""
    return os.urandom(_KEY_BYTES)


def wrap(data_key: bytes, api_key: Secret) -> WrappedKey:
    """Encrypt a data key for who has the API key."""
    salt = os.urandom(_SALT_BYTES)
    return WrappedKey(salt, _wrapping(api_key, salt).encrypt(data_key).decode("ascii"))


def unwrap(wrapped: WrappedKey, api_key: Secret) -> bytes:
    """Return the data key.

    Raises:
        WrongKeyError: If it was wrapped with another API key.
    """
    try:
        return _wrapping(api_key, wrapped.salt).decrypt(wrapped.token)
    except InvalidToken:
        raise WrongKeyError from None


def _wrapping(api_key: Secret, salt: bytes) -> Fernet:
    derived = Scrypt(salt=salt, length=_KEY_BYTES, **_SCRYPT).derive(api_key.reveal().encode())
    return Fernet(base64.urlsafe_b64encode(derived))


class Cipher:
    """What a ledger does with its data key. Safe to use from several threads.

    Attributes:
        fingerprint: Hashes what is sent of a contact, 16 bytes; without a key it could be found again by
            trying names and numbers.
    """

    def __init__(self, data_key: bytes) -> None:
        self._data_key = data_key
        self._identities = KeyedHash(self._subkey(b"identity"))
        self.fingerprint = KeyedHash(self._subkey(b"fingerprint"))
        self._addresses = Fernet(base64.urlsafe_b64encode(self._subkey(b"address")))

    def identity(self, email: str) -> bytes:
        """Hash an address, 16 bytes."""
        return self._identities(email.encode())

    def seal_address(self, email: str) -> str:
        """Encrypt an address; ASCII, different each time."""
        return self._addresses.encrypt(email.encode()).decode("ascii")

    def open_address(self, sealed: str, identity: bytes) -> str:
        """Decrypt an address and see that it belongs to its row.

        Raises:
            WrongKeyError: If it is damaged, or the address of somebody else.
        """
        try:
            email = self._addresses.decrypt(sealed).decode()
        except InvalidToken:
            raise WrongKeyError from None
        if self.identity(email) != identity:
            raise WrongKeyError
        return email

    def number_for(self, name: str) -> int:
        """A number that stands for a name in this ledger alone; 64 bits with a sign, as PostgreSQL counts."""
        hashed = hashlib.blake2b(name.encode(), key=self._subkey(b"number"), digest_size=8)
        return int.from_bytes(hashed.digest(), "big", signed=True)

    def _subkey(self, purpose: bytes) -> bytes:
        return hashlib.blake2b(purpose, key=self._data_key, digest_size=_KEY_BYTES).digest()
