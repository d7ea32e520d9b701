"""Owns who said no, in this run or before: records whose subscription says that their person wants no list.

A no stands until the same record says yes: what another record, of another key or stream, says of the person
does not take it back. Who said no is taken off at the end of the input, whoever put them on the list, and is
not subscribed meanwhile. What it learns is in the ledger before a STATE that covers it (`flush`).
"""

from __future__ import annotations

import logging
import threading
import typing as t
from collections import Counter, defaultdict

from target_activecampaign.batched import batched
from target_activecampaign.config.names import shown_name
from target_activecampaign.contacts.contact import Contact, Rejection
from target_activecampaign.contacts.subscription import OptOut
from target_activecampaign.delivery.removal import TRANSIENT, Removal
from target_activecampaign.run.readable_address import identity_of_leaver
from target_activecampaign.run.refusing_words import RefusingWords
from target_activecampaign.storage.keyed_hash import KeyedHash

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_activecampaign.contacts.contact import LeftAlone, Origin
    from target_activecampaign.delivery.delivery import Delivery
    from target_activecampaign.delivery.state_tracker import Segment
    from target_activecampaign.ledger.ledger import Ledger
    from target_activecampaign.ledger.opt_outs import HeldOptOut
    from target_activecampaign.run.refusing_words import Words

    Result: t.TypeAlias = Contact | Rejection | OptOut

logger = logging.getLogger(__name__)

_KEYLESS = bytes(16)  # a stream without keys has one record for each person: its last word counts
_UNREADABLE_KEY = b"\xff" * 16  # a record that may be any of its stream: no other one can take it back
_AT_ONCE = 1_000


class _Leaver(t.NamedTuple):
    """Somebody who is to be taken off a list at the end, and the record that says so."""

    origin: Origin
    email: str
    segment: Segment | None  # what the record holds up, where no ledger keeps it


class _Record(t.NamedTuple):
    """A record that says whether its person wants the list."""

    list_id: int
    stream: str
    key: bytes
    identity: bytes
    email: str
    origin: Origin


class _Ended:
    """Records that have their outcome, by outcome."""

    def __init__(self) -> None:
        self.superseded: list[Origin] = []
        self.unchanged: list[Origin] = []


class OptOuts:
    """Sorts out what records say of their people. The reader's thread calls all but `flush`."""

    def __init__(  # noqa: PLR0913 - its collaborators, and what the settings make of them
        self,
        delivery: Delivery,
        ledger: Ledger | None,
        *,
        takes_off: bool,
        is_read_only: bool,
        now: int,
        flush_people: Callable[[], None],
    ) -> None:
        """Start without anybody.

        Args:
            delivery: Counts the outcomes of records that say no, and of those that do not count for it.
            ledger: Keeps who said no; `None` without one.
            takes_off: Whether a stream says who wants the list; people of earlier runs wait else.
            is_read_only: Whether the ledger is only read (dry run).
            now: When the run began, in seconds since 1970.
            flush_people: Writes down who is brought, which comes first: a no makes nobody a member.
        """
        self._delivery = delivery
        self._ledger = ledger
        self._takes_off = takes_off
        self._writes = ledger is not None and not is_read_only
        self._now = now
        self._flush_people = flush_people
        own_hash = KeyedHash.random()
        self._hash_identity = ledger.identity if ledger else lambda email: own_hash(email.encode())
        self._hash_key = ledger.source_key if ledger else own_hash
        self._words = RefusingWords()
        self._leaving: defaultdict[int, dict[bytes, _Leaver]] = defaultdict(dict)
        self._overruled: Counter[str] = Counter()
        self._opened: set[tuple[int, str]] = set()
        self._lock = threading.Lock()
        # Whether a record says no, by record and person: the last word alone is written down.
        self._notes: dict[tuple[int, str, bytes, str], bool] = {}

    def read_ledger(self, list_id: int, not_before: int) -> None:
        """Read who said no to a list before.

        Args:
            list_id: The list.
            not_before: A no that was settled before this time (seconds since 1970) is followed again.

        Raises:
            LedgerError: If it can't be read.
            OutputError: If the temporary folder is full.
        """
        words: defaultdict[bytes, Words] = defaultdict(dict)
        for held in () if self._ledger is None else self._ledger.opt_outs(list_id):
            if held.identity not in words and len(words) >= _AT_ONCE:
                self._words.put_all(list_id, words)
                words.clear()
            is_settled = held.settled_at is not None and held.settled_at >= not_before
            words[held.identity][self._words.word_of(held.stream, held.source_key)] = is_settled
        if words:
            self._words.put_all(list_id, words)

    # Records

    def open_stream(self, stream: str, list_id: int) -> None:
        """Note that a stream is exported to a list in this run."""
        self._opened.add((list_id, stream))

    def sort(  # noqa: PLR0913 - what there is of some records
        self,
        stream: str,
        list_id: int,
        results: Sequence[Result],
        keys: Sequence[bytes | None],
        origins: Sequence[Origin],
        *,
        has_keys: bool,
        says_yes: bool,
    ) -> list[int] | None:
        """Take out the records that say no, and those that would subscribe somebody who said no.

        Args:
            stream: After stream maps.
            list_id: Where it goes.
            results: What its records became, in the order of the input.
            keys: Canonical bytes of the key of each; `None` where there is none.
            origins: Where each stood.
            has_keys: Whether the stream has keys, so that a record without one can't be told from others.
            says_yes: Whether a contact that subscribes comes of a record that says so; else its stream maps
                no subscription, and takes no no back.

        Returns:
            The places of the others; `None` where these are all.

        Raises:
            LedgerError: If the ledger can't be written.
            OutputError: If the temporary folder can't be used.
        """
        if not self._words.has_any(list_id) and not any(type(one) is OptOut for one in results):
            return None
        people = {place: self._hash_identity(one.email) for place, one in enumerate(results) if _speaks(one)}
        words = self._words.find(list_id, set(people.values()))
        ended = _Ended()
        gone: set[int] = set()
        for place, identity in people.items():
            own = words.setdefault(identity, {})
            is_no = isinstance(results[place], OptOut)
            if is_no or own:
                key = keys[place]
                without = _UNREADABLE_KEY if has_keys else _KEYLESS
                hashed = without if key is None else self._hash_key(key)
                email = t.cast("Contact | OptOut", results[place]).email
                record = _Record(list_id, stream, hashed, identity, email, origins[place])
                if is_no:
                    self._take_no(record, own, ended)
                elif self._takes_yes(record, own, ended, says_yes=says_yes):
                    continue
                gone.add(place)
        self._words.put_all(list_id, words)
        self._count(ended)
        if len(self._notes) >= _AT_ONCE:
            self.flush()
        return [place for place in range(len(results)) if place not in gone]

    def _take_no(self, record: _Record, words: Words, ended: _Ended) -> None:
        word = self._words.word_of(record.stream, record.key)
        leaving = self._leaving[record.list_id]
        if words.get(word) and record.identity not in leaving:
            ended.unchanged.append(record.origin)
            return
        is_new = word not in words
        words[word] = False
        if earlier := leaving.get(record.identity):
            ended.superseded.append(earlier.origin)
        segment = earlier.segment if earlier else self._hold()
        leaving[record.identity] = _Leaver(record.origin, record.email, segment)
        if is_new or earlier is None:
            self._note(record, says_no=True)

    def _takes_yes(self, record: _Record, words: Words, ended: _Ended, *, says_yes: bool) -> bool:
        """Take a record that would subscribe somebody who said no; return whether it may."""
        word = self._words.word_of(record.stream, record.key)
        if says_yes and word in words and record.key != _UNREADABLE_KEY:
            del words[word]
            self._note(record, says_no=False)
        if words:
            self._overruled[record.stream] += 1
            ended.superseded.append(record.origin)
        # What was settled was followed: who is on the list since then came by another way.
        is_followed = all(words.values())
        if is_followed and (earlier := self._leaving[record.list_id].pop(record.identity, None)):
            self._delivery.end_deletions([earlier.origin], "superseded", segment=earlier.segment)
        return not words

    def _count(self, ended: _Ended) -> None:
        if ended.superseded:
            self._delivery.end_deletions(ended.superseded, "superseded")
        if ended.unchanged:
            self._delivery.end_deletions(ended.unchanged, "unchanged")

    # At the end of the input

    def removals(self, list_id: int) -> Iterator[Removal]:
        """Yield who is to be taken off a list: who said no in this run, or is pending from earlier ones.

        Raises:
            LedgerError: If the ledger can't be read or written.
        """
        if not self._takes_off:
            return
        self.flush()
        leaving = self._leaving[list_id]
        for leaver in leaving.values():
            yield Removal(leaver.email, list_id, leaver.origin.stream, None, leaver.origin, leaver.segment)
        seen = set(leaving)
        held_ones = () if self._ledger is None else self._ledger.pending_opt_outs(list_id)
        for some in batched(filter(self._is_certain, held_ones), _AT_ONCE):
            # A dry run does not write that a record said yes since.
            saying_no = self._words.find(list_id, {held.identity for held in some})
            for held in some:
                is_new = held.identity in saying_no and held.identity not in seen
                if is_new and (email := identity_of_leaver(held)) is not None:
                    yield Removal(email, list_id, held.stream, None)
                seen.add(held.identity)

    def _is_certain(self, held: HeldOptOut) -> bool:
        """Tell whether the last word of a record is known: its stream came to its end in this run.

        Without any stream it is a person's word (`mirror`).
        """
        return not self._opened or (held.list_id, held.stream) in self._opened

    def leave_alone(self, list_id: int, some: Iterable[tuple[Removal, LeftAlone]]) -> None:
        """Count the records of people as unchanged who are not taken off, with the reason of each.

        Raises:
            LedgerError: If it can't be written.
        """
        leaving = self._leaving[list_id]
        for part in batched(some, _AT_ONCE):
            for removal, reason in part:
                leaving.pop(self._hash_identity(removal.email), None)
                self._end_left_alone(removal, reason)
            settled = [removal.email for removal, reason in part if reason not in TRANSIENT]
            if self._ledger is not None and self._writes:
                self._ledger.settle_opt_outs(list_id, settled)

    def _end_left_alone(self, removal: Removal, reason: LeftAlone) -> None:
        if removal.origin is None:
            return
        if removal.segment is not None and reason in TRANSIENT:
            # No ledger keeps it, so STATE waits.
            self._delivery.end_deletions([removal.origin], "held_back")
        else:
            self._delivery.end_deletions([removal.origin], "unchanged", segment=removal.segment)

    def hold_back(self) -> None:
        """Count the records of this run that say no as held back: nobody is taken off."""
        for leaving in self._leaving.values():
            self._delivery.end_deletions([leaver.origin for leaver in leaving.values()], "held_back")

    def say_overruled(self) -> None:
        """Log how many records were not exported since another one says no."""
        for stream, count in self._overruled.items():
            logger.warning(
                "field_mapping.subscription: records of stream %r that were not exported, since another "
                "record of their person said no: %d. It stands until that record says yes, or is forgotten: "
                "target-activecampaign ledger forget --addresses --members",
                shown_name(stream),
                count,
            )

    def close(self) -> None:
        """Free the disk that the words take."""
        self._words.close()

    # The ledger

    def flush(self) -> None:
        """Write down what was noted: a STATE that covers it may be passed on afterwards.

        Raises:
            LedgerError: If it can't be written.
        """
        if self._ledger is None or not self._writes:
            return
        self._flush_people()
        with self._lock:
            notes, self._notes = self._notes, {}
            groups: defaultdict[tuple[int, str, bool], list[tuple[bytes, str]]] = defaultdict(list)
            for (list_id, stream, key, email), says_no in notes.items():
                groups[list_id, stream, says_no].append((key, email))
            for (list_id, stream, says_no), some in groups.items():
                if says_no:
                    self._ledger.note_opt_outs(list_id, stream, some, self._now)
                else:
                    self._ledger.take_back_opt_outs(list_id, stream, some)

    def _note(self, record: _Record, *, says_no: bool) -> None:
        if self._writes:
            with self._lock:
                self._notes[record.list_id, record.stream, record.key, record.email] = says_no

    def _hold(self) -> Segment | None:
        return None if self._writes else self._delivery.hold_state()


def _speaks(result: Result) -> t.TypeGuard[Contact | OptOut]:
    """Tell whether it matters to a record whether its person said no."""
    return isinstance(result, OptOut) or (isinstance(result, Contact) and result.subscribes)
