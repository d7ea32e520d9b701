"""Owns what proves that a tap sent all of a stream, and what says that it sends changes alone. Pure.

A tap that fails half-way looks like one that ended: end of input, and a STATE, which an SDK tap writes after
each 10,000 records, prove nothing. Proof is one ACTIVATE_VERSION of the stream in the whole run, behind its
last record, as database taps write it; others write one at a stream's start. Which STATE means which stream:
`singer/bookmarks.py`. Why: docs/design/input-path.md.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from target_activecampaign.singer.bookmarks import Bookmarks

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_SEVERAL = 2
_UNREADABLE = "?"
_MAY_HAVE_FAILED = "no ACTIVATE_VERSION came behind its last record, so the tap may have failed half-way"


class _Progress:
    """What came of one stream, as the tap calls it."""

    __slots__ = (
        "begins_again",
        "has_records",
        "is_at_end",
        "is_several",
        "numbers",
        "version",
        "versions",
        "versions_of_records",
    )

    def __init__(self) -> None:
        self.has_records = False
        self.versions = 0
        self.version = 0  # the last one's number
        self.versions_of_records: set[object] = set()  # more than one are not counted
        self.is_at_end = False  # nothing came behind its last version
        self.numbers: set[int] = set()  # of its versions; more than two are not kept
        self.begins_again = False  # a SCHEMA came behind a version that ended records
        self.is_several = False  # records came behind that

    @property
    def has_several_tables(self) -> bool:
        """Whether the stream is several tables in a row, each with a version of its own."""
        return self.is_several or max(len(self.numbers), len(self.versions_of_records)) > 1


class Completeness:
    """Notes what the messages of a tap say of its streams; asked when all of them came."""

    def __init__(self, without_version: str = _MAY_HAVE_FAILED) -> None:
        """Start without a stream.

        Args:
            without_version: Why a stream without an ACTIVATE_VERSION is not proven to be whole.
        """
        self._without_version = without_version
        self._streams: dict[str, _Progress] = {}
        self._sources: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._with_properties: set[str] = set()
        self._bookmarks = Bookmarks()
        self._signs: dict[str, str] | None = None  # of each stream; `None` until it is asked for

    def open(self, stream: str, names: Iterable[str], schema_message: Mapping[str, t.Any]) -> None:
        """Note a SCHEMA.

        Args:
            stream: As the tap calls it.
            names: What stream maps make of it. Several streams may become one.
            schema_message: The whole message.
        """
        self._signs = None
        # More records may follow.
        progress = self._streams.setdefault(stream, _Progress())
        progress.begins_again |= progress.is_at_end and progress.has_records
        progress.is_at_end = False
        for name in names:
            self._sources[name][stream] = None
        if schema_message.get("bookmark_properties"):
            self._with_properties.add(stream)

    def take_record(self, stream: str, version: object = None) -> None:
        """Note a record of a stream, as the tap calls it, or some of one version.

        Args:
            stream: The stream.
            version: As the RECORD message has it; `None` without one.
        """
        progress = self._streams.get(stream) or self._streams.setdefault(stream, _Progress())
        progress.has_records = True
        progress.is_several |= progress.begins_again
        progress.is_at_end = False
        if len(progress.versions_of_records) < _SEVERAL:
            is_readable = version is None or _is_number(version)
            progress.versions_of_records.add(version if is_readable else _UNREADABLE)

    def take_version(self, stream: str, version: object) -> None:
        """Note an ACTIVATE_VERSION of a stream, as the tap calls it.

        Args:
            stream: The stream.
            version: Its number; without one the message proves nothing.
        """
        progress = self._streams.setdefault(stream, _Progress())
        if not isinstance(version, int) or not _is_number(version):
            progress.is_at_end = False
            return
        progress.version = version
        if len(progress.numbers) < _SEVERAL:
            progress.numbers.add(version)
        progress.versions += 1
        progress.is_at_end = True

    def take_state(self, value: object) -> None:
        """Note the value of a STATE, whatever it is."""
        self._signs = None
        begun = [stream for stream, progress in self._streams.items() if progress.has_records]
        self._bookmarks.take(value, begun)

    def sources(self, name: str) -> set[str]:
        """Return the tap's streams that became a stream of this run, as stream maps call it."""
        return set(self._sources.get(name, ()))

    def has_several_tables(self, name: str) -> bool:
        """Tell whether a stream came as several tables in a row: a mapper before this target joined them.

        The version of one of them does not show that the others came.

        Args:
            name: As stream maps call it.
        """
        return any(self._streams[stream].has_several_tables for stream in self._sources.get(name, ()))

    def reason_against(self, name: str) -> str | None:
        """Return what is missing of the proof that a stream came whole, `None` where it is proven.

        Args:
            name: As stream maps call it.
        """
        if name not in self._sources:
            return "no SCHEMA of it came"
        reasons = (self._reason_against(self._streams[stream]) for stream in self._sources[name])
        return next(filter(None, reasons), None)

    def incremental_sign(self, name: str) -> str | None:
        """Return what says that the tap sends changes of a stream alone, `None` where nothing does.

        Who is missing in a stream of changes is not gone. It names keys of messages, never a value.

        Args:
            name: As stream maps call it.
        """
        if self._signs is None:
            self._signs = self._bookmarks.signs_against(self._streams)
            self._signs.update(dict.fromkeys(self._with_properties, "its SCHEMA has bookmark_properties"))
        signs = (self._signs.get(stream) for stream in self._sources.get(name, ()))
        return next(filter(None, signs), None)

    def _reason_against(self, progress: _Progress) -> str | None:
        if not progress.has_records:
            return "no record of it came"
        if not progress.versions:
            return self._without_version
        return _reason_against_versions(progress)


def _is_number(version: object) -> bool:
    return isinstance(version, int) and not isinstance(version, bool)


def _reason_against_versions(progress: _Progress) -> str | None:
    if progress.versions > 1 or not progress.is_at_end:
        return (
            "its ACTIVATE_VERSION did not come once and behind its last record, so it does not show "
            "whether the tap failed half-way"
        )
    if progress.versions_of_records not in ({None}, {progress.version}):
        return "its ACTIVATE_VERSION has another number than its records, so it is not the end of these"
    return None
