"""What becomes of a record whose values are not what its stream's schema says."""

from __future__ import annotations

import io
import json
import typing as t

import pytest
from fuzz.entries import FakeRun

from target_activecampaign.config.settings import FieldMapping, StreamExport
from target_activecampaign.contacts.contact import Contact
from target_activecampaign.contacts.mapping import MappingOptions, RecordMapper, compile_mapping
from target_activecampaign.reporting.mapping_notes import MappingNotes
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_activecampaign.contacts.contact import Origin, Rejection

ADA = "ada@example.com"
CONFIG = {"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}


class _Run(FakeRun):
    """Keeps what becomes of each record: a contact's payload, or the reason and detail of a rejection."""

    notes_people = False

    def __init__(self, options: MappingOptions, mapping: FieldMapping | None) -> None:
        super().__init__()
        self.results: list[t.Any] = []
        self._options, self._mapping = options, mapping

    def open_stream(self, stream: str, schema: Mapping[str, t.Any]) -> RecordMapper | None:
        if stream == "others":
            return None
        notes = MappingNotes(stream, self.figures_of(stream))
        export = StreamExport(1, self._mapping, ())
        return compile_mapping(stream, schema, export, {}, self._options, notes=notes)

    def add(self, results: Sequence[Contact | Rejection], _: Sequence[Origin]) -> None:
        for result in results:
            if isinstance(result, Contact):
                contact = json.loads(result.body)
                self.results.append({name: contact[name] for name in contact.keys() - {"subscribe"}})
            else:
                self.results.append((result.reason.value, result.detail))


def results_of(
    schema: object,
    *records: object,
    keys: Iterable[str] = (),
    mapping: FieldMapping | None = None,
    stream: str = "people",
    is_strict: bool = False,
    **settings: object,
) -> list[t.Any]:
    target = TargetActiveCampaign(config={**CONFIG, **settings})
    run = _Run(MappingOptions(rejects_invalid=is_strict), mapping)
    target.current_run = t.cast("t.Any", run)
    messages = [{"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(keys)}]
    messages += [{"type": "RECORD", "stream": stream, "record": record} for record in records]
    lines = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
    target.process_lines(t.cast("t.Any", io.BytesIO(lines)))
    return run.results


PROPERTIES = {
    "id": {"type": "integer"},
    "email": {"type": "string"},
    "first_name": {"type": "string", "maxLength": 3},
    "last_name": {"type": ["integer", "null"]},
    "other": {"type": "array", "items": {"type": "string"}},
}
SCHEMA = {"type": "object", "properties": PROPERTIES, "required": ["other"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"first_name": "Ada", "last_name": 5}, {"first_name": "Ada", "last_name": "5"}),
        ({"first_name": "Adaline", "last_name": 5}, {"last_name": "5"}),
        ({"first_name": 7}, {}),
        ({"first_name": None}, {}),
        ({"first_name": "Ada", "last_name": "1,234.56"}, {"first_name": "Ada"}),
        ({"last_name": 5.5}, {}),
        ({"other": ["a", None], "unknown": 1}, {}),
    ],
)
def test_the_person_comes_without_a_value_that_the_schema_refuses(
    values: dict[str, object], sent: dict[str, object]
) -> None:
    first, second = results_of(SCHEMA, *[{"id": 1, "email": ADA, **values}] * 2, keys=["id"])
    assert first == second == {"email": ADA, **sent}, "the second one may be read by a decoder"


def test_a_number_without_a_fraction_is_an_integer() -> None:
    first, second = results_of(SCHEMA, *[{"id": 5.0, "email": ADA, "last_name": 5.0}] * 2, keys=["id"])
    assert first == second
    assert float(first["last_name"]) == 5


def test_a_strict_run_rejects_a_mapped_value_that_the_schema_refuses() -> None:
    records = [{"email": ADA, "first_name": 7}, {"email": 7}, {"email": ADA, "other": [None], "unknown": 1}]
    assert results_of(SCHEMA, *records, is_strict=True) == [
        ("schema_invalid", "$.first_name: type"),
        ("schema_invalid", "$.email: type"),
        {"email": ADA},
    ]


def test_without_validation_nothing_is_left_out() -> None:
    record = {"email": ADA, "first_name": "Adaline"}
    assert results_of(SCHEMA, *[record] * 2, validate_records=False) == [record] * 2


@pytest.mark.parametrize("key", [5.5, "x", None, [5], {ADA: 1}])
def test_a_key_that_is_not_what_its_schema_says_rejects_the_record(key: object) -> None:
    invalid, valid = results_of(SCHEMA, {"id": key, "email": ADA}, {"id": 5, "email": ADA}, keys=["id"])
    assert invalid == ("schema_invalid", "$.id: type")
    assert valid == {"email": ADA}


@pytest.mark.parametrize(
    "schema", [{"type": "null"}, {"maxLength": 3}, {"pattern": "^x"}, {"enum": ["a"]}, 7]
)
@pytest.mark.parametrize("keys", [[], ["email"]])
def test_whether_an_address_is_one_is_no_question_of_the_schema(schema: object, keys: list[str]) -> None:
    records = [{"email": value} for value in (ADA, None, 7, ADA)]
    assert results_of({"properties": {"email": schema}}, *records, keys=keys) == [
        {"email": ADA},
        ("email_missing", "email: no address"),
        ("email_invalid", "email: not an address"),
        {"email": ADA},
    ]


def test_free_records_have_the_usual_names_without_a_mapping() -> None:
    record = {"email": ADA, "first_name": "Ada", "last_name": "Lovelace"}
    assert results_of({"type": "object"}, *[record] * 2, {}) == [
        record,
        record,
        ("email_missing", "email: no address"),
    ]


@pytest.mark.parametrize(("more", "keys"), [({}, ["_id"]), ({"__else__": None}, [])])
def test_free_records_pass_stream_maps(more: dict[str, None], keys: list[str]) -> None:
    maps = {"people": {"email": "mail.strip()", "first_name": "name", **more}}
    record = {"_id": 1, "mail": f" {ADA}", "name": "Ada"}
    sent = results_of({"type": "object"}, record, keys=keys, stream_maps=maps)
    assert sent == [{"email": ADA, "first_name": "Ada"}]


def test_free_records_bring_what_a_stream_map_does_not_name() -> None:
    maps = {"people": {"email": "mail.strip()"}}
    mapping = FieldMapping("email", {"first_name": "name"})
    record = {"mail": f" {ADA}", "name": "Ada"}
    sent = results_of({"type": "object"}, record, mapping=mapping, stream_maps=maps)
    assert sent == [{"email": ADA, "first_name": "Ada"}]


def test_free_records_are_flattened() -> None:
    mapping = FieldMapping("contact__email", {"first_name": "contact__name"})
    record = {"contact": {"email": ADA, "name": "Ada"}}
    sent = results_of(
        {"type": "object"}, record, mapping=mapping, flattening_enabled=True, flattening_max_depth=1
    )
    assert sent == [{"email": ADA, "first_name": "Ada"}]


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "object", "properties": {}}])
@pytest.mark.parametrize("key", [1, "x", None, {"a": 1}])
def test_free_records_with_a_key_of_any_type_are_flattened(schema: dict[str, t.Any], key: object) -> None:
    sent = results_of(
        schema, {"id": key, "email": ADA}, keys=["id"], flattening_enabled=True, flattening_max_depth=2
    )
    assert sent == [{"email": ADA}]


def test_one_of_two_values_in_an_object_is_left_out_alone() -> None:
    inner = {"email": {"type": "string"}, "name": {"type": "string"}, "last": {"type": "string"}}
    schema = {"properties": {"contact": {"type": "object", "properties": inner, "required": ["zip"]}}}
    mapping = FieldMapping("contact.email", {"first_name": "contact.name", "last_name": "contact.last"})
    record = {"contact": {"email": ADA, "name": 7, "last": "Lovelace"}}
    assert results_of(schema, record, mapping=mapping) == [{"email": ADA, "last_name": "Lovelace"}]


def test_what_is_not_understood_of_other_columns_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    odd = {
        "type": "object",
        "properties": {**PROPERTIES, "other": {"pattern": "(", "type": "x", "$ref": "#/x"}},
    }
    assert results_of(odd, {"email": ADA}) == [{"email": ADA}]
    assert results_of({"properties": {"a": odd}, "required": True}, {"a": 1}, stream="others") == []
    assert "can't be understood" not in caplog.text


def test_what_is_not_understood_of_a_mapped_value_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    odd = {"properties": {**PROPERTIES, "first_name": {"pattern": r"^\p{L}+$", "maxLength": 3}}}
    records = [{"email": ADA, "first_name": name} for name in ("Zoë", "Adaline")]
    assert results_of(odd, *records) == [{"email": ADA, "first_name": "Zoë"}, {"email": ADA}]
    (said,) = [record.getMessage() for record in caplog.records if "understood" in record.getMessage()]
    assert "stream 'people': the schema's 'pattern' at $.first_name can't be understood" in said
    assert "set validate_records: false" in said
