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
from target_activecampaign.delivery.batch import PendingContact

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from target_activecampaign.delivery.batch import Batch

_LEVEL = 3  # of zlib: 0.7 ms for 250 contacts, and a tenth smaller than with 1
_BYTES_TO_FIND_ONE = 20
_BYTES_OF_OUTCOME = 400  # what the file of outcomes keeps of a record, with its origin


class PackedBatches:
    """Packs batches, and finds the one that has a contact of an identity.

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

    def __len__(self) -> int:
        """Return the number of contacts."""
        return len(self._index)

    def find(self, email: str) -> Batch | None:
        """Return the batch that may have the contact of an identity; `None` where none has it for sure."""
        return self._index.find(hash(email))

    def pack(self, batch: Batch) -> bool:
        """Pack the contacts of a batch in flight; returns whether they could be packed.

        Those who are to be taken off are not, nor two whose hashes are the same.
        """
        hashes = {hash(pending.contact.email) for pending in batch.contacts}
        if len(hashes) < len(batch) or any(self._index.find(one) is not None for one in hashes):
            return False
        if any(pending.removal is not None for pending in batch.contacts):
            return False
        self._index.add(hashes, batch)
        packed = self._packed[batch] = _Packed(batch.contacts, keeps_origins=self._keeps_origins)
        self._count(batch, packed, 1)
        batch.put_away()
        return True

    def unpack(self, batch: Batch) -> Sequence[PendingContact]:
        """Give a batch its contacts back, and return them; nothing where it is not packed."""
        packed = self._packed.pop(batch, None)
        if packed is None:
            return ()
        contacts = batch.contacts = packed.unpack(batch.stream)
        self._count(batch, packed, -1)
        self._index.remove([hash(pending.contact.email) for pending in contacts], batch)
        return contacts

    def _count(self, batch: Batch, packed: _Packed, sign: int) -> None:
        self.saved_bytes += sign * (batch.object_bytes - packed.size)
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
        self._count -= len(hashes)
        for one in hashes:
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
    """The contacts of one batch, packed.

    Attributes:
        size: Bytes that it takes, about.
        source_bytes: Of input lines in it.
    """

    def __init__(self, contacts: Sequence[PendingContact], *, keeps_origins: bool) -> None:
        self._origins = [pending.origin for pending in contacts] if keeps_origins else None
        self._schemas = _Shared()
        self._segments = _Shared()
        rows = [self._row_of(pending) for pending in contacts]
        self._rows = zlib.compress(_ENCODER.encode(rows), _LEVEL)
        self.size = len(self._rows) + len(contacts) * (
            _BYTES_TO_FIND_ONE + (_BYTES_OF_OUTCOME if keeps_origins else 0)
        )
        sources = () if keeps_origins else (pending.origin for pending in contacts)
        self.source_bytes = sum([origin.kept_bytes for origin in sources if origin.source])

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

    def unpack(self, stream: str) -> list[PendingContact]:
        """Return the contacts: other objects, with the same segments."""
        rows = _DECODER.decode(zlib.decompress(self._rows))
        return [self._contact_of(stream, place, row) for place, row in enumerate(rows)]

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
