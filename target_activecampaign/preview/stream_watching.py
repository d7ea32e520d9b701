"""Owns what is learned of the records of one stream, each as it is seen beside what it became."""

from __future__ import annotations

import contextlib
import typing as t

import msgspec

from target_activecampaign.config.names import folded_name, nearest_name
from target_activecampaign.contacts.contact import Contact, Reason, Rejection
from target_activecampaign.contacts.tags import tag_items
from target_activecampaign.contacts.text import UnfitValueError
from target_activecampaign.preview.coverage import FieldCoverage, StreamCoverage
from target_activecampaign.preview.explaining import is_readable_phone
from target_activecampaign.preview.raw_values import text_of
from target_activecampaign.preview.recording import record_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.contacts.subscription import OptOut
    from target_activecampaign.preview.coverage import RemarkKind
    from target_activecampaign.preview.mapped_field import MappedField
    from target_activecampaign.preview.shown import Choice, ShownRecord
    from target_activecampaign.run.record_observer import OpenedStream

_OF_ADDRESS: dict[Reason, RemarkKind] = {
    Reason.EMAIL_INVALID: "email_invalid",
    Reason.EMAIL_MISSING: "email_missing",
    Reason.DELETION_WITHOUT_ADDRESS: "email_missing",
    Reason.EXCLUDED: "excluded",
}
_COUNTED_AT_ONCE = 500  # records
_SHORTEST_SHOUT = 3  # letters; "AL" may be a name
_MOST_SEARCHED = 20  # new tags, for the nearest of the account
_LONGEST_COMPARED = 60  # characters; comparing takes their square
_LIKENESS = 0.75


class Watcher(t.Protocol):
    """What watches the whole run; see `RunWatching`."""

    @property
    def choice(self) -> Choice:
        """Which records are shown."""

    left_out: list[tuple[str, str]]
    """Field and problem of the values that the record at hand goes without."""

    is_choosing: bool
    """Whether further records may be shown."""

    def count(self, line: int) -> None:
        """Count a record that is seen."""

    def show(self, record: ShownRecord, email: str | None) -> None:
        """Show a record."""


class StreamWatching:
    """Sees the records of one stream, as `StreamObserver` says.

    Attributes:
        coverage: What all of them say.
    """

    def __init__(
        self,
        run: Watcher,
        stream: OpenedStream,
        fields: Sequence[MappedField],
        before: StreamWatching | None,
    ) -> None:
        """Prepare.

        Args:
            run: Shows records.
            stream: Whose records they are.
            fields: That are mapped, the address first.
            before: The same stream under its SCHEMA before, whose figures go on.
        """
        if before is not None:
            before.flush()
        self._run = run
        self._stream = stream
        self._fields = fields
        mapped = {field.mapped.keys[0] for field in fields} | set(stream.keys)
        self.coverage: StreamCoverage = (
            StreamCoverage(stream.name, mapped) if before is None else before.coverage
        )
        known = {(one.name, one.column): one for one in self.coverage.fields}
        for field in fields:
            name = field.name, field.mapped.path
            if name not in known:
                known[name] = FieldCoverage(*name)
                self.coverage.fields.append(known[name])
        self._counted = [(field, known[field.name, field.mapped.path]) for field in fields]
        self._seen: list[_Seen] = []
        kinds = {field.kind for field in fields}
        self._tags: dict[str, str] = {}  # folded to its name, of the account
        if "tags" in kinds or stream.export.tags:
            self._tags = {folded_name(tag.name): tag.name for tag in stream.client.tags()}
        if "tags" not in kinds:
            new = [tag for tag in stream.export.tags if folded_name(tag) not in self._tags]
            self.coverage.new_tags = {tag: self._nearest_tag(tag) for tag in new}

    def see(self, origin: Origin, record: Mapping[str, t.Any], result: Contact | Rejection | OptOut) -> None:
        """Count a record, and show it where it is chosen."""
        run = self._run
        run.count(origin.line)
        self._seen.append((record, result, origin.line))
        if len(self._seen) >= _COUNTED_AT_ONCE:
            self.flush()
        if run.left_out:
            self._remark_left_out(run.left_out, record, origin.line)
        if run.is_choosing:
            self._show_if_chosen(origin, record, result, run.left_out)
        if run.left_out:
            run.left_out.clear()

    def _show_if_chosen(
        self,
        origin: Origin,
        record: Mapping[str, t.Any],
        result: Contact | Rejection | OptOut,
        left_out: Sequence[tuple[str, str]],
    ) -> None:
        choice = self._run.choice
        email = None if isinstance(result, Rejection) else result.email
        address = email or text_of(self._fields[0].pick(record))
        has_problem = bool(left_out) or isinstance(result, Rejection)
        if choice.takes(origin.line, address, has_problem=has_problem):
            shown = record_of(origin, record, result, self._fields, self._stream, left_out)
            self._run.show(shown, email)

    def flush(self) -> None:
        """Count what was seen since the last time, column by column: that takes a fifth of the time."""
        seen, self._seen = self._seen, []
        if not seen:
            return
        records = [record for record, _, _ in seen]
        self.coverage.take(records)
        for field, coverage in self._counted:
            values = list(map(field.pick, records))
            if field.kind == "email":
                coverage.take(values, _identities(seen, values))
            elif field.kind == "tags":
                coverage.take(values, _words(values))
            else:
                coverage.take(values)
            for remark in _REMARKS.get(field.kind, ()):
                remark(coverage, seen, values)
            if field.kind == "tags":
                self._remark_new_tags(coverage, seen)

    def _remark_new_tags(self, coverage: FieldCoverage, seen: Iterable[_Seen]) -> None:
        for line, parts in _parts_of(seen):
            new = [tag for tag in parts.tags if tag not in self._tags and self._is_new(tag)]
            if new:
                coverage.remark("new_tag", line, new)

    def _is_new(self, tag: str) -> bool:
        return folded_name(tag) not in self._tags

    def _remark_left_out(
        self, left_out: Sequence[tuple[str, str]], record: Mapping[str, t.Any], line: int
    ) -> None:
        for field, coverage in self._counted:
            problems = dict.fromkeys(problem for name, problem in left_out if name == field.mapped.field)
            for problem in problems:
                unknown = _unknown_options(field, record)
                if unknown:
                    coverage.remark("no_such_option", line, unknown)
                else:
                    coverage.remark("left_out", line, detail=problem)

    def find_nearest_tags(self) -> None:
        """Find for each new tag the one of the account that it likely means."""
        for coverage in self.coverage.fields:
            for remark in coverage.remarks.values():
                if remark.kind == "new_tag":
                    first = [word for word, _ in remark.words.most_common(_MOST_SEARCHED)]
                    near = {word: self._nearest_tag(word) for word in first}
                    remark.nearest = {word: name for word, name in near.items() if name}

    def _nearest_tag(self, word: str) -> str | None:
        return nearest_name(word[:_LONGEST_COMPARED], self._tags.values(), least_likeness=_LIKENESS)


_Seen: t.TypeAlias = "tuple[Mapping[str, t.Any], Contact | Rejection | OptOut, int]"


class _Parts(msgspec.Struct, gc=False):
    """The parts of a contact's body that are looked at."""

    phone: str | None = None
    tags: tuple[str, ...] = ()


_read_parts = msgspec.json.Decoder(_Parts).decode


def _parts_of(seen: Iterable[_Seen]) -> Iterator[tuple[int, _Parts]]:
    return ((line, _read_parts(result.body)) for _, result, line in seen if isinstance(result, Contact))


def _identities(seen: Iterable[_Seen], values: Iterable[object]) -> list[str]:
    """Return the identities of what was seen, without wrong addresses."""
    found = []
    for (_, result, _), value in zip(seen, values, strict=True):
        if not isinstance(result, Rejection):
            found.append(result.email)
        elif _OF_ADDRESS.get(result.reason) not in {"email_invalid", "email_missing"}:
            found.append(text_of(value).strip().lower())
    return found


def _remark_addresses(coverage: FieldCoverage, seen: Iterable[_Seen], _values: object) -> None:
    for _, result, line in seen:
        if isinstance(result, Rejection) and (kind := _OF_ADDRESS.get(result.reason)):
            coverage.remark(kind, line)


def _remark_capitals(coverage: FieldCoverage, seen: Iterable[_Seen], values: Iterable[object]) -> None:
    for (_, _, line), value in zip(seen, values, strict=True):
        if type(value) is str and value.isupper() and len(value) >= _SHORTEST_SHOUT:
            coverage.remark("capitals", line)


def _remark_phones(coverage: FieldCoverage, seen: Iterable[_Seen], _values: object) -> None:
    for line, parts in _parts_of(seen):
        if parts.phone and not is_readable_phone(parts.phone):
            coverage.remark("phone_unreadable", line)


_REMARKS: dict[str, tuple[t.Callable[..., None], ...]] = {
    "email": (_remark_addresses,),
    "name": (_remark_capitals,),
    "phone": (_remark_phones,),
}


def _words(values: Iterable[object]) -> Iterator[str]:
    """Yield the words that values of tags hold; of one that can't be read none."""
    texts = {value for value in values if type(value) is str}
    others = (value for value in values if value is not None and type(value) is not str)
    for value in (*texts, *others):
        with contextlib.suppress(UnfitValueError):
            yield from (text for item in tag_items(value) if (text := text_of(item).strip()))


def _unknown_options(field: MappedField, record: Mapping[str, t.Any]) -> tuple[str, ...]:
    if field.reader is None:
        return ()
    try:
        return field.reader.read(field.pick(record)).unknown
    except UnfitValueError:
        return ()
