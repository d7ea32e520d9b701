"""Owns who the source brings in this run: living people, people of rejected records, and deletions.

What it learns is in the ledger before a STATE that covers it is passed on (`flush`). It decides which
deletion a living record supersedes; who is taken off a list in the end decides `removals.py`.
"""

from __future__ import annotations

import logging
import struct
import threading
import typing as t
from collections import Counter, defaultdict
from itertools import groupby

from target_activecampaign.contacts.email_address import normalise_email
from target_activecampaign.run.readable_address import readable_address
from target_activecampaign.storage.keyed_hash import KeyedHash
from target_activecampaign.storage.spilling_map import SpillingMap

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from target_activecampaign.contacts.contact import Origin, Rejection
    from target_activecampaign.delivery.delivery import Delivery
    from target_activecampaign.delivery.state_tracker import Segment
    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.ledger.removals import PendingRemoval

logger = logging.getLogger(__name__)

_SEEN = b"1"
_SEVERAL_KEYS = b"*"
_NOTED_AT_ONCE = 1_000


class Deletion(t.NamedTuple):
    """A record that says that a person is gone at the source, and that nothing has superseded yet.

    Attributes:
        origin: The record.
        email: The identity.
        segment: What it holds up; `None` where the ledger keeps it pending.
    """

    origin: Origin
    email: str
    segment: Segment | None


class _Note(t.NamedTuple):
    """Something that the ledger must learn, in the order of the input."""

    list_id: int
    stream: str
    kind: t.Literal["living", "rejected", "deleted", "superseded", "unknown"]
    key: bytes | None = None
    email: str = ""


class People:
    """Notes who comes. The reader's thread calls all but `flush`, which any thread may call."""

    def __init__(  # noqa: PLR0913 - its collaborators, and what the settings make of them
        self,
        delivery: Delivery,
        ledger: Ledger | None,
        *,
        is_mirror: bool,
        takes_deletions: bool,
        kept_lists: Collection[int],
        is_read_only: bool,
        now: int,
    ) -> None:
        """Start without anybody.

        Args:
            delivery: Counts the outcomes of deletions.
            ledger: Keeps people, and deletions until they are carried out; `None` without one.
            is_mirror: Whether it matters who of an earlier run does not come.
            takes_deletions: Whether people who are gone at the source are taken off their list.
            kept_lists: The lists of which the ledger keeps who is brought to them.
            is_read_only: Whether the ledger is only read (dry run).
            now: When the run began, in seconds since 1970.
        """
        self._delivery = delivery
        self._ledger = ledger
        self._is_mirror = is_mirror
        self._takes_deletions = takes_deletions
        self._writes = ledger is not None and not is_read_only
        self._kept_lists = frozenset(kept_lists)
        self._opened: defaultdict[int, set[str]] = defaultdict(set)
        self._now = now
        own_hash = KeyedHash.random()
        self._hash_identity = ledger.identity if ledger else lambda email: own_hash(email.encode())
        self._hash_key = ledger.source_key if ledger else own_hash
        self._lock = threading.Lock()
        self._seen: defaultdict[tuple[int, str], SpillingMap] = defaultdict(SpillingMap)
        self._living: defaultdict[int, SpillingMap] = defaultdict(SpillingMap)
        self._deletions: defaultdict[int, dict[bytes, Deletion]] = defaultdict(dict)
        self._emails_of_deleted_keys: defaultdict[tuple[int, str, bytes], set[str]] = defaultdict(set)
        self._stream_numbers: dict[str, int] = {}
        self._notes: list[_Note] = []
        self._brought_by_others: set[tuple[int, bytes]] = set()
        self._records: Counter[tuple[int, str]] = Counter()
        self._unknown: Counter[tuple[int, str]] = Counter()
        self._doubted_lists: set[int] = set()  # with such a record, of whichever stream

    # Records

    def open_stream(self, stream: str, list_id: int) -> None:
        """Note that a stream is exported to a list in this run."""
        self._opened[list_id].add(stream)

    def note_living(self, stream: str, list_id: int, people: Sequence[tuple[bytes | None, str]]) -> None:
        """Note records that became contacts, by key and identity.

        Raises:
            LedgerError: If it can't be written.
            OutputError: If the temporary folder is full.
        """
        self._records[list_id, stream] += len(people)
        emails = [email for _, email in people]
        identities = [self._hash_identity(email) for email in emails]
        keys = [None if key is None else self._hash_key(key) for key, _ in people]
        self._mark_seen(stream, list_id, identities)
        self._supersede_deletions(stream, list_id, keys, identities)
        self._note([_Note(list_id, stream, "living", *one) for one in zip(keys, emails, strict=True)])

    def note_rejected(
        self, stream: str, list_id: int, people: Sequence[tuple[bytes | None, str | None]]
    ) -> None:
        """Note records that were rejected: each still brings its people, by its key and by its address.

        One whose key is not known and whose address can't be read may be of anybody: the tap may write the
        keys of the same people in another way than before.

        Args:
            stream: After stream maps.
            list_id: Where the stream goes.
            people: Of each record the canonical bytes of its key, `None` where there is none, and the
                identity, `None` where it can't be read.

        Raises:
            LedgerError: If it can't be read or written.
            OutputError: If the temporary folder is full.
        """
        self._records[list_id, stream] += len(people)
        hashed = [None if key is None else self._hash_key(key) for key, _ in people]
        known = self._find_by_keys(stream, list_id, [key for key in hashed if key is not None])
        brought: list[tuple[bytes | None, str]] = []
        for key, (_, email) in zip(hashed, people, strict=True):
            emails = set() if key is None else known[key]
            if email is not None:
                emails = emails | {email}
            brought += [(key, one) for one in sorted(emails)]
            if not emails:
                self._note_unknown(stream, list_id)
        identities = [self._hash_identity(email) for _, email in brought]
        self._mark_seen(stream, list_id, identities)
        self._supersede_deletions(stream, list_id, [key for key, _ in brought], identities)
        self._note([_Note(list_id, stream, "rejected", *one) for one in brought])

    def _note_unknown(self, stream: str, list_id: int) -> None:
        self._unknown[list_id, stream] += 1
        if list_id not in self._doubted_lists:
            self._doubted_lists.add(list_id)
            self._note([_Note(list_id, stream, "unknown")])

    def note_deletion(
        self,
        origin: Origin,
        list_id: int,
        key: bytes | None,
        email: str | None,
        rejection: Rejection | None,
    ) -> None:
        """Take a record that says that a person is gone at the source.

        Args:
            origin: The record.
            list_id: Where its stream goes.
            key: Canonical bytes of its key; `None` where there is none.
            email: The identity; `None` where it can't be read.
            rejection: What it is rejected with where its person can't be found; `None` with an address.

        Raises:
            LedgerError: If it can't be read or written.
            OutputError: If the temporary folder is full.
        """
        hashed = None if key is None else self._hash_key(key)
        known: set[str] = set()
        if hashed is not None:
            self.flush()
            known = self._find_by_keys(origin.stream, list_id, [hashed])[hashed]
        self._records[list_id, origin.stream] += 1
        emails = sorted(known) if email is None else [email]
        if emails:
            self._take_deletion(origin, list_id, hashed, emails[0])
            for other in emails[1:]:
                self._note_deleted(origin.stream, list_id, hashed, other)
        elif rejection is not None:
            self._delivery.end_deletions([origin], rejection)

    def knows_key(self, stream: str, list_id: int, key: bytes | None) -> bool:
        """Tell whether an earlier record of a key brought somebody, as far as the ledger knows.

        Raises:
            LedgerError: If it can't be read or written.
        """
        if key is None:
            return False
        hashed = self._hash_key(key)
        self.flush()
        return bool(self._find_by_keys(stream, list_id, [hashed])[hashed])

    def _take_deletion(self, origin: Origin, list_id: int, key: bytes | None, email: str) -> None:
        identity = self._hash_identity(email)
        if not self._note_deleted(origin.stream, list_id, key, email):
            self._delivery.end_deletions([origin], "superseded")
            return
        earlier = self._deletions[list_id].get(identity)
        segment = earlier.segment if earlier else None
        if segment is None and not self._writes:
            segment = self._delivery.hold_state()
        self._deletions[list_id][identity] = Deletion(origin, email, segment)
        if earlier:
            self._delivery.end_deletions([earlier.origin], "superseded")

    def _note_deleted(self, stream: str, list_id: int, key: bytes | None, email: str) -> bool:
        """Note that a record of a person is gone; return whether no other record of the run brings them."""
        identity = self._hash_identity(email)
        living = self._living[list_id]
        last = living.find([identity]).get(identity)
        if last is not None and (key is None or last != self._word_of(stream, key)):
            if key is not None:
                self._note([_Note(list_id, stream, "superseded", key, email)])
            return False
        living.put_all({identity: None})
        if key is not None:
            self._emails_of_deleted_keys[list_id, stream, key].add(email)
        self._note([_Note(list_id, stream, "deleted", key, email)])
        return True

    # At the end of the input

    def end_input(self) -> None:
        """Note that nothing follows: the deletions of this run's streams are certain now.

        Raises:
            LedgerError: If it can't be read or written.
        """
        self.flush()
        if self._ledger is None:
            return
        for list_id, streams in self._opened.items():
            if self._writes:
                self._ledger.finish_deletions(list_id, streams)

    def is_certain(self, removal: PendingRemoval) -> bool:
        """Tell whether this run, of whose deletions nothing is written (dry run), would carry one out."""
        streams = self._opened[removal.list_id]
        is_finished = removal.cause == "deleted" or removal.stream in streams
        return is_finished and not self._living[removal.list_id].find([removal.identity])

    def deletions(self, list_id: int) -> dict[bytes, Deletion]:
        """Return the deletions of a list that nothing has superseded, by the hash of the identity.

        Raises:
            LedgerError: If it can't be written.
        """
        self.flush()
        self._end_brought_by_others()
        return self._deletions[list_id]

    def brings(self, stream: str, list_id: int, identities: Iterable[bytes]) -> set[bytes]:
        """Return those of some people that a stream brought in this run.

        Raises:
            OutputError: If the temporary folder can't be read.
        """
        return set(self._seen[list_id, stream].find(identities))

    def is_empty(self, stream: str, list_id: int) -> bool:
        """Tell whether a stream brought no record."""
        return not self._records[list_id, stream]

    def count_unknown(self, stream: str, list_id: int) -> int:
        """Count the rejected records of a stream that may be of anybody."""
        return self._unknown[list_id, stream]

    def take_unproven_deletions(self, list_id: int) -> list[Deletion]:
        """Take deletions out of `deletions`: of a list with rejected records that may be of anybody.

        Raises:
            LedgerError: If it can't be written.
        """
        deletions = self.deletions(list_id)
        if list_id not in self._doubted_lists:
            return []
        unproven = list(deletions.values())
        deletions.clear()
        return unproven

    def close(self) -> None:
        """Free the disk that the maps take."""
        for kept in (*self._seen.values(), *self._living.values()):
            kept.close()

    # The ledger

    def flush(self) -> None:
        """Write down what was noted: a STATE that covers it may be passed on afterwards.

        Raises:
            LedgerError: If it can't be written.
        """
        with self._lock:
            notes, self._notes = self._notes, []
            for (list_id, stream, kind), group in groupby(notes, key=lambda note: note[:3]):
                some = list(group)
                if self._ledger is None:
                    continue
                if kind == "unknown":
                    self._doubt_deletions(self._ledger, list_id)
                elif kind in ("living", "rejected"):
                    self._write_living(self._ledger, list_id, stream, some)
                else:
                    self._write_deletions(self._ledger, list_id, stream, some)

    def _write_living(self, ledger: Ledger, list_id: int, stream: str, notes: Sequence[_Note]) -> None:
        if list_id in self._kept_lists:
            people = [(note.key, note.email) for note in notes]
            are_rejected = notes[0].kind == "rejected"
            ledger.note_people(list_id, stream, people, self._now, are_rejected=are_rejected)
        else:
            ledger.note_seen(list_id, [note.email for note in notes])

    def _doubt_deletions(self, ledger: Ledger, list_id: int) -> None:
        """Note that what is pending for a list may be of the record that nobody can read."""
        for stream in sorted({pending.stream for pending in ledger.pending(list_id)}):
            ledger.doubt_deletions(list_id, stream)

    def _write_deletions(self, ledger: Ledger, list_id: int, stream: str, notes: Sequence[_Note]) -> None:
        deletions = [(note.key, note.email) for note in notes]
        are_proven = list_id not in self._doubted_lists
        are_pending = ledger.note_deletions(list_id, stream, deletions, self._now, are_proven=are_proven)
        for note, is_pending in zip(notes, are_pending, strict=True):
            person = list_id, self._hash_identity(note.email)
            if note.kind == "superseded" and is_pending:
                # A record of this run brings the person, by whatever key.
                ledger.note_people(list_id, stream, [(None, note.email)], self._now)
            elif is_pending:
                self._brought_by_others.discard(person)
            else:
                self._brought_by_others.add(person)

    def _note(self, notes: Iterable[_Note]) -> None:
        if not self._writes:
            return
        with self._lock:
            self._notes.extend(notes)
            is_due = len(self._notes) >= _NOTED_AT_ONCE
        if is_due:
            self.flush()

    def _find_by_keys(self, stream: str, list_id: int, keys: Collection[bytes]) -> dict[bytes, set[str]]:
        """Return the identities that each key leads to: in the ledger, and by deletions of this run."""
        emails = {key: set(self._emails_of_deleted_keys.get((list_id, stream, key), ())) for key in keys}
        if self._ledger is not None and keys:
            for key, people in self._ledger.people_of_keys(list_id, stream, emails).items():
                known = [email for one in people if (email := readable_address(one)) is not None]
                # An earlier version may have noted an address with a domain that is not in ASCII.
                emails[key].update(normalise_email(email) or email for email in known)
        return emails

    # Who is seen and who is gone

    def _mark_seen(self, stream: str, list_id: int, identities: Sequence[bytes]) -> None:
        if self._is_mirror:
            self._seen[list_id, stream].put_all(dict.fromkeys(identities, _SEEN))

    def _supersede_deletions(
        self, stream: str, list_id: int, keys: Sequence[bytes | None], identities: Sequence[bytes]
    ) -> None:
        """Note that people live, which supersedes what was said of them before."""
        if not self._takes_deletions:
            return
        last = self._living[list_id].find(identities)
        words: dict[bytes, bytes | None] = {}
        for key, identity in zip(keys, identities, strict=True):
            word = _SEVERAL_KEYS if key is None else self._word_of(stream, key)
            is_other = (words.get(identity) or last.get(identity, word)) != word
            words[identity] = _SEVERAL_KEYS if is_other else word
        self._living[list_id].put_all(words)
        deletions = self._deletions[list_id]
        for identity in words.keys() & deletions.keys():
            self._end_superseded(deletions.pop(identity))

    def _end_superseded(self, deletion: Deletion) -> None:
        self._delivery.end_deletions([deletion.origin], "superseded", segment=deletion.segment)

    def _end_brought_by_others(self) -> None:
        with self._lock:
            some, self._brought_by_others = self._brought_by_others, set()
        for list_id, identity in some:
            if deletion := self._deletions[list_id].pop(identity, None):
                self._end_superseded(deletion)

    def _word_of(self, stream: str, key: bytes) -> bytes:
        """Return what stands for the record of a key, in whichever stream it is."""
        number = self._stream_numbers.setdefault(stream, len(self._stream_numbers))
        return key + struct.pack(">I", number)
