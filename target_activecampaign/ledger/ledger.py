"""Owns what a ledger means: which contacts are known, unchanged, in doubt or members, and when that changes.

It is written from outcomes alone, so that after a crash a contact is sent again and never skipped. The tables
are in `schema.py`, the reasons in `docs/design/ledger.md`. Must not know contacts (only addresses and
fingerprints), imports, HTTP or settings.
"""

from __future__ import annotations

import typing as t

import sqlalchemy as sa

from target_activecampaign.ledger.confirmations import Confirmations
from target_activecampaign.ledger.crypto import Cipher
from target_activecampaign.ledger.data_key import data_key_of, new_meta
from target_activecampaign.ledger.figures import figures_of
from target_activecampaign.ledger.list_lock import ListLocks
from target_activecampaign.ledger.members import Members
from target_activecampaign.ledger.opening import open_database
from target_activecampaign.ledger.schema import RUN

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.database import Database
    from target_activecampaign.ledger.figures import Figures
    from target_activecampaign.ledger.members import Member


class Comparison(t.NamedTuple):
    """What the ledger says of some contacts of a list; addresses all.

    Attributes:
        known: The account has them: they were confirmed once, whatever happened since.
        unchanged: Exactly this was confirmed, and recently enough.
        members: They are members of this stream and list; empty where no addresses are kept.
    """

    known: frozenset[str]
    unchanged: frozenset[str]
    members: frozenset[str]


class Ledger:
    """An open ledger. Its methods may be called from any thread, but `hold` and `close` from one alone."""

    def __init__(self, database: Database, cipher: Cipher, *, now: int, keeps_addresses: bool) -> None:
        """Use `open` instead."""
        self._database = database
        self._cipher = cipher
        self._now = now
        self._keeps_addresses = keeps_addresses
        self._run: int | None = None
        self._locks = ListLocks(database, cipher.number_for)
        self._confirmations = Confirmations(database)
        self._members = Members(database, cipher)

    @classmethod
    def open(  # noqa: PLR0913 - all but the first by name
        cls,
        url: Secret,
        *,
        account: str,
        api_key: Secret,
        now: int,
        keeps_addresses: bool = False,
        read_only: bool = False,
        create: bool = True,
    ) -> Ledger:
        """Open a ledger.

        Args:
            url: SQLAlchemy's form; a relative path starts in the working folder.
            account: Host and, where it is given, port of the account, or `sandbox`.
            api_key: Opens the ledger's own key.
            now: Seconds since 1970.
            keeps_addresses: Whether members are kept, with their addresses, encrypted.
            read_only: Change no file and no table; a ledger that does not exist is as good as empty.
            create: Make a ledger that does not exist, instead of refusing.

        Raises:
            SettingsError: If the ledger can't be used; names what the user has to change.
        """
        database = open_database(
            url,
            read_only=read_only,
            new_meta=(lambda: new_meta(account, api_key)) if create else None,
        )
        try:
            cipher = Cipher(data_key_of(database, account, api_key))
        except BaseException:
            database.close()
            raise
        return cls(database, cipher, now=now, keeps_addresses=keeps_addresses)

    def close(self) -> None:
        """Release the lists and close the database; a second call does nothing."""
        self._locks.release_all()
        self._database.close()

    # A run

    def begin_run(self, now: int) -> None:
        """Add a run to the figures; it counts as the run that confirms all contacts from now on.

        Raises:
            LedgerError: If it can't be written.
        """
        if self._database.read_only:
            return
        with self._database.transaction() as connection:
            key = connection.execute(sa.insert(RUN).values(started_at=now)).inserted_primary_key
        self._run = key[0] if key else None

    def hold(self, list_ids: Collection[int]) -> None:
        """Let no other run write for these lists until `close`, or until the process dies, however it dies.

        Raises:
            SettingsError: If another run holds one of them; names that run. None of them is held, then.
            LedgerError: If it can't be written.
        """
        if not self._database.read_only:
            self._locks.hold(list_ids, self._now)

    # Look-ups

    def identity(self, email: str) -> bytes:
        """Return the keyed hash that stands for an address in this ledger, 16 bytes."""
        return self._cipher.identity(email)

    @property
    def fingerprint(self) -> Callable[[bytes], bytes]:
        """The keyed hash, 16 bytes, that stands in this ledger for all that is sent for a contact."""
        return self._cipher.fingerprint

    def compare(
        self, list_id: int, stream: str, fingerprints: Mapping[str, bytes], not_before: int
    ) -> Comparison:
        """Compare contacts that are about to be sent with their confirmations.

        Args:
            list_id: The list that they are for.
            stream: The stream that they come from.
            fingerprints: Address to the `fingerprint` of what would be sent. A thousand at a time are quick.
            not_before: Confirmations before this time (seconds since 1970) do not make a contact unchanged.

        Raises:
            LedgerError: If it can't be read.
        """
        # In any order: among a million rows the neighbours of a thousand stand on other pages.
        emails = list(fingerprints)
        identities = list(map(self._cipher.identity, emails))
        changed = self._confirmations.find_changed(
            list_id, identities, list(fingerprints.values()), not_before
        )
        everyone = frozenset(emails)
        return Comparison(
            known=everyone.difference([emails[place] for place, is_known in changed if not is_known]),
            unchanged=everyone.difference([emails[place] for place, _ in changed]),
            members=self._members_among(emails, identities, list_id, stream),
        )

    def count_members(self, list_id: int, stream: str) -> int:
        """Count the contacts that a stream has on a list.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.count(list_id, stream)

    def members(self, list_id: int, stream: str) -> Iterator[Member]:
        """Iterate over the contacts that a stream brought to a list, with a thousand in memory.

        They come in the order of their identities. A member that is added or removed meanwhile is seen if its
        place in that order is still ahead.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.iterate(list_id, stream)

    def streams_of(self, list_id: int, identities: Collection[bytes]) -> list[tuple[bytes, str]]:
        """Return the streams that brought members to a list, as pairs of identity and stream.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.streams_of(list_id, sorted(identities)) if identities else []

    def figures(self) -> Figures:
        """Count contacts, members and runs.

        Raises:
            LedgerError: If it can't be read.
        """
        return figures_of(self._database)

    # Outcomes

    def doubt(self, list_id: int, emails: Collection[str]) -> None:
        """Invalidate the confirmations of these contacts, before an import with them is sent.

        They stay known. Contacts that are not known stay unknown until an import confirms them.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if emails:
            with self._database.transaction() as connection:
                self._confirmations.doubt(connection, list_id, self._identities_of(emails))

    def confirm(self, list_id: int, stream: str, contacts: Mapping[str, bytes], now: int) -> None:
        """Record the outcome that these contacts were delivered.

        Args:
            list_id: The list that they were delivered to.
            stream: The stream that they came from; they become its members where addresses are kept.
            contacts: Address to the `fingerprint` of what was sent.
            now: Seconds since 1970.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if not contacts:
            return
        people = self._people(contacts)
        identities = [identity for identity, _ in people]
        fingerprints = [contacts[email] for _, email in people]
        with self._database.transaction() as connection:
            self._confirmations.confirm(connection, list_id, identities, fingerprints, now, self._run)
            if self._keeps_addresses:
                self._members.add(connection, list_id, stream, people, now)

    def forget(self, list_id: int, emails: Collection[str]) -> None:
        """Record the outcome that these contacts were refused: for this list they are unknown from now on.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if emails:
            with self._database.transaction() as connection:
                self._confirmations.forget(connection, list_id, self._identities_of(emails))

    def remove_contacts(self, list_id: int, emails: Collection[str]) -> None:
        """Record that contacts were unsubscribed: they are unknown, and members of no stream.

        One that a stream brings again is a change.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if emails:
            identities = self._identities_of(emails)
            with self._database.transaction() as connection:
                self._confirmations.forget(connection, list_id, identities)
                self._members.remove_from_list(connection, list_id, identities)

    # Members

    def add_members(self, list_id: int, stream: str, emails: Collection[str], now: int) -> None:
        """Make contacts members of a stream and list; one that is a member already stays as it is.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if emails and self._keeps_addresses:
            with self._database.transaction() as connection:
                self._members.add(connection, list_id, stream, self._people(emails), now)

    def remove_members(self, list_id: int, stream: str, identities: Collection[bytes]) -> None:
        """Remove members of a stream that does not bring them any more.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if identities:
            with self._database.transaction() as connection:
                self._members.remove(connection, list_id, stream, sorted(identities))

    # At the command of a person

    def erase(self, list_id: int | None = None, *, members: bool) -> int:
        """Forget all contacts of a list.

        Args:
            list_id: None for every list.
            members: Whether to remove the members too; the mirror then takes none of them off.

        Returns:
            The number of contacts that were forgotten, each list's counted.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        with self._database.transaction() as connection:
            count = self._confirmations.erase(connection, list_id)
            if members:
                self._members.erase(connection, list_id)
        return count

    def erase_people(self, emails: Collection[str], *, members: bool) -> int:
        """Forget some people on every list; see `erase`."""
        identities = self._identities_of(emails)
        with self._database.transaction() as connection:
            count = self._confirmations.forget_everywhere(connection, identities)
            if members:
                self._members.remove_everywhere(connection, identities)
        return count

    def _members_among(
        self, emails: Sequence[str], identities: Sequence[bytes], list_id: int, stream: str
    ) -> frozenset[str]:
        if not self._keeps_addresses:
            return frozenset()
        strangers = self._members.find_strangers(list_id, stream, identities)
        return frozenset(emails).difference([emails[place] for place in strangers])

    def _identities_of(self, emails: Collection[str]) -> list[bytes]:
        return sorted({self._cipher.identity(email) for email in emails})

    def _people(self, emails: Collection[str]) -> list[tuple[bytes, str]]:
        """Return each identity with its address; in one order, so that two runs can't block each other."""
        return sorted((self._cipher.identity(email), email) for email in emails)
