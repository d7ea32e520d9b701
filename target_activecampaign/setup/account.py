"""Owns what a setup needs of an account: to check a key, to list what it has, to read back a contact."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import contextlib

    from target_activecampaign.api.contract import NoLimit
    from target_activecampaign.api.held_contact import HeldContact
    from target_activecampaign.api.responses import AccountList, Contract, Tag, User
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.exclusions import Exclusion


class Account(t.Protocol):
    """An account that can be read, like `api.client.Client`."""

    def check_key(self) -> User:
        """Return the key's own user."""

    def first_contract(self) -> Contract | NoLimit:
        """Return the contract, or why there is none."""

    def lists(self) -> list[AccountList]:
        """Return all lists."""

    def subscriber_count(self, list_id: int) -> int | None:
        """Return how many contacts are subscribed to a list."""

    def custom_fields(self) -> list[CustomField]:
        """Return all custom fields."""

    def tags(self) -> list[Tag]:
        """Return all tags of contacts."""

    def exclusions(self, most: int) -> list[Exclusion]:
        """Return the exclusions, up to a number."""

    def held_contact(self, email: str) -> HeldContact | None:
        """Return what the account holds of a contact."""

    def pages_host(self) -> str | None:
        """Return the host of the account's pages."""


class Connect(t.Protocol):
    """Opens an account."""

    def __call__(self, hostname: str, api_key: Secret) -> Account:
        """Return what talks to it.

        Args:
            hostname: As the configuration has it.
            api_key: Its key.
        """

    def probe(self, hostname: str) -> None:
        """Ask a host without a key, once.

        Raises:
            NotPermittedError: If it speaks the API, which refuses that.
            ServiceError: If it does not answer as the API does.
        """

    def reopen(self, hostname: str, api_key: Secret) -> contextlib.AbstractContextManager[Account]:
        """Yield what talks to it as it is now, after something was sent."""
