"""Opens ledgers in tests, and makes the addresses and fingerprints that fill them."""

from __future__ import annotations

import hashlib
import typing as t

import pytest

from target_activecampaign.config.secret import Secret
from target_activecampaign.ledger.ledger import Comparison, Ledger

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = "acme.api-us1.com"
KEY = "0123456789abcdef-the-key"


class OpenLedger:
    """Opens one ledger again and again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opened: list[Ledger] = []

    def __call__(
        self,
        *,
        account: str = ACCOUNT,
        key: str = KEY,
        now: int = 1_000,
        **options: t.Any,  # noqa: ANN401 - those of `Ledger.open`
    ) -> Ledger:
        ledger = Ledger.open(Secret(self.url), account=account, api_key=Secret(key), now=now, **options)
        self._opened.append(ledger)
        return ledger

    def once(self, *, keeps_people: bool = False) -> Ledger:
        """The ledger that is open already, or a new one."""
        return self._opened[0] if self._opened else self(keeps_people=keeps_people)

    def close_all(self) -> None:
        for ledger in self._opened:
            ledger.close()


def members_of(ledger: Ledger, list_id: int = 1, stream: str = "people") -> dict[str, int]:
    """Addresses of a stream's members to the time since which they are members."""
    identities = [one for some in ledger.member_identities(list_id, stream) for one in some]
    return {member.email: member.since for member in ledger.members(list_id, stream, identities)}


def fingerprint_of(text: str) -> bytes:
    """A fingerprint, 16 bytes."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def fingerprints_of(**contacts: str) -> dict[str, bytes]:
    """Addresses to fingerprints, from names to the text that is sent for each."""
    return {address_of(name): fingerprint_of(text) for name, text in contacts.items()}


def comparison_of(known: str = "", unchanged: str = "") -> Comparison:
    """What the ledger says of people, given as names with blanks between them."""
    known_ones, unchanged_ones = (frozenset(map(address_of, names.split())) for names in (known, unchanged))
    return Comparison(known_ones, unchanged_ones)


def address_of(name: str) -> str:
    return f"{name}@example.com"


def addresses_of(*names: str) -> set[str]:
    return {address_of(name) for name in names}


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres").new_url())


@pytest.fixture
def open_ledger(ledger_url: str) -> Iterator[OpenLedger]:
    """Opens the ledger as often as a test wants; the test's end closes all of them."""
    opening = OpenLedger(ledger_url)
    yield opening
    opening.close_all()
