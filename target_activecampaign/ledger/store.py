"""What was last confirmed for each contact of an account and list, and who the mirror put there.

Owns the meaning of the ledger: what is known, unchanged, in doubt, a member. It is written from verdicts
alone, so that a crash makes a contact be sent again and never be skipped. Must not know contacts (only
addresses and fingerprints), imports, HTTP or settings.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

import sqlalchemy as sa

from target_activecampaign.errors import LedgerError, SettingsError
from target_activecampaign.ledger.bulk_sql import complete, pack
from target_activecampaign.ledger.crypto import Cipher, WrappedKey, WrongKeyError, new_data_key, unwrap, wrap
from target_activecampaign.ledger.database import open_database
from target_activecampaign.ledger.list_lock import ListLocks
from target_activecampaign.ledger.schema import CONTACT, MEMBER, META, RUN, unusable

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.database import Database

_PAGE = 1_000


class Comparison(t.NamedTuple):
    """What the ledger says of some contacts of a list; addresses all.

    Attributes:
        known: The account has them: they were confirmed once, whatever became of that since.
        unchanged: Exactly this was confirmed, lately enough.
        members: They are of this stream and list; empty where no addresses are kept.
    """

    known: frozenset[str]
    unchanged: frozenset[str]
    members: frozenset[str]


class Member:
    """Somebody whom a stream brought to a list. Cheap unless the address is asked for.

    Attributes:
        identity: Keyed hash of the address, 16 bytes.
        since: When the first delivery to this list was confirmed, in seconds since 1970.
    """

    __slots__ = ("_cipher", "_sealed", "identity", "since")

    def __init__(self, identity: bytes, since: int, sealed: str, cipher: Cipher) -> None:
        self.identity = identity
        self.since = since
        self._sealed = sealed
        self._cipher = cipher

    @property
    def email(self) -> str:
        """The address, decrypted anew each time, some 30 us.

        Raises:
            LedgerError: If it is damaged.
        """
        try:
            return self._cipher.open_address(self._sealed, self.identity)
        except WrongKeyError:
            raise LedgerError("the ledger can't be read: the address of a member is damaged") from None


@dataclass(frozen=True, slots=True)
class ListFigures:
    """What a ledger holds of a list.

    Attributes:
        contacts: Confirmed once.
        in_doubt: Those of them whose last import came to no verdict.
        oldest: Of the confirmations, in seconds since 1970; None where there is none.
        newest: Likewise.
        members: Stream to how many contacts it brought.
    """

    contacts: int
    in_doubt: int
    oldest: int | None
    newest: int | None
    members: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a ledger holds.

    Attributes:
        account: Host of the account.
        version: Of the tables.
        runs: How many wrote in it.
        lists: Id of a list to what is held of it, in ascending order.
    """

    account: str
    version: int
    runs: int
    lists: Mapping[int, ListFigures]


class Ledger:
    """An open ledger. Its methods may be called from any thread, but `hold` and `close` from one alone."""

    def __init__(
        self, database: Database, cipher: Cipher, *, account: str, now: int, keeps_addresses: bool
    ) -> None:
        """Use `open`."""
        self._database = database
        self._cipher = cipher
        self._account = account
        self._now = now
        self._keeps_addresses = keeps_addresses
        self._run: int | None = None
        self._locks = ListLocks(database, cipher.number_for)
        self._statements = {
            name: sa.text(complete(text, database.dialect)) for name, text in _STATEMENTS.items()
        }

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
            read_only: Change no file and no table; where there is no ledger it is as good as empty.
            create: Make a ledger where there is none, instead of refusing.

        Raises:
            SettingsError: With what the user has to change.
        """
        database = open_database(
            url,
            read_only=read_only,
            new_meta=(lambda: _new_meta(account, api_key)) if create else None,
        )
        try:
            cipher = Cipher(_data_key_of(database, account, api_key))
        except BaseException:
            database.close()
            raise
        return cls(database, cipher, account=account, now=now, keeps_addresses=keeps_addresses)

    def close(self) -> None:
        """Let go of the lists and of the database; a second call does nothing."""
        self._locks.release_all()
        self._database.close()

    # A run

    def begin_run(self, now: int) -> None:
        """Note a run, for the figures; what is confirmed from now on is confirmed by it.

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
            SettingsError: If another run holds one of them; says who. None of them is held, then.
            LedgerError: If it can't be written.
        """
        if not self._database.read_only:
            self._locks.hold(list_ids, self._now)

    # Look-ups

    def identity(self, email: str) -> bytes:
        """The keyed hash that stands for an address in this ledger, 16 bytes."""
        return self._cipher.identity(email)

    @property
    def fingerprint(self) -> Callable[[bytes], bytes]:
        """Makes the keyed hash that stands for what is sent of a contact in this ledger, 16 bytes."""
        return self._cipher.fingerprint

    def compare(
        self, list_id: int, stream: str, fingerprints: Mapping[str, bytes], not_before: int
    ) -> Comparison:
        """Say what is known of contacts that are about to be sent.

        Args:
            list_id: They are for.
            stream: They come from.
            fingerprints: Address to the `fingerprint` of what would be sent. A thousand at a time are quick.
            not_before: Confirmations before this time (seconds since 1970) do not make a contact unchanged.

        Raises:
            LedgerError: If it can't be read.
        """
        # In any order: among a million rows the neighbours of a thousand stand on other pages.
        emails = list(fingerprints)
        identities = list(map(self._cipher.identity, emails))
        changed = self._look_up(
            "changed", identities, list(fingerprints.values()), list_id=list_id, not_before=not_before
        )
        everyone = frozenset(emails)
        return Comparison(
            known=everyone.difference([emails[place] for place, is_known in changed if not is_known]),
            unchanged=everyone.difference([emails[place] for place, _ in changed]),
            members=self._members_among(everyone, emails, identities, list_id, stream),
        )

    def count_members(self, list_id: int, stream: str) -> int:
        """How many contacts a stream has on a list.

        Raises:
            LedgerError: If it can't be read.
        """
        members = sa.select(sa.func.count()).select_from(MEMBER)
        rows = self._database.read(members.where(MEMBER.c.list_id == list_id, MEMBER.c.stream == stream))
        return int(rows[0][0])

    def members(self, list_id: int, stream: str) -> Iterator[Member]:
        """Those whom a stream brought to a list, in the order of their identities, a thousand in memory.

        Members that come or go meanwhile are seen or not, as they lie ahead or behind.

        Raises:
            LedgerError: If they can't be read.
        """
        page = (
            sa.select(MEMBER.c.identity, MEMBER.c.since, MEMBER.c.address)
            .where(MEMBER.c.list_id == list_id, MEMBER.c.stream == stream)
            .where(MEMBER.c.identity > sa.bindparam("last"))
            .order_by(MEMBER.c.identity)
            .limit(_PAGE)
        )
        rows = self._database.read(page, {"last": b""})
        while rows:
            for identity, since, sealed in rows:
                yield Member(identity, since, sealed, self._cipher)
            rows = self._database.read(page, {"last": rows[-1].identity})

    def figures(self) -> Figures:
        """Count what is there.

        Raises:
            LedgerError: If it can't be read.
        """
        members: dict[int, dict[str, int]] = {}
        for list_id, stream, count in self._database.read(_MEMBERS_BY_STREAM):
            members.setdefault(list_id, {})[stream] = count
        lists = {
            row.list_id: ListFigures(
                row.contacts, row.contacts - row.certain, row.oldest, row.newest, members.pop(row.list_id, {})
            )
            for row in self._database.read(_CONTACTS_BY_LIST)
        }
        lists.update(
            {list_id: ListFigures(0, 0, None, None, streams) for list_id, streams in members.items()}
        )
        return Figures(
            account=self._account,
            version=self._database.read(sa.select(META.c.version))[0][0],
            runs=self._database.read(sa.select(sa.func.count()).select_from(RUN))[0][0],
            lists=dict(sorted(lists.items())),
        )

    # Outcomes

    def doubt(self, list_id: int, emails: Collection[str]) -> None:
        """Before an import with these contacts: what is confirmed of them holds no more until a verdict.

        They stay known. What is not known is left alone: without a verdict it stays so.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        self._write("doubt", self._identities_of(emails), list_id=list_id)

    def confirm(self, list_id: int, stream: str, contacts: Mapping[str, bytes], now: int) -> None:
        """Keep the verdict that these contacts were delivered.

        Args:
            list_id: Where to.
            stream: Where from; they become members of it where addresses are kept.
            contacts: Address to the `fingerprint` of what was sent.
            now: Seconds since 1970.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        given = sorted((self._cipher.identity(email), email) for email in contacts)
        identities = [identity for identity, _ in given]
        fingerprints = [contacts[email] for _, email in given]
        packed = pack(identities, fingerprints)
        if not given:
            return
        with self._database.transaction() as connection:
            parameters = {"list_id": list_id, "now": now, "run": self._run, **packed}
            connection.execute(self._statements["confirm"], parameters)
            if self._keeps_addresses:
                self._enrol_in(connection, list_id, stream, given, now)

    def forget(self, list_id: int, emails: Collection[str]) -> None:
        """Keep the verdict that these contacts were refused: nothing is known of them for this list any more.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        self._write("forget", self._identities_of(emails), list_id=list_id)

    # Members

    def add_members(self, list_id: int, stream: str, emails: Collection[str], now: int) -> None:
        """Make contacts members of a stream and list; who is one already stays so since then.

        Raises:
            LedgerError: If it can't be written. Nobody was, then; durable otherwise.
        """
        given = sorted((self._cipher.identity(email), email) for email in emails)
        if given and self._keeps_addresses:
            with self._database.transaction() as connection:
                self._enrol_in(connection, list_id, stream, given, now)

    def streams_of(self, list_id: int, identities: Collection[bytes]) -> list[tuple[bytes, str]]:
        """Which streams brought members to a list; each pair of identity and stream.

        Raises:
            LedgerError: If they can't be read.
        """
        if not identities:
            return []
        rows = self._look_up("streams", sorted(identities), list_id=list_id)
        return [(bytes(identity), stream) for identity, stream in rows]

    def withdraw_members(self, list_id: int, stream: str, identities: Collection[bytes]) -> set[bytes]:
        """Strike members off a stream that brings them no more.

        Returns:
            Those whom no other stream brings to this list.

        Raises:
            LedgerError: If it can't be written. Nobody was struck off, then; durable otherwise.
        """
        given = sorted(identities)
        if not given:
            return set()
        packed = pack(given)
        with self._database.transaction() as connection:
            parameters = {"list_id": list_id, **packed}
            connection.execute(self._statements["withdraw"], {**parameters, "stream": stream})
            left = connection.execute(self._statements["still members"], parameters).all()
        return set(given) - {row.identity for row in left}

    def remove_contacts(self, list_id: int, emails: Collection[str]) -> None:
        """Forget whom we unsubscribed, as contacts and as members of every stream: to come back is a change.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        identities = self._identities_of(emails)
        if not identities:
            return
        parameters = {"list_id": list_id, **pack(identities)}
        with self._database.transaction() as connection:
            connection.execute(self._statements["forget"], parameters)
            connection.execute(self._statements["withdraw from all"], parameters)

    # By order of a person

    def erase(self, list_id: int | None = None, *, members: bool) -> int:
        """Forget all contacts of a list, or of every list.

        Args:
            list_id: None for every list.
            members: Forget too who brought them there; the mirror then takes none of them off.

        Returns:
            How many contacts were forgotten, each list's counted.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        with self._database.transaction() as connection:
            counts = [
                connection.execute(
                    sa.delete(table)
                    if list_id is None
                    else sa.delete(table).where(table.c.list_id == list_id)
                ).rowcount
                for table in ((CONTACT, MEMBER) if members else (CONTACT,))
            ]
        return counts[0]

    def erase_people(self, emails: Collection[str], *, members: bool) -> int:
        """Forget some people on every list; see `erase`."""
        packed = pack(self._identities_of(emails))
        names = ("forget everywhere", "withdraw everywhere") if members else ("forget everywhere",)
        with self._database.transaction() as connection:
            counts = [connection.execute(self._statements[name], packed).rowcount for name in names]
        return counts[0]

    # Parts

    def _identities_of(self, emails: Collection[str]) -> list[bytes]:
        return sorted({self._cipher.identity(email) for email in emails})

    def _look_up(
        self,
        name: str,
        identities: Sequence[bytes],
        fingerprints: Sequence[bytes] | None = None,
        **parameters: object,
    ) -> Sequence[t.Any]:
        packed = pack(identities, fingerprints)
        return self._database.read(self._statements[name], {**parameters, **packed})

    def _members_among(
        self,
        everyone: frozenset[str],
        emails: Sequence[str],
        identities: Sequence[bytes],
        list_id: int,
        stream: str,
    ) -> frozenset[str]:
        if not self._keeps_addresses:
            return frozenset()
        strangers = self._look_up("strangers", identities, list_id=list_id, stream=stream)
        return everyone.difference([emails[row.place] for row in strangers])

    def _write(self, name: str, identities: Sequence[bytes], **parameters: object) -> None:
        if identities:
            with self._database.transaction() as connection:
                packed = pack(identities)
                connection.execute(self._statements[name], {**parameters, **packed})

    def _enrol_in(
        self,
        connection: sa.Connection,
        list_id: int,
        stream: str,
        given: Sequence[tuple[bytes, str]],
        now: int,
    ) -> None:
        # Who is a member already need not be encrypted once more.
        identities = [identity for identity, _ in given]
        parameters = {"list_id": list_id, "stream": stream, **pack(identities)}
        new = [given[row.place] for row in connection.execute(self._statements["strangers"], parameters)]
        if new:
            sealed = [self._cipher.seal_address(email) for _, email in new]
            packed = pack([identity for identity, _ in new], addresses=sealed)
            parameters = {"list_id": list_id, "stream": stream, "now": now, **packed}
            connection.execute(self._statements["add_members"], parameters)


# Statements about a set of contacts, where {given...} is the set. A look-up returns what is not as
# it was: of a million unchanged contacts there is no row to fetch. What is only selected has a cast, without
# which PostgreSQL can't tell a parameter's type; `WHERE true` tells SQLite that the next `ON` is no join's.
_STATEMENTS = {
    "changed": """
        SELECT given.place, held.confirmed_at IS NOT NULL AS is_known
        FROM {given_fingerprints} LEFT JOIN ledger_contact AS held
          ON held.list_id = :list_id AND held.identity = given.identity
        WHERE held.fingerprint IS NULL OR held.fingerprint <> given.fingerprint
           OR held.confirmed_at < :not_before""",
    "strangers": """
        SELECT given.place
        FROM {given} LEFT JOIN ledger_member AS held
          ON held.list_id = :list_id AND held.identity = given.identity AND held.stream = :stream
        WHERE held.since IS NULL""",
    "still members": """
        SELECT DISTINCT given.identity
        FROM {given} JOIN ledger_member AS held
          ON held.list_id = :list_id AND held.identity = given.identity""",
    "streams": """
        SELECT given.identity, held.stream
        FROM {given} JOIN ledger_member AS held
          ON held.list_id = :list_id AND held.identity = given.identity""",
    "doubt": """
        UPDATE ledger_contact SET fingerprint = NULL
        WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})""",
    "forget": """
        DELETE FROM ledger_contact
        WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})""",
    "confirm": """
        INSERT INTO ledger_contact (list_id, identity, fingerprint, confirmed_at, since, run)
        SELECT CAST(:list_id AS bigint), given.identity, given.fingerprint,
               CAST(:now AS bigint), CAST(:now AS bigint), CAST(:run AS bigint)
        FROM {given_fingerprints} WHERE true
        ON CONFLICT (list_id, identity) DO UPDATE SET
            fingerprint = excluded.fingerprint, confirmed_at = excluded.confirmed_at, run = excluded.run""",
    "add_members": """
        INSERT INTO ledger_member (list_id, identity, stream, address, since)
        SELECT CAST(:list_id AS bigint), given.identity, CAST(:stream AS text), given.address,
               coalesce(held.since, CAST(:now AS bigint))
        FROM {given_addresses} LEFT JOIN ledger_contact AS held
          ON held.list_id = :list_id AND held.identity = given.identity
        WHERE true
        ON CONFLICT (list_id, identity, stream) DO NOTHING""",
    "withdraw": """
        DELETE FROM ledger_member
        WHERE list_id = :list_id AND stream = :stream
          AND identity IN (SELECT given.identity FROM {given})""",
    "forget everywhere": """
        DELETE FROM ledger_contact WHERE identity IN (SELECT given.identity FROM {given})""",
    "withdraw everywhere": """
        DELETE FROM ledger_member WHERE identity IN (SELECT given.identity FROM {given})""",
    "withdraw from all": """
        DELETE FROM ledger_member
        WHERE list_id = :list_id AND identity IN (SELECT given.identity FROM {given})""",
}

_CONTACTS_BY_LIST = sa.select(
    CONTACT.c.list_id,
    sa.func.count().label("contacts"),
    sa.func.count(CONTACT.c.fingerprint).label("certain"),
    sa.func.min(CONTACT.c.confirmed_at).label("oldest"),
    sa.func.max(CONTACT.c.confirmed_at).label("newest"),
).group_by(CONTACT.c.list_id)
_MEMBERS_BY_STREAM = (
    sa.select(MEMBER.c.list_id, MEMBER.c.stream, sa.func.count())
    .group_by(MEMBER.c.list_id, MEMBER.c.stream)
    .order_by(MEMBER.c.list_id, MEMBER.c.stream)
)


# The ledger's own key


def _new_meta(account: str, api_key: Secret) -> dict[str, object]:
    wrapped = wrap(new_data_key(), api_key)
    return {"account": account, "salt": wrapped.salt, "wrapped_key": wrapped.token}


def _data_key_of(database: Database, account: str, api_key: Secret) -> bytes:
    wrapped = _wrapped_key_of(database, account)
    try:
        return unwrap(wrapped, api_key)
    except WrongKeyError:
        raise unusable(
            "this ledger was made with another api_key. If the key was renewed, put the old one into the "
            "environment variable TARGET_ACTIVECAMPAIGN_OLD_API_KEY and call `target-activecampaign ledger "
            "rekey`; if the old one is lost, name another ledger, and everything is sent once more"
        ) from None


def _wrapped_key_of(database: Database, account: str) -> WrappedKey:
    meta = database.read(sa.select(META))[0]
    if meta.account != account:
        raise unusable(
            f"this ledger is of the account {meta.account}, and the run is for {account}; "
            "name a ledger of its own for each account"
        )
    return WrappedKey(meta.salt, meta.wrapped_key)


def rekey(url: Secret, *, account: str, old_api_key: Secret, api_key: Secret) -> bool:
    """Let another API key open a ledger. What is in it stays as it is.

    Returns:
        Whether that was needed: not where the new key opens it already.

    Raises:
        SettingsError: If the old key does not open it, or the URL can't be used.
        LedgerError: If it can't be written.
    """
    with contextlib.closing(open_database(url, read_only=False, new_meta=None)) as database:
        wrapped = _wrapped_key_of(database, account)
        if _opens(wrapped, api_key):
            return False
        try:
            again = wrap(unwrap(wrapped, old_api_key), api_key)
        except WrongKeyError:
            raise SettingsError(
                ["TARGET_ACTIVECAMPAIGN_OLD_API_KEY: the ledger does not open with this key either"]
            ) from None
        with database.transaction() as connection:
            connection.execute(sa.update(META).values(salt=again.salt, wrapped_key=again.token))
    return True


def _opens(wrapped: WrappedKey, api_key: Secret) -> bool:
    try:
        unwrap(wrapped, api_key)
    except WrongKeyError:
        return False
    return True
