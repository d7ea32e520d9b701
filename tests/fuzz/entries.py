"""What is fuzzed: each entry takes any bytes and fails where a promise is broken.

The promises: whatever comes in, what goes wrong is one of our own errors, in one line that quotes nothing
of the input; every record that is read has one outcome; what is sent is a contact that ActiveCampaign takes.
"""

from __future__ import annotations

import functools
import io
import json
import typing as t
from collections import defaultdict

from singer_sdk.exceptions import MissingKeyPropertiesError

from target_activecampaign.api.contract import read_contract
from target_activecampaign.api.import_status import read_status
from target_activecampaign.api.memberships import read_contact, read_contact_lists
from target_activecampaign.api.responses import (
    Response,
    TryAgainError,
    read_exclusion,
    read_field,
    read_items,
    read_list,
    read_object,
    read_page,
    read_service_time,
)
from target_activecampaign.api.submission import read_submission
from target_activecampaign.config.settings import FieldMapping, StreamExport
from target_activecampaign.contacts.contact import Contact, Origin, Rejection
from target_activecampaign.contacts.custom_fields import CustomField
from target_activecampaign.contacts.email_address import normalise_email
from target_activecampaign.contacts.mapping import MappingOptions, RecordMapper, compile_mapping
from target_activecampaign.errors import TargetError
from target_activecampaign.reporting.rejects import _mark
from target_activecampaign.reporting.report import StreamFigures
from target_activecampaign.singer.completeness import Completeness
from target_activecampaign.singer.json_values import NOT_JSON, parse_json
from target_activecampaign.target import _KNOWN_ERRORS, TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FIELD_TYPES = ("text", "date", "datetime", "number", "currency", "checkbox", "dropdown", "")
OWN_ERRORS = (TargetError, *_KNOWN_ERRORS)


class FakeRun:
    """Stands where the run does, without network and files: it counts outcomes and checks contacts."""

    keeps_records = True
    is_mirror = False
    ignores_deletions = True
    outcomes_file: t.Any = None  # of the run
    needs_keys = True
    opt_outs = None

    def observe(self, *_: object) -> None:
        """Let nobody watch."""

    def __init__(self) -> None:
        self.people: FakeRun | None = self
        self.completeness = Completeness()
        self.figures: defaultdict[str, StreamFigures] = defaultdict(StreamFigures)
        self.outcomes = self.ignored = 0
        self.states: list[t.Any] = []

    def note_schema(self, stream: str) -> None:
        pass

    def open_stream(self, stream: str, schema: Mapping[str, t.Any]) -> RecordMapper | None:
        if stream.startswith("x"):
            return None
        return compile_mapping(stream, schema, StreamExport(1, None, ()), {}, MappingOptions())

    @property
    def records(self) -> int:
        return sum(figures.read for figures in self.figures.values())

    def figures_of(self, stream: str) -> StreamFigures:
        return self.figures[stream]

    def ignore(self, _: str) -> None:
        self.ignored += 1

    def leave_out(self, _: str) -> None:
        self.ignored += 1

    def ignore_deletion(self, _: str) -> None:
        self.ignored += 1

    def note_living(self, stream: str, list_id: int, people: Sequence[tuple[bytes | None, str]]) -> None:
        assert all(email for _, email in people)

    def note_rejected(
        self, stream: str, list_id: int, people: Sequence[tuple[bytes | None, str | None]]
    ) -> None:
        assert people

    def note_deletion(
        self,
        origin: Origin,
        list_id: int,
        key: bytes | None,
        email: str | None,
        rejection: Rejection | None,
    ) -> None:
        assert (email is None) is (rejection is not None)
        self.outcomes += 1

    def knows_key(self, stream: str, list_id: int, key: bytes | None) -> bool:
        return False

    @property
    def delivery(self) -> FakeRun:
        return self

    def add(self, results: Sequence[Contact | Rejection], origins: Sequence[Origin]) -> None:
        for result, origin in zip(results, origins, strict=True):
            if isinstance(result, Rejection):
                self.set_aside(result, origin)
            else:
                self.deliver(result, origin)

    def deliver(self, contact: Contact, origin: Origin) -> None:
        self.outcomes += 1
        check_contact(contact)
        check_origin(origin)

    def set_aside(self, rejection: Rejection, origin: Origin) -> None:
        self.outcomes += 1
        check_origin(origin)
        source, schema = (
            t.cast("bytes", part).decode("utf-8-sig", "surrogatepass")
            for part in (origin.source, origin.schema)
        )
        assert json.loads(schema)["type"] == "SCHEMA"
        marked = parse_json(_mark(source.strip(), rejection))
        assert marked["_rejected"]["reason"] == rejection.reason.value

    def add_state(self, state: object) -> None:
        self.states.append(state)

    def finish(self) -> None:
        pass


def check_contact(contact: Contact) -> None:
    item = json.loads(contact.body)
    assert item["email"] == contact.email == normalise_email(contact.email)
    assert contact.email.isprintable()


def check_origin(origin: Origin) -> None:
    assert origin.line > 0
    assert isinstance(origin.source, bytes)


def check_words(error: Exception, data: bytes) -> None:
    """An error is one line, and holds no stretch of the input that could be a value."""
    words = str(error)
    assert words.isprintable(), repr(words)
    assert len(words) < 2_000
    assert b"zqx" not in data.lower() or "zqx" not in words.lower()


def read_messages(data: bytes) -> None:
    """The input of a run."""
    run = FakeRun()
    target = TargetActiveCampaign(
        config={"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    )
    target.current_run = t.cast("t.Any", run)
    try:
        target.listen(t.cast("t.Any", io.BytesIO(data)))
    except MissingKeyPropertiesError as error:
        check_words(error, data)
        run.outcomes += 1  # the record that ends the run is read and has none
    except OWN_ERRORS as error:
        check_words(error, data)
    assert run.records == run.outcomes


@functools.cache
def mapper() -> RecordMapper:
    """A mapping with every kind of attribute and custom field."""
    fields = {
        f"f{number}": CustomField(number, "", "", kind) for number, kind in enumerate(FIELD_TYPES, start=1)
    }
    names = ("first_name", "last_name", "phone", "account_name", "tags")
    properties: dict[str, t.Any] = {name: {} for name in ("email", *names, *fields)}
    mapping = FieldMapping(
        "email",
        {name: name for name in names if name != "tags"},
        tags="tags",
        custom_fields={key: key for key in fields},
    )
    options = MappingOptions(clears_nulls=True, phone_region="DE")
    return compile_mapping("s", {"properties": properties}, StreamExport(1, mapping, ("a",)), fields, options)


def map_record(data: bytes) -> None:
    """One record, with every property mapped: a record that is an array is read as the values in order."""
    value = parse_json(data)
    if isinstance(value, list):
        names = ("email", "first_name", "last_name", "phone", "account_name", "tags", *"12345678")
        value = {
            f"f{name}" if name.isdigit() else name: item for name, item in zip(names, value, strict=False)
        }
        value.setdefault("email", "ada@example.com")
    if value is NOT_JSON or not isinstance(value, dict):
        return
    result = mapper().map(value)
    if isinstance(result, Contact):
        check_contact(result)
    else:
        assert isinstance(result, Rejection)
        assert len(result.detail) < 200


def read_answers(data: bytes) -> None:
    """An answer of ActiveCampaign: two bytes of status, the value of a header, the body."""
    status = 100 + int.from_bytes(data[:2], "big") % 500
    header, _, content = data[2:].partition(b"\n")
    headers = {"retry-after": header.decode("latin-1")}
    readers: tuple[Callable[[Response], object], ...] = (
        lambda answer: read_submission(answer, 250),
        read_status,
        read_contract,
        read_service_time,
        read_object,
        lambda answer: read_page(answer, "lists", read_list),
        lambda answer: read_items(answer, "lists", read_list),
        lambda answer: read_items(answer, "fields", read_field),
        lambda answer: read_items(answer, "exclusions", read_exclusion),
        lambda answer: read_contact(answer, "zqx@example.com"),
        lambda answer: read_contact_lists(answer, "1"),
    )
    for code in (status, 200, 400):
        for read in readers:
            read_one(read, Response(code, content, headers, "/api/3/x"))


def read_one(read: Callable[[Response], object], answer: Response) -> None:
    try:
        read(answer)
    except (TryAgainError, TargetError) as error:
        check_words(error, answer.content)
        pause = getattr(error, "pause_seconds", 0)
        assert 0 <= pause <= 3600, "nobody parks the run"


ENTRIES: dict[str, Callable[[bytes], None]] = {
    "messages": read_messages,
    "records": map_record,
    "answers": read_answers,
}
"""Name to what takes the bytes."""
