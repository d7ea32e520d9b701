"""Owns the contacts of open imports that are packed: where an import takes minutes, many of them are open.

Two hundred and fifty contacts take 0.2 MB as objects and some 20 kB packed. They stay in memory, so that no
crash leaves personal data on a disk. docs/design/memory.md says how many are packed, and when. Not locked:
its owner is.
"""

from __future__ import annotations

import itertools
import typing as t
import zlib
from array import array

import msgspec

from target_activecampaign.contacts.contact import Contact, Origin
from target_activecampaign.delivery.batch import PendingContact, bytes_of_object

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from target_activecampaign.delivery.batch import Batch

_LEVEL = 3  # of zlib: 0.7 ms for 250 contacts, and a tenth smaller than with 1
_BYTES_TO_FIND_ONE = 20
_BYTES_OF_OUTCOME = 400  # what the file of outcomes keeps of a record, with its origin


class PackedBatches:
    """Packs batches, and takes the contact of an identity out of its batch.

    Attributes:
        saved_bytes: What the packed batches take less than as objects.
        source_bytes: Of input lines that are kept packed, for the rejects file.
    """

    def __init__(self, *, keeps_origins: bool = False) -> None:
        """Start with none.

        Args:
            keeps_origins: Whether the object of each origin stands for its record, so that it has to stay.
        """
        self.saved_bytes = self.source_bytes = 0
        self._keeps_origins = keeps_origins
        self._index = _Index()
        self._packed: dict[Batch, _Packed] = {}
        self._decoded: tuple[Batch, list[_Row]] | None = (
            None  # neighbours may be asked for one after the other
        )

    def __len__(self) -> int:
        """Return the number of contacts."""
        return len(self._index)

    def pack(self, batch: Batch, kept: Collection[PendingContact] = ()) -> bool:
        """Pack the contacts of a batch in flight; returns whether they could be packed.

        A batch with people who are to be taken off can't, nor two contacts whose hashes are the same.

        Args:
            batch: In flight.
            kept: Those of its contacts that stay objects.
        """
        hashes = [hash(pending.contact.email) for pending in batch.contacts if pending not in kept]
        if len(set(hashes)) < len(hashes) or any(self._index.find(one) is not None for one in hashes):
            return False
        if any(pending.removal is not None for pending in batch.contacts):
            return False
        packed = _Packed(batch, kept, keeps_origins=self._keeps_origins)
        self._index.add(hashes, batch)
        self._packed[batch] = packed
        self._count(packed, 1)
        batch.put_away()
        return True

    def take_out(self, email: str) -> PendingContact | None:
        """Return the contact of an identity, an object from now on; `None` where no batch has it packed.

        The others of its batch stay packed: records of the same people in another order would bring all back.
        """
        batch = self._index.find(hash(email))
        if batch is None:
            return None
        packed = self._packed[batch]
        self._count(packed, -1)
        pending = packed.take_out(batch.stream, email, self._rows_of(batch))
        self._count(packed, 1)
        if pending is not None:
            self._index.discard(hash(email))
        return pending

    def unpack(self, batch: Batch) -> Sequence[PendingContact]:
        """Give a batch its contacts back, and return them; nothing where it is not packed."""
        if batch not in self._packed:
            return ()
        rows, packed = self._rows_of(batch), self._packed.pop(batch)
        self._decoded = None
        self._count(packed, -1)
        self._index.remove([hash(rows[place].email) for place in packed.places], batch)
        contacts = batch.contacts = packed.unpack(batch.stream, rows)
        return contacts

    def _rows_of(self, batch: Batch) -> list[_Row]:
        if self._decoded is None or self._decoded[0] is not batch:
            self._decoded = batch, self._packed[batch].decode()
        return self._decoded[1]

    def _count(self, packed: _Packed, sign: int) -> None:
        self.saved_bytes += sign * packed.saved_bytes
        self.source_bytes += sign * packed.source_bytes


class _Index:
    """Python's hashes of identities, each with its batch: 17 bytes each, where a dictionary takes 110."""

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(_BUCKETS)]
        self._numbers = [array("L") for _ in range(_BUCKETS)]
        self._batches: dict[int, Batch] = {}
        self._number_of: dict[Batch, int] = {}
        self._next_number = itertools.count()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def find(self, one: int) -> Batch | None:
        bucket = one % _BUCKETS
        if one not in self._hashes[bucket]:
            return None
        return self._batches[self._numbers[bucket][self._hashes[bucket].index(one)]]

    def add(self, hashes: Collection[int], batch: Batch) -> None:
        number = self._number_of[batch] = next(self._next_number)
        self._batches[number] = batch
        self._count += len(hashes)
        for one in hashes:
            self._hashes[one % _BUCKETS].append(one)
            self._numbers[one % _BUCKETS].append(number)

    def remove(self, hashes: Collection[int], batch: Batch) -> None:
        del self._batches[self._number_of.pop(batch)]
        for one in hashes:
            self.discard(one)

    def discard(self, one: int) -> None:
        self._count -= 1
        place = self._hashes[one % _BUCKETS].index(one)
        self._hashes[one % _BUCKETS].pop(place)
        self._numbers[one % _BUCKETS].pop(place)


_BUCKETS = 8_192  # some 30 identities in each where imports take ten minutes


class _Row(msgspec.Struct, array_like=True, gc=False):
    """A contact as it is packed: those of `PendingContact`, without `removal` and `state`."""

    email: str
    list_id: int
    body: bytes
    unsubscribes: bool
    exclude_automations: bool
    subscribes: bool
    line: int
    row: int | None
    source: t.Any  # a text or bytes, which msgspec tells apart, or none
    schema: int
    segment: int
    fingerprint: bytes
    is_merged: bool
    is_known: bool
    is_seen: bool
    is_missing: bool
    is_counted: bool
    first_sent_at: int
    attempts: int
    accepted_at: float
    is_again: bool


class _Packed:
    """The contacts of one batch, packed, but for those that are objects.

    Attributes:
        saved_bytes: What they take less than as objects, about.
        source_bytes: Of input lines in them.
    """

    def __init__(self, batch: Batch, kept: Collection[PendingContact], *, keeps_origins: bool) -> None:
        contacts = batch.contacts
        self._objects: dict[int, PendingContact] = {}
        self._origins = [pending.origin for pending in contacts] if keeps_origins else None
        self._schemas = _Shared()
        self._segments = _Shared()
        self._rows = zlib.compress(_ENCODER.encode([self._row_of(pending) for pending in contacts]), _LEVEL)
        self._count = len(contacts)
        of_each = _BYTES_TO_FIND_ONE + (_BYTES_OF_OUTCOME if keeps_origins else 0)
        self.saved_bytes = batch.object_bytes - len(self._rows) - len(contacts) * of_each
        self.source_bytes = 0 if keeps_origins else sum(map(_source_bytes, contacts))
        for place, pending in enumerate(contacts):
            if pending in kept:
                self._make_object(place, pending)

    @property
    def places(self) -> list[int]:
        """Places of the contacts that are no objects."""
        return [place for place in range(self._count) if place not in self._objects]

    def take_out(self, stream: str, email: str, rows: Sequence[_Row]) -> PendingContact | None:
        """Make an object of the contact of an identity, if it is packed here."""
        place = next((place for place, row in enumerate(rows) if row.email == email), None)
        if place is None:
            return None
        pending = self._contact_of(stream, place, rows[place])
        self._make_object(place, pending)
        return pending

    def _make_object(self, place: int, pending: PendingContact) -> None:
        self._objects[place] = pending
        self.saved_bytes -= bytes_of_object(pending)
        self.source_bytes -= 0 if self._origins else _source_bytes(pending)

    def _row_of(self, pending: PendingContact) -> _Row:
        contact, origin = pending.contact, pending.origin
        return _Row(
            contact.email,
            contact.list_id,
            contact.body,
            contact.unsubscribes,
            contact.exclude_automations,
            contact.subscribes,
            origin.line,
            origin.row,
            None if self._origins else origin.source,
            self._schemas.place_of(origin.schema),
            self._segments.place_of(pending.segment),
            pending.fingerprint,
            pending.is_merged,
            pending.is_known,
            pending.is_seen,
            pending.is_missing,
            pending.is_counted,
            pending.first_sent_at,
            pending.attempts,
            pending.accepted_at,
            pending.is_again,
        )

    def decode(self) -> list[_Row]:
        """Return what is packed."""
        return _DECODER.decode(zlib.decompress(self._rows))

    def unpack(self, stream: str, rows: Sequence[_Row]) -> list[PendingContact]:
        """Return the contacts: other objects, with the same segments."""
        return [
            self._objects.get(place) or self._contact_of(stream, place, row) for place, row in enumerate(rows)
        ]

    def _contact_of(self, stream: str, place: int, row: _Row) -> PendingContact:
        schema = self._schemas.items[row.schema]
        return PendingContact(
            Contact(
                row.email, row.list_id, row.body, row.unsubscribes, row.exclude_automations, row.subscribes
            ),
            self._origins[place] if self._origins else Origin(stream, row.line, row.row, row.source, schema),
            row.fingerprint,
            is_merged=row.is_merged,
            is_known=row.is_known,
            is_seen=row.is_seen,
            is_missing=row.is_missing,
            is_counted=row.is_counted,
            state="in flight",
            segment=self._segments.items[row.segment],
            first_sent_at=row.first_sent_at,
            attempts=row.attempts,
            accepted_at=row.accepted_at,
            is_again=row.is_again,
        )


def _source_bytes(pending: PendingContact) -> int:
    return pending.origin.kept_bytes if pending.origin.source else 0


class _Shared:
    """Objects that many contacts share, each once."""

    def __init__(self) -> None:
        self.items: list[t.Any] = []
        self._places: dict[int, int] = {}

    def place_of(self, item: object) -> int:
        """Return the place of an object, which is kept from now on."""
        place = self._places.setdefault(id(item), len(self.items))
        if place == len(self.items):
            self.items.append(item)
        return place


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[_Row])
