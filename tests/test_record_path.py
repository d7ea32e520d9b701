"""The way of a record through stream maps to its sink: ours beside the SDK's own, on the same input."""

from __future__ import annotations

import copy
import inspect
import io
import json
import typing as t

import pytest
from fuzz.entries import OWN_ERRORS, FakeRun
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk import Target
from singer_sdk.sinks import RecordSink

from target_activecampaign import sinks
from target_activecampaign.reporting.outcome_schema import OutcomeSchema
from target_activecampaign.reporting.outcomes_file import StreamOutcomes
from target_activecampaign.sinks import METADATA, ActiveCampaignSink
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from target_activecampaign.contacts.contact import Contact, Origin, Rejection
    from target_activecampaign.singer.messages import Record
    from target_activecampaign.singer.routing import Schema

CONFIG = {"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "id": {"type": ["integer", "null"]},
        "email": {"type": ["string", "null"], "maxLength": 20},
        "address": {"type": ["object", "null"], "properties": {"city": {"type": ["string", "null"]}}},
        "_sdc_deleted_at": {"type": ["string", "null"]},
    },
}
SCHEMA_MESSAGE = {"type": "SCHEMA", "stream": "people", "schema": SCHEMA, "key_properties": []}
SETTINGS: dict[str, dict[str, t.Any]] = {
    "as it came": {},
    "flattening": {"flattening_enabled": True, "flattening_max_depth": 2},
    "an expression": {"stream_maps": {"people": {"email": "email.lower() if email else email"}}},
    "a filter": {"stream_maps": {"people": {"__filter__": "id is not None and id > 0"}}},
    "an alias": {"stream_maps": {"people": {"__alias__": "'others'"}}},
    "a property removed": {"stream_maps": {"people": {"address": None}}},
    "two maps": {"stream_maps": {"copies": {"__source__": "people", "email": "'c@example.com'"}}},
    "no map": {"stream_maps": {"__else__": None}},
    "without validation": {"validate_records": False},
    "flattened and mapped": {
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "stream_maps": {"people": {"new": "id", "__else__": None, "email": "email"}},
    },
}
CONTACT = {
    "email": st.sampled_from([None, "Ada@example.com", "a" * 30, 7]),
    "id": st.sampled_from([None, 0, 1, "1", True]),
    "address": st.sampled_from([None, {}, {"city": "Bonn"}, {"city": 7}, "Bonn", {"more": {"city": "Bonn"}}]),
    **dict.fromkeys(["_sdc_batched_at", "_sdc_sequence", "_sdc_other"], st.sampled_from([None, "x"])),
    "other": st.sampled_from([None, [1], {"a": {"b": 1}}]),
}
RECORDS = st.fixed_dictionaries({}, optional=CONTACT)
Seen = tuple[str, dict[str, t.Any]]


class SdkSink(RecordSink):
    """Writes down what the SDK hands to a sink."""

    seen: t.ClassVar[list[Seen]] = []

    def process_record(self, record: dict[str, t.Any], context: dict[str, t.Any]) -> None:
        self.seen.append((self.stream_name, copy.deepcopy(record)))


class SdkTarget(Target):
    name = "target-sdk"
    config_jsonschema: t.ClassVar[dict[str, t.Any]] = {"properties": {}}
    default_sink_class = SdkSink


def seen_by_sdk(config: dict[str, t.Any], record: dict[str, t.Any]) -> list[Seen] | None:
    """What reaches a sink; `None` where the record ends the run."""
    SdkSink.seen.clear()
    try:
        # Its validator refuses records for what nobody exports. It writes into its configuration.
        feed(SdkTarget(config={**copy.deepcopy(config), "validate_records": False}), record)
    except Exception:  # noqa: BLE001 - the SDK lets out whatever an expression raises
        return None
    return list(SdkSink.seen)


def seen_by_us(config: dict[str, t.Any], record: dict[str, t.Any]) -> list[Seen] | None:
    """What reaches the mapper; `None` where a record is set aside before."""
    target = TargetActiveCampaign(config=copy.deepcopy({**CONFIG, **config}))
    run = FakeRun()
    run.people = None
    target.current_run = t.cast("t.Any", run)
    seen: list[Seen] = []
    refused: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeRun, "open_stream", lambda _, stream, __: _Witness(stream, seen))
        patch.setattr(FakeRun, "needs_keys", False)
        patch.setattr(FakeRun, "deliver", lambda *_: None)
        patch.setattr(FakeRun, "set_aside", lambda _, rejection, __: refused.append(rejection))
        feed(target, record)
    return None if refused else seen


class _Witness:
    properties = ("not in the schema",)
    values = (("email",), ("address", "city"))
    rejects_invalid = False

    def __init__(self, stream: str, seen: list[Seen]) -> None:
        self._stream = stream
        self._seen = seen

    def for_records(self, _: object) -> _Witness:
        return self  # the first record goes alone, and is the only one

    def map(self, record: dict[str, t.Any], _: object = None) -> str:
        self._seen.append((self._stream, copy.deepcopy(record)))
        return "a contact"

    def find_opt_out(self, record: dict[str, t.Any]) -> None:
        pass


def feed(target: Target, record: dict[str, t.Any]) -> None:
    messages = (SCHEMA_MESSAGE, {"type": "RECORD", "stream": "people", "record": record})
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    file = io.BytesIO(lines.encode()) if isinstance(target, TargetActiveCampaign) else io.StringIO(lines)
    target.process_lines(t.cast("t.Any", file))


@pytest.mark.parametrize("name", SETTINGS)
@given(record=RECORDS)
@settings(max_examples=25)
def test_what_reaches_a_sink_is_what_the_sdk_would_hand_to_it(name: str, record: dict[str, t.Any]) -> None:
    assert seen_by_us(SETTINGS[name], record) == seen_by_sdk(SETTINGS[name], record)


def test_the_columns_of_metadata_are_those_that_the_sdk_takes_away() -> None:
    source = inspect.getsource(ActiveCampaignSink._remove_sdc_metadata_from_record)
    assert {name.strip('", ()') for name in source.split('"') if name.startswith("_sdc_")} == METADATA


def test_a_record_that_no_map_changes_is_not_copied() -> None:
    """What makes that safe: nobody else holds it, and a map that changes it would get a copy."""
    target = TargetActiveCampaign(config=copy.deepcopy({**CONFIG, **SETTINGS["two maps"]}))
    target.current_run = t.cast("t.Any", FakeRun())
    feed(target, {"email": "ada@example.com"})
    assert all(route.stream_map is not None for route in target._router._routes["people"])
    target = TargetActiveCampaign(config=CONFIG)
    target.current_run = t.cast("t.Any", FakeRun())
    feed(target, {"email": "ada@example.com"})
    assert [route.stream_map for route in target._router._routes["people"]] == [None]


def test_a_stream_keeps_the_sink_of_its_own_schema_where_another_becomes_one_with_it() -> None:
    target = TargetActiveCampaign(config={**CONFIG, "stream_maps": {"p*": {"__alias__": "'all'"}}})
    target.current_run = t.cast("t.Any", FakeRun())
    feed(target, {"email": "ada@example.com"})
    first = target._sinks_active["all"]
    other = {
        "type": "SCHEMA",
        "stream": "pets",
        "schema": {"properties": {"email": {}}},
        "key_properties": [],
    }
    record = {"type": "RECORD", "stream": "people", "record": {"email": "bo@example.com"}}
    lines = "".join(json.dumps(message) + "\n" for message in (other, record))
    target.process_lines(t.cast("t.Any", io.BytesIO(lines.encode())))
    sink: object = target._router._routes["people"][0].sink
    assert sink is first is not target._sinks_active["all"]


# What is no common record of a message.
TOO_DEEP = "[" * 9_999 + "]" * 9_999
ODD_LINES = [
    '{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com", "email": 7}}',
    '{"type": "RECORD", "stream": "people", "record": {"email": 7, "email": "a@example.com"}}',
    r'{"type": "RECORD", "stream": "people", "record": {"\u0065mail": "a@example.com"}}',
    r'{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com", "\ud800": 1}}',
    '{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com", "id": NaN}}',
    '{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com", "id": 1.0}}',
    '{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com", "id": 1e999}}',
    '{"type": "RECORD", "stream": "people", "record": ["a@example.com"]}',
    f'{{"type": "RECORD", "stream": "people", "record": {{"id": {TOO_DEEP}}}}}',
    f'{{"type": "RECORD", "stream": "people", "time_extracted": {TOO_DEEP}, "record": {{}}}}',
    f'{{"type": "RECORD", "stream": "people", "record": {{}}, "more": {TOO_DEEP}}}',
    '{"type": "RECORD", "stream": "people"}',
    '{"type": "RECORD", "stream": "people", "record": {"_sdc_deleted_at": 1, "email": "a@b.co"}}',
    '{"type": "RECORD", "stream": "people", "record": {"_sdc_deleted_at": null, "email": "a@b.co"}}',
    '{"type": "STATE", "value": 1}',
    '{"type": "RECORD", "stream": "others", "record": {}}',
    '{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com"}',
    '{"type": "RECORD", "stream": "people", "record": {"email": "a@example.com"}} x',
    "",
    "  ",
    json.dumps(SCHEMA_MESSAGE),
    json.dumps({**SCHEMA_MESSAGE, "key_properties": ["id"]}),
]
LINES = st.one_of(
    RECORDS.map(lambda record: json.dumps({"type": "RECORD", "stream": "people", "record": record})),
    st.builds(
        lambda record, more: json.dumps({**more, "stream": "people", "record": record, "type": "RECORD"}),
        RECORDS,
        st.sampled_from([{"time_extracted": "now"}, {"time_extracted": 1}, {"version": 1}, {"more": None}]),
    ),
    st.sampled_from(ODD_LINES),
)


class _ToldOutcomes:
    """Stands where the file of outcomes does, and writes down which records are read."""

    def __init__(self, told: list[tuple[object, ...]]) -> None:
        self.told = told

    def open_stream(self, *stream: t.Any) -> StreamOutcomes:  # noqa: ANN401 - as the file's
        return StreamOutcomes(t.cast("t.Any", self), OutcomeSchema(*stream))

    def take(self, schema: OutcomeSchema, origins: Sequence[Origin], keys: Sequence[t.Any]) -> None:
        read = [schema.begin(key) for key in keys]
        self.told += [("read", *one) for one in zip(origins, read, strict=True)]


class _Recorder(FakeRun):
    """Writes down all that a run is told."""

    is_mirror = True

    def __init__(self, *, ignores_deletions: bool) -> None:
        super().__init__()
        self.ignores_deletions = ignores_deletions
        self.told: list[tuple[object, ...]] = []
        self.outcomes_file = _ToldOutcomes(self.told)

    def deliver(self, contact: Contact, origin: Origin) -> None:
        self.told.append(("deliver", contact, origin))

    def set_aside(self, rejection: Rejection, origin: Origin) -> None:
        self.told.append(("set aside", rejection, origin))

    def note_living(self, stream: str, list_id: int, people: Sequence[tuple[bytes | None, str]]) -> None:
        self.told += [("seen", stream, list_id, *person) for person in people]

    def note_rejected(
        self, stream: str, list_id: int, people: Sequence[tuple[bytes | None, str | None]]
    ) -> None:
        self.told += [("seen rejected", stream, list_id, *person) for person in people]

    def note_deletion(self, *deletion: object) -> None:
        self.told.append(("deletion", *deletion))

    def knows_key(self, *key: object) -> bool:
        self.told.append(("filtered", *key))
        return True

    def add_state(self, state: object) -> None:
        self.told.append(("state", state))


def told(config: dict[str, t.Any], lines: list[str], *, decodes: bool, ignores: bool) -> list[object]:
    target = TargetActiveCampaign(config=copy.deepcopy({**CONFIG, **config}))
    run = _Recorder(ignores_deletions=ignores)
    target.current_run = t.cast("t.Any", run)
    text = "".join(f"{line}\n" for line in [json.dumps(SCHEMA_MESSAGE), *lines])
    with pytest.MonkeyPatch.context() as patch:
        if not decodes:
            patch.setattr(sinks, "compile_record_decoder", lambda *_, **__: None)
        try:
            counts: object = target.process_lines(t.cast("t.Any", io.BytesIO(text.encode())))
        except OWN_ERRORS as error:
            counts = str(error)
    # Of several records all are marked as seen before any is handed on.
    return [
        *(what for what in run.told if what[0] == "read"),
        *(what for what in run.told if what[0] == "seen"),
        *(what for what in run.told if what[0] == "seen rejected"),
        *(what for what in run.told if str(what[0]).partition(" ")[0] not in {"read", "seen"}),
        counts,
        run.ignored,
        [figures.read for figures in run.figures.values()],
        run.completeness.reason_against("people"),
    ]


def told_both_ways(
    config: dict[str, t.Any], lines: list[str], *, ignores: bool
) -> tuple[list[object], list[object]]:
    """What a run is told where records may be read as structs, and where none is; the first never is."""
    record = json.dumps({"type": "RECORD", "stream": "people", "record": {"email": "first@example.com"}})
    some = [record, *lines]
    return told(config, some, decodes=True, ignores=ignores), told(
        config, some, decodes=False, ignores=ignores
    )


@pytest.mark.parametrize("name", ["as it came", "an alias", "without validation"])
@given(lines=st.lists(LINES, max_size=5), ignores=st.booleans())
@settings(max_examples=60)
def test_a_record_that_is_read_as_a_struct_goes_the_way_of_all_others(
    name: str, lines: list[str], *, ignores: bool
) -> None:
    decoded, plain = told_both_ways(SETTINGS[name], lines, ignores=ignores)
    assert decoded == plain


KEYS = st.one_of(
    st.integers(),
    st.text(max_size=5),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False),
    st.lists(st.none()),
)


@given(keys=st.lists(KEYS, max_size=5))
@settings(max_examples=60)
def test_a_record_that_is_read_as_a_struct_has_the_key_that_it_has_else(keys: list[object]) -> None:
    properties: dict[str, t.Any] = {**SCHEMA["properties"], "id": {}}
    schema = {**SCHEMA_MESSAGE, "schema": {**SCHEMA, "properties": properties}, "key_properties": ["id"]}
    records = [{"id": key, "email": f"p{number}@example.com"} for number, key in enumerate([0, *keys])]
    messages = [{"type": "RECORD", "stream": "people", "record": record} for record in records]
    lines = [json.dumps(message) for message in [schema, *messages]]
    decoded, plain = told_both_ways({}, lines, ignores=False)
    assert decoded == plain
    assert ("seen", "people", 1, b'[null,["id"]]n0', "p0@example.com") in decoded


@pytest.mark.parametrize("line", ODD_LINES, ids=range(len(ODD_LINES)))
def test_an_odd_line_goes_the_way_of_all_others(line: str) -> None:
    decoded, plain = told_both_ways({}, [line], ignores=False)
    assert decoded == plain


def test_a_row_of_a_batch_that_is_read_as_a_struct_goes_the_way_of_all_others(tmp_path: Path) -> None:
    rows = [
        *['{"email": "a@example.com"}', '{"email": "b@example.com", "id": 1}', '{"email": 7}', "", "[]"],
        *['{"email": "c@example.com", "other": 1}', '{"email": "d@example.com", "_sdc_deleted_at": 1}'],
        *['{"email": "e@example.com", "_sdc_sequence": 1}', ' {"email": "f@example.com"} ', "{}", "nonsense"],
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(rows))
    message = {"type": "BATCH", "stream": "people", "encoding": {"format": "jsonl"}}
    lines = [json.dumps({**message, "manifest": [file.as_uri()]})]
    decoded, plain = told_both_ways({}, lines, ignores=False)
    assert decoded == plain
    assert "row 11" in str(decoded[-4])


def test_a_common_record_is_read_as_a_struct() -> None:
    target = TargetActiveCampaign(config=CONFIG)
    target.current_run = t.cast("t.Any", FakeRun())
    with pytest.MonkeyPatch.context() as patch:
        feed(target, {"email": "ada@example.com"})
        patch.setattr(target._router, "_send_one", None)
        line = {"type": "RECORD", "stream": "people", "record": {"email": "bo@example.com", "id": 1}}
        target.process_lines(t.cast("t.Any", io.BytesIO(json.dumps(line).encode())))


def test_streams_that_take_turns_are_read_as_structs_in_their_order() -> None:
    target = TargetActiveCampaign(config=CONFIG)
    run = _Recorder(ignores_deletions=True)
    target.current_run = t.cast("t.Any", run)
    streams = ["people", "pets", "people", "people", "pets", "people", "pets", "pets"]
    messages: list[dict[str, t.Any]] = [{**SCHEMA_MESSAGE, "stream": name} for name in streams[:2]]
    messages += [{"type": "RECORD", "stream": name, "record": {"email": "a@b.co"}} for name in streams]
    singly: list[str] = []
    send_one = target._router._send_one

    def send_singly(record: Record, schema: Schema) -> None:
        singly.append(record.stream)
        send_one(record, schema)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target._router, "_send_one", send_singly)
        lines = "".join(json.dumps(message) + "\n" for message in messages)
        target.process_lines(t.cast("t.Any", io.BytesIO(lines.encode())))
    origins = [what[2] for what in run.told if what[0] == "deliver"]
    assert [(origin.stream, origin.line) for origin in t.cast("list[Origin]", origins)] == [
        (name, line) for line, name in enumerate(streams, start=3)
    ]
    assert singly == streams[:2], "the first of each"
