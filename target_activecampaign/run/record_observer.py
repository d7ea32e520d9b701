"""Owns what somebody sees who watches a run: each record beside what it became, and its outcome.

A run without an observer asks nothing of this. An observer decides nothing.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.api.client import Client
    from target_activecampaign.config.settings import StreamExport
    from target_activecampaign.contacts.contact import Contact, Origin, Rejection
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.mapping import MappingNotes, MappingOptions, RecordMapper
    from target_activecampaign.contacts.subscription import OptOut


class OpenedStream(t.NamedTuple):
    """What a run knows of a stream whose mapping is compiled.

    Attributes:
        name: As stream maps call it.
        keys: Properties that make its records' key.
        mapper: Maps its records.
        export: Where it goes, and how.
        fields: Key of a `field_mapping.custom_fields` to the account's field.
        options: What holds for every stream.
        client: Reads the account.
    """

    name: str
    keys: Sequence[str]
    mapper: RecordMapper
    export: StreamExport
    fields: Mapping[str, CustomField]
    options: MappingOptions
    client: Client


class StreamObserver(t.Protocol):
    """Sees the records of one stream, in the reader's thread."""

    def see(self, origin: Origin, record: Mapping[str, t.Any], result: Contact | Rejection | OptOut) -> None:
        """See what a record became, before it is handed on.

        Args:
            origin: Names the record to `write`.
            record: After stream maps; empty where it is no object.
            result: What the mapping made of it; an opt-out for a deletion.
        """


class RecordObserver(t.Protocol):
    """Watches one run."""

    def watch_notes(self, notes: MappingNotes) -> MappingNotes:
        """Return what takes the notes of a mapping, and hands them on."""

    def open_stream(self, stream: OpenedStream) -> StreamObserver:
        """Return what sees the records of a stream."""

    def write(
        self,
        origins: Sequence[Origin],
        outcome: str,
        reason: str | None = None,
        import_id: str | None = None,
    ) -> None:
        """See the outcome of records, in any thread; the same as `OutcomesFile.write`."""
