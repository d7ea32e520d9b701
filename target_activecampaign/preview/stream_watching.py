"""Owns what is learned of the records of one stream, each as it is seen beside what it became."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import folded_name, nearest_name
from target_activecampaign.contacts.contact import Contact, Reason, Rejection
from target_activecampaign.contacts.tags import tag_items
from target_activecampaign.contacts.text import UnfitValueError
from target_activecampaign.preview.coverage import FieldCoverage, StreamCoverage
from target_activecampaign.preview.explaining import is_readable_phone
from target_activecampaign.preview.raw_values import text_of
from target_activecampaign.preview.recording import record_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_activecampaign.contacts.contact import Origin, Payload
    from target_activecampaign.contacts.subscription import OptOut
    from target_activecampaign.preview.coverage import RemarkKind
    from target_activecampaign.preview.mapped_field import MappedField
    from target_activecampaign.preview.shown import Choice, ShownRecord
    from target_activecampaign.run.observer import OpenedStream

_OF_ADDRESS: dict[Reason, RemarkKind] = {
    Reason.EMAIL_INVALID: "email_invalid",
    Reason.EMAIL_MISSING: "email_missing",
    Reason.DELETION_WITHOUT_ADDRESS: "email_missing",
    Reason.EXCLUDED: "excluded",
}
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

    @property
    def is_choosing(self) -> bool:
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
        self._run = run
        self._stream = stream
        self._fields = fields
        mapped = {field.mapped.keys[0] for field in fields} | set(stream.keys)
        self.coverage = StreamCoverage(stream.name, mapped) if before is None else before.coverage
        known = {(one.name, one.column): one for one in self.coverage.fields}
        for field in fields:
            name = field.name, field.mapped.path
            if name not in known:
                known[name] = FieldCoverage(*name)
                self.coverage.fields.append(known[name])
        self._counted = [(field, known[field.name, field.mapped.path]) for field in fields]
        self._counters = [self._counter(field, coverage) for field, coverage in self._counted]
        kinds = {field.kind for field in fields}
        self._needs_payload = bool(kinds & {"phone", "tags"})
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
        self.coverage.take(record)
        payload = result.payload if self._needs_payload and isinstance(result, Contact) else None
        for count in self._counters:
            count(record, result, payload, origin.line)
        left_out = run.left_out.copy()
        if left_out:
            self._remark_left_out(left_out, record, origin.line)
        if run.is_choosing:
            self._show_if_chosen(origin, record, result, left_out)
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

    def _counter(self, field: MappedField, coverage: FieldCoverage) -> Callable[..., None]:
        """Return the function that counts a record's value of a field."""
        pick, take = field.pick, coverage.take
        if field.kind == "email":
            return self._count_address(pick, coverage)
        if field.kind == "phone":
            return self._count_phone(pick, coverage)
        if field.kind == "tags":
            return self._count_tags(pick, coverage)
        if field.kind == "name":
            return self._count_name(pick, coverage)

        def count(record: Mapping[str, t.Any], _result: object, _payload: Payload | None, _line: int) -> None:
            take(pick(record))

        return count

    @staticmethod
    def _count_address(pick: Callable[..., t.Any], coverage: FieldCoverage) -> Callable[..., None]:
        def count(
            record: Mapping[str, t.Any],
            result: Contact | Rejection | OptOut,
            _payload: Payload | None,
            line: int,
        ) -> None:
            value = pick(record)
            if not isinstance(result, Rejection):
                coverage.take(value, result.email)
                return
            kind = _OF_ADDRESS.get(result.reason)
            is_wrong = kind in {"email_invalid", "email_missing"}
            coverage.take(value, "" if is_wrong else text_of(value).strip().lower())
            if kind is not None:
                coverage.remark(kind, line)

        return count

    @staticmethod
    def _count_name(pick: Callable[..., t.Any], coverage: FieldCoverage) -> Callable[..., None]:
        def count(record: Mapping[str, t.Any], _result: object, _payload: Payload | None, line: int) -> None:
            value = pick(record)
            coverage.take(value)
            if isinstance(value, str) and len(value) >= _SHORTEST_SHOUT and value.isupper():
                coverage.remark("capitals", line)

        return count

    @staticmethod
    def _count_phone(pick: Callable[..., t.Any], coverage: FieldCoverage) -> Callable[..., None]:
        def count(record: Mapping[str, t.Any], _result: object, payload: Payload | None, line: int) -> None:
            coverage.take(pick(record))
            sent = None if payload is None else payload.phone
            if sent and not is_readable_phone(sent):
                coverage.remark("phone_unreadable", line)

        return count

    def _count_tags(self, pick: Callable[..., t.Any], coverage: FieldCoverage) -> Callable[..., None]:
        def count(record: Mapping[str, t.Any], _result: object, payload: Payload | None, line: int) -> None:
            value = pick(record)
            coverage.take(value, words=_words_of(value))
            if payload is not None:
                new = [tag for tag in payload.tags if folded_name(tag) not in self._tags]
                if new:
                    coverage.remark("new_tag", line, new)

        return count

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


def _words_of(value: object) -> list[str]:
    """Return the words that a value of tags holds; of one that can't be read none."""
    if value is None:
        return []
    try:
        return [text for item in tag_items(value) if (text := text_of(item).strip())]
    except UnfitValueError:
        return []


def _unknown_options(field: MappedField, record: Mapping[str, t.Any]) -> tuple[str, ...]:
    if field.reader is None:
        return ()
    try:
        return field.reader.read(field.pick(record)).unknown
    except UnfitValueError:
        return ()
