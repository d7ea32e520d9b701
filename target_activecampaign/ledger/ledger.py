"""Owns what a ledger means: who is known, unchanged, in doubt, a member or to be removed, and until when.

Confirmations are written from outcomes alone, so that after a crash a contact is sent again and never
skipped; members and removals are written from what the source brings. The tables are in `schema.py`, the
reasons in `docs/design/ledger.md`. Must not know contacts (only addresses and fingerprints), imports, HTTP or
settings.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

import sqlalchemy as sa

from target_activecampaign.batched import batched
from target_activecampaign.ledger.backup import copies_of
from target_activecampaign.ledger.confirmations import Confirmations, Window
from target_activecampaign.ledger.crypto import Cipher
from target_activecampaign.ledger.data_key import data_key_of, new_meta
from target_activecampaign.ledger.figures import figures_of
from target_activecampaign.ledger.gone_keys import GoneKeys
from target_activecampaign.ledger.list_lock import ListLocks
from target_activecampaign.ledger.members import Members
from target_activecampaign.ledger.opening import open_database
from target_activecampaign.ledger.opt_outs import OptOuts
from target_activecampaign.ledger.removals import Removals
from target_activecampaign.ledger.schema import (
    GONE_KEY,
    MEMBER,
    OPT_OUT,
    REMOVAL,
    RUN,
    SOURCE_KEY,
    TAP_STREAM,
)
from target_activecampaign.ledger.source_keys import SourceKeys
from target_activecampaign.ledger.tap_streams import TapStreams

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from target_activecampaign.config.secret import Secret
    from target_activecampaign.ledger.causes import Cause
    from target_activecampaign.ledger.database import Database
    from target_activecampaign.ledger.figures import Figures
    from target_activecampaign.ledger.members import Member
    from target_activecampaign.ledger.opt_outs import HeldOptOut
    from target_activecampaign.ledger.patience import Patience
    from target_activecampaign.ledger.removals import PendingRemoval
    from target_activecampaign.ledger.sealed_person import SealedPerson

_PEOPLE_AT_ONCE = 1_000
_OF_PEOPLE = (MEMBER, SOURCE_KEY, GONE_KEY, REMOVAL, TAP_STREAM, OPT_OUT)


class Comparison(t.NamedTuple):
    """What the ledger says of some contacts of a list; addresses all.

    Attributes:
        known: The account has them: they were confirmed once, whatever happened since.
        unchanged: Exactly this was confirmed, and recently enough.
    """

    known: frozenset[str]
    unchanged: frozenset[str]


class Ledger:
    """An open ledger. Its methods may be called from any thread, but `hold` and `close` from one alone."""

    def __init__(self, database: Database, cipher: Cipher, *, now: int, keeps_people: bool) -> None:
        """Use `open` instead."""
        self._database = database
        self._cipher = cipher
        self._now = now
        self._keeps_people = keeps_people
        self._run: int | None = None
        self._locks = ListLocks(database, cipher.number_for)
        self._confirmations = Confirmations(database)
        self._members = Members(database, cipher)
        self._source_keys = SourceKeys(database, cipher)
        self._gone_keys = GoneKeys(database, cipher)
        self._removals = Removals(database, cipher)
        self._tap_streams = TapStreams(database)
        self._opt_outs = OptOuts(database, cipher)

    @classmethod
    def open(  # noqa: PLR0913 - all but the first by name
        cls,
        url: Secret,
        *,
        account: str,
        api_key: Secret,
        now: int,
        keeps_people: bool = False,
        read_only: bool = False,
        create: bool = True,
        patience: Patience | None = None,
    ) -> Ledger:
        """Open a ledger.

        Args:
            url: SQLAlchemy's form; a relative path starts in the working folder.
            account: Host and, where it is given, port of the account, or `sandbox`.
            api_key: Opens the ledger's own key.
            now: Seconds since 1970.
            keeps_people: Whether the ledger keeps who is brought to a list (address encrypted), by which
                record of the source, and when an import of a new contact was submitted.
            read_only: Change no file and no table; a ledger that does not exist is as good as empty.
            create: Make a ledger that does not exist, instead of refusing.
            patience: How long to wait for locks of other processes.

        Raises:
            SettingsError: If the ledger can't be used; names what the user has to change.
        """
        database = open_database(
            url,
            read_only=read_only,
            new_meta=(lambda: new_meta(account, api_key)) if create else None,
            patience=patience,
        )
        try:
            cipher = Cipher(data_key_of(database, account, api_key))
        except BaseException:
            database.close()
            raise
        return cls(database, cipher, now=now, keeps_people=keeps_people)

    @property
    def copies(self) -> list[str]:
        """The names of the copies beside it that were made before its tables were brought up to date."""
        return copies_of(self._database.path) if self._database.path else []

    def close(self) -> None:
        """Release the lists and close the database; a second call does nothing."""
        self._locks.release_all()
        self._database.close()

    # A run

    def begin_run(self, now: int) -> int:
        """Add a run to the figures; it counts as the run that confirms all contacts from now on.

        Returns:
            When it began, as the ledger notes it: later than each run before, whatever the clock says.

        Raises:
            LedgerError: If it can't be written.
        """
        if self._database.read_only:
            return now
        with self._database.transaction() as connection:
            latest = connection.execute(sa.select(sa.func.max(RUN.c.started_at))).scalar()
            began = now if latest is None else max(now, int(latest) + 1)
            key = connection.execute(sa.insert(RUN).values(started_at=began)).inserted_primary_key
        self._run = key[0] if key else None
        return began

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

    def source_key(self, canonical: bytes) -> bytes:
        """Return the keyed hash that stands in this ledger for a record of a source, 16 bytes.

        Args:
            canonical: The values of its key properties, always written alike. The stream is kept beside it.
        """
        return self._cipher.source_key(canonical)

    def compare(self, list_id: int, fingerprints: Mapping[str, bytes], not_before: int) -> Comparison:
        """Compare contacts that are about to be sent with their confirmations.

        Args:
            list_id: The list that they are for.
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
        )

    def windows(self, list_id: int, identities: Collection[bytes]) -> dict[bytes, tuple[Window, ...]]:
        """Return the times of our imports of each identity: a membership that began within one is ours.

        Returns:
            The windows by identity; none where nothing is proven.

        Raises:
            LedgerError: If they can't be read.
        """
        found: dict[bytes, tuple[Window, ...]] = dict.fromkeys(identities, ())
        for some in batched(sorted(identities), _PEOPLE_AT_ONCE):
            found.update(self._confirmations.windows(list_id, some))
        return found

    def keep_people(self) -> None:
        """Keep from now on who is brought to a list, as `open` does with `keeps_people`."""
        self._keeps_people = True

    def has_members(self, list_id: int) -> bool:
        """Say whether a stream brings somebody to a list, as far as was noted.

        Raises:
            LedgerError: If it can't be read.
        """
        return self._members.has_any(list_id)

    def count_members(self, list_id: int, stream: str) -> int:
        """Count the people that a stream brings to a list.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.count(list_id, stream)

    def count_members_on(self, list_id: int) -> int:
        """Count the people that the streams bring to a list, each once.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.count_on(list_id)

    def member_counts(self) -> list[tuple[int, str, int]]:
        """Return list, stream and number of members of each stream that has some, in this order.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.counts()

    def member_identities(self, list_id: int, stream: str) -> Iterator[list[bytes]]:
        """Iterate over the people that a stream brings to a list, a thousand at a time.

        They come in the order of their identities. A member that is added or removed meanwhile is seen if its
        place in that order is still ahead.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._members.iterate(list_id, stream)

    def members(self, list_id: int, stream: str, identities: Collection[bytes]) -> Iterator[Member]:
        """Iterate over those of some people that a stream brings to a list, in the order of their identities.

        Raises:
            LedgerError: If they can't be read.
        """
        for some in batched(sorted(identities), _PEOPLE_AT_ONCE):
            yield from self._members.find(list_id, stream, some)

    def people_of_keys(
        self, list_id: int, stream: str, source_keys: Collection[bytes]
    ) -> dict[bytes, list[SealedPerson]]:
        """Return the people that records of a stream and list lead to, by `source_key`.

        A record that was rejected with another address leads to two people or more; one that the source
        deleted leads to its person while the removal is pending.

        Raises:
            LedgerError: If they can't be read.
        """
        found: defaultdict[bytes, list[SealedPerson]] = defaultdict(list)
        for some in batched(source_keys, _PEOPLE_AT_ONCE):
            for table in (self._source_keys, self._gone_keys):
                for key, person in table.people(list_id, stream, some):
                    found[key].append(person)
        return dict(found)

    def streams_of(self, list_id: int, identities: Collection[bytes]) -> list[tuple[bytes, str]]:
        """Return the streams that bring members to a list, as pairs of identity and stream.

        Raises:
            LedgerError: If they can't be read.
        """
        parts = batched(sorted(identities), _PEOPLE_AT_ONCE)
        return [pair for some in parts for pair in self._members.streams_of(list_id, some)]

    def pending(self, list_id: int, cause: Cause | None = None) -> Iterator[PendingRemoval]:
        """Iterate over the pending removals of a list, of one cause or any, with a thousand in memory.

        They come in the order of their identities; each may be carried out or left alone meanwhile.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._removals.iterate(list_id, cause)

    def count_pending(self, list_id: int, cause: Cause | None = None) -> int:
        """Count the pending removals of a list, of one cause; or of any, with those who opted out.

        Raises:
            LedgerError: If they can't be read.
        """
        opted_out = self._opt_outs.count_pending(list_id) if cause is None else 0
        return self._removals.count(list_id, cause) + opted_out

    def left_alone(self, list_id: int, identities: Collection[bytes]) -> set[bytes]:
        """Return those of some people who were to be taken off a list and were left alone for good.

        Raises:
            LedgerError: If they can't be read.
        """
        parts = batched(sorted(identities), _PEOPLE_AT_ONCE)
        return {one for some in parts for one in self._removals.find_left_alone(list_id, some)}

    def tap_streams(self, list_id: int, stream: str) -> set[str]:
        """Return the tap's streams that became a stream in earlier runs, where they may be several.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._tap_streams.find(list_id, stream)

    def opt_outs(self, list_id: int) -> Iterator[HeldOptOut]:
        """Iterate over the records that say no to a list, a person's one after the other.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._opt_outs.iterate(list_id)

    def pending_opt_outs(self, list_id: int) -> Iterator[HeldOptOut]:
        """Iterate over those of them whose people may be on the list still.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._opt_outs.iterate(list_id, is_pending=True)

    def has_opt_outs(self, list_id: int) -> bool:
        """Say whether a record says no to a list.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._opt_outs.has_any(list_id)

    def opt_out_counts(self) -> list[tuple[int, str, int]]:
        """Return list, stream and number of records of each stream that say no, in this order.

        Raises:
            LedgerError: If they can't be read.
        """
        return self._opt_outs.counts()

    def last_run_started_at(self) -> int | None:
        """Return when the last run that wrote began, in seconds since 1970; `None` before the first.

        Raises:
            LedgerError: If it can't be read.
        """
        rows = self._database.read(sa.select(RUN.c.started_at).order_by(RUN.c.id.desc()).limit(1))
        return int(rows[0].started_at) if rows else None

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

    def confirm(
        self,
        list_id: int,
        contacts: Mapping[str, bytes],
        sent_at: int,
        ended_at: int,
        *,
        has_subscribed: bool = True,
    ) -> None:
        """Record the outcome that these contacts were delivered.

        Args:
            list_id: The list that they were delivered to.
            contacts: Address to the `fingerprint` of what was sent.
            sent_at: When their import was submitted, in seconds since 1970.
            ended_at: When it was confirmed, likewise.
            has_subscribed: Whether it put them on the list; else it proves no membership.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if not contacts:
            return
        people = self._people(contacts)
        identities = [identity for identity, _ in people]
        fingerprints = [contacts[email] for _, email in people]
        window = Window(sent_at, ended_at)
        with self._database.transaction() as connection:
            self._confirmations.confirm(
                connection, list_id, identities, fingerprints, window, self._run, is_proof=has_subscribed
            )

    def forget(self, list_id: int, emails: Collection[str]) -> None:
        """Record the outcome that these contacts were refused: for this list they are unknown from now on.

        When they were first imported stays, since they may be on the list by that.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if emails:
            with self._database.transaction() as connection:
                self._confirmations.forget(connection, list_id, self._identities_of(emails))

    def remove_contacts(self, list_id: int, emails: Collection[str]) -> None:
        """Record that contacts were taken off a list: nothing of them is kept for it but who said no.

        One that a stream brings again is a change.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if emails:
            identities = self._identities_of(emails)
            with self._database.transaction() as connection:
                self._confirmations.remove(connection, list_id, identities)
                self._opt_outs.settle(connection, list_id, identities, self._now)
                for table in self._tables_of_people():
                    table.remove_from_list(connection, list_id, identities)

    # Members and removals

    def note_people(
        self,
        list_id: int,
        stream: str,
        people: Sequence[tuple[bytes | None, str]],
        now: int,
        *,
        are_rejected: bool = False,
    ) -> None:
        """Note that records bring people to a list: they are members, and not to be removed.

        Without `keeps_people` the latter alone. Where nothing is new, nothing is written.

        Args:
            list_id: The list.
            stream: The one that the records are of.
            people: `source_key` of a record, None in a stream without keys, and address. Of one key the last
                record counts.
            now: Seconds since 1970.
            are_rejected: Whether these records were rejected: a key leads to the people of before, too.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        emails = {email: self._cipher.identity(email) for _, email in people}
        if not self._keeps_people:
            self.note_seen(list_id, emails.values())
            return
        everybody = sorted((identity, email) for email, identity in emails.items())
        identities = [identity for identity, _ in everybody]
        strangers = self._members.find_strangers(list_id, stream, identities)
        new = [everybody[place] for place in strangers]
        pairs = [(key, emails[email]) for key, email in people if key is not None]
        pairs = list(dict.fromkeys(pairs) if are_rejected else dict(pairs).items())
        changed = self._source_keys.find_changed(list_id, stream, pairs) if pairs else set()
        removals = self._removals.find(list_id, identities)
        if not (strangers or changed or removals):
            return
        with self._database.transaction() as connection:
            self._members.add(connection, list_id, stream, new, now)
            if not are_rejected:
                keys = sorted({key for key, _ in changed})
                for table in (self._source_keys, self._gone_keys):
                    table.remove(connection, list_id, stream, keys)
            self._source_keys.add(connection, list_id, stream, changed)
            self._end_removals(connection, list_id, removals)

    def note_seen(self, list_id: int, people: Iterable[str | bytes]) -> None:
        """Note that somebody brings people to a list, so that they are not to be removed.

        Args:
            list_id: The list.
            people: Addresses or identities.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        found = self._removals.find(list_id, sorted(set(map(self._identity_of, people))))
        if found:
            with self._database.transaction() as connection:
                self._end_removals(connection, list_id, found)

    def _end_removals(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        if identities:
            some = sorted(identities)
            self._removals.remove_from_list(connection, list_id, some)
            self._gone_keys.remove_from_list(connection, list_id, some)

    def note_deletions(
        self,
        list_id: int,
        stream: str,
        deletions: Sequence[tuple[bytes | None, str]],
        now: int,
        *,
        are_proven: bool = True,
    ) -> list[bool]:
        """Note that records are gone at the source: who is brought by no other is to be removed.

        That is not certain before `finish_deletions`: a later record may say otherwise.

        Args:
            list_id: The list.
            stream: The one that the records are of.
            deletions: `source_key` of a record, None in a stream without keys, and address.
            now: Seconds since 1970.
            are_proven: Whether no record that nobody can read may be of these people.

        Returns:
            Whether each person is to be removed, after all of these deletions; else somebody still brings
            them.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        people = self._people({email for _, email in deletions})
        identities = [identity for identity, _ in people]
        keys = sorted({key for key, _ in deletions if key is not None})
        if not people:
            return []
        with self._database.transaction() as connection:
            self._source_keys.remove(connection, list_id, stream, keys)
            self._members.remove_without_key(connection, list_id, stream, identities)
            places = self._members.find_on_no_stream(connection, list_id, identities)
            gone = sorted(people[place] for place in places)
            cause: Cause = "unfinished" if are_proven else "unfinished_unproven"
            self._removals.note_deleted(connection, list_id, stream, gone, cause, now)
            leaving = {email: identity for identity, email in gone}
            led = {(key, leaving[email]) for key, email in deletions if key is not None and email in leaving}
            self._gone_keys.add(connection, list_id, stream, led)
        return [email in leaving for _, email in deletions]

    def doubt_deletions(self, list_id: int, stream: str) -> None:
        """Note that a record that nobody can read may be of people that the source deleted.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        with self._database.transaction() as connection:
            self._removals.doubt_deleted(connection, list_id, stream)

    def finish_deletions(self, list_id: int, streams: Iterable[str]) -> None:
        """Note that a run with these streams came to the end of its input: their deletions are certain.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        with self._database.transaction() as connection:
            for stream in sorted(streams):
                self._removals.finish_deleted(connection, list_id, stream)

    def note_opt_outs(
        self, list_id: int, stream: str, records: Sequence[tuple[bytes, str]], now: int
    ) -> None:
        """Note that records say no: their people are members no more, and what was sent of them is in doubt.

        Args:
            list_id: The list.
            stream: The one that the records are of.
            records: `source_key` of each, 16 bytes of 0 in a stream without keys, and address.
            now: Seconds since 1970.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        people = sorted((self._cipher.identity(email), key, email) for key, email in set(records))
        identities = sorted({identity for identity, _, _ in people})
        if not people:
            return
        with self._database.transaction() as connection:
            rows = [(key, identity, email) for identity, key, email in people]
            self._opt_outs.note(connection, list_id, stream, rows, now)
            self._let_go(connection, list_id, identities)

    def take_back_opt_outs(self, list_id: int, stream: str, records: Sequence[tuple[bytes, str]]) -> None:
        """Note that records which said no say yes; what other records say stays.

        Args:
            list_id: The list.
            stream: The one that the records are of.
            records: As in `note_opt_outs`.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        rows = sorted({(key, self._cipher.identity(email)) for key, email in records})
        if rows:
            with self._database.transaction() as connection:
                self._opt_outs.take_back(connection, list_id, stream, rows)

    def settle_opt_outs(self, list_id: int, emails: Collection[str]) -> None:
        """Note that people who said no are not on a list.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        identities = self._identities_of(emails)
        with self._database.transaction() as connection:
            self._opt_outs.settle(connection, list_id, identities, self._now)

    def _let_go(self, connection: sa.Connection, list_id: int, identities: Sequence[bytes]) -> None:
        """Let people be members of no stream of a list, and their next contact be a change."""
        self._confirmations.doubt(connection, list_id, identities)
        self._source_keys.remove_from_list(connection, list_id, identities)
        self._members.remove_from_list(connection, list_id, identities)

    def replace_missing(self, list_id: int, stream: str, identities: Collection[bytes], now: int) -> None:
        """Let these members of a stream, and no other ones, be pending removals since it did not bring them.

        Who is to be removed for another cause, or was left alone, stays so.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        with self._database.transaction() as connection:
            self._removals.clear_missing(connection, list_id, stream)
            for some in batched(sorted(identities), _PEOPLE_AT_ONCE):
                self._removals.note_missing(connection, list_id, stream, some, now)

    def clear_missing(self, list_id: int, stream: str) -> None:
        """Let no member of a stream be a pending removal since the stream did not bring it.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        with self._database.transaction() as connection:
            self._removals.clear_missing(connection, list_id, stream)

    def leave_alone(self, list_id: int, person: str | bytes, reason: str) -> None:
        """Let the removal of a person from a list be pending no more, and keep the reason.

        Args:
            list_id: The list.
            person: Address or identity.
            reason: Of a closed list; no personal data.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        with self._database.transaction() as connection:
            self._removals.leave_alone(connection, list_id, self._identity_of(person), reason)

    def remove_members(self, list_id: int, stream: str, identities: Collection[bytes]) -> None:
        """Remove members of a stream that does not bring them any more, with their source keys.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        if not identities:
            return
        with self._database.transaction() as connection:
            for some in batched(sorted(identities), _PEOPLE_AT_ONCE):
                self._source_keys.remove_of(connection, list_id, stream, some)
                self._members.remove(connection, list_id, stream, some)

    def note_tap_streams(self, list_id: int, stream: str, tap_streams: Collection[str], now: int) -> None:
        """Note the tap's streams that became a stream in a run that began at this time.

        Raises:
            LedgerError: If it can't be written. Nothing was, then; durable otherwise.
        """
        with self._database.transaction() as connection:
            self._tap_streams.note(connection, list_id, stream, tap_streams, now)

    # At the command of a person

    def forget_absent_tap_streams(self, list_id: int) -> None:
        """Forget the tap's streams that the last run did not bring, of the streams that it did.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        with self._database.transaction() as connection:
            self._tap_streams.forget_before(connection, list_id, self.last_run_started_at() or 0)

    def rename_stream(self, list_id: int | None, old: str, new: str) -> int:
        """Take the members of a stream along to the name that it has now.

        Args:
            list_id: None for every list.
            old: The name that it had.
            new: The name that it has. Who is a member of it already stays as it is.

        Returns:
            The number of members that the old name had, each list's counted.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        with self._database.transaction() as connection:
            self._source_keys.rename_stream(connection, list_id, old, new)
            self._gone_keys.rename_stream(connection, list_id, old, new)
            self._tap_streams.erase_stream(connection, list_id, old)
            self._removals.rename_stream(connection, list_id, old, new)
            self._opt_outs.rename_stream(connection, list_id, old, new)
            return self._members.rename_stream(connection, list_id, old, new)

    def release_stream(self, list_id: int, stream: str, now: int) -> int:
        """Make the members that a stream alone brings to a list pending removals, and forget its other ones.

        Returns:
            The number of new pending removals.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        with self._database.transaction() as connection:
            self._members.remove_shared(connection, list_id, stream)
            # Never before the last run, whose time may be ahead of the clock.
            now = max(now, self.last_run_started_at() or 0)
            count = self._removals.note_all_missing(connection, list_id, stream, now)
            self._members.erase_stream(connection, list_id, stream)
            self._gone_keys.add_released(connection, list_id, stream)
            self._source_keys.erase_stream(connection, list_id, stream)
            self._tap_streams.erase_stream(connection, list_id, stream)
            return count

    def erase(self, list_id: int | None = None, *, members: bool) -> int:
        """Forget all contacts of a list.

        The times of a member's first import are kept: they alone tell later whose membership it is.

        Args:
            list_id: None for every list.
            members: Whether to remove the members too, and who said no; nobody of them is taken off then.

        Returns:
            The number of contacts that were forgotten, each list's counted.

        Raises:
            LedgerError: If it can't be written. Nothing was, then.
        """
        with self._database.transaction() as connection:
            count = self._confirmations.forget_all(connection, list_id)
            for table in _OF_PEOPLE if members else ():
                everything = sa.delete(table)
                on_list = everything.where(table.c.list_id == list_id)
                connection.execute(everything if list_id is None else on_list)
            self._confirmations.remove_all_needless(connection, list_id)
        return count

    def erase_people(self, emails: Collection[str], *, members: bool) -> int:
        """Forget some people on every list; see `erase`."""
        identities = self._identities_of(emails)
        with self._database.transaction() as connection:
            count = self._confirmations.forget_everywhere(connection, identities)
            for table in self._tables_of_people() if members else ():
                table.remove_everywhere(connection, identities)
            if members:
                self._opt_outs.remove_everywhere(connection, identities)
            self._confirmations.remove_needless(connection, identities)
        return count

    def _tables_of_people(self) -> tuple[Members, SourceKeys, GoneKeys, Removals]:
        return self._members, self._source_keys, self._gone_keys, self._removals

    def _identity_of(self, person: str | bytes) -> bytes:
        return person if isinstance(person, bytes) else self._cipher.identity(person)

    def _identities_of(self, emails: Collection[str]) -> list[bytes]:
        return sorted({self._cipher.identity(email) for email in emails})

    def _people(self, emails: Collection[str]) -> list[tuple[bytes, str]]:
        """Return each identity with its address; in one order, so that two runs can't block each other."""
        return sorted((self._cipher.identity(email), email) for email in emails)
