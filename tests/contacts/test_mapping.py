"""How a record becomes a contact, or why it does not."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import zoneinfo
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from target_activecampaign.config.settings import FieldMapping, StreamExport
from target_activecampaign.contacts.contact import Contact, Reason, Rejection
from target_activecampaign.contacts.custom_fields import CustomField, FieldOption
from target_activecampaign.contacts.exclusions import Exclusion, Exclusions
from target_activecampaign.contacts.mapping import MappingOptions, RecordMapper, compile_mapping
from target_activecampaign.contacts.subscription import OptOut
from target_activecampaign.errors import SettingsError
from target_activecampaign.reporting.mapping_notes import MappingNotes
from target_activecampaign.reporting.report import StreamFigures

ANY: dict[str, t.Any] = {"type": ["null", "string"]}
NESTED: dict[str, t.Any] = {
    "type": ["null", "object"],
    "properties": {"city": ANY, "geo": {"type": "object", "properties": {"lat": ANY}}},
}
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("email", "first_name", "last_name", "phone", "company", "interests"), ANY),
        **dict.fromkeys(("joined", "score", "vip", "price", "dotted.name"), ANY),
        "address": NESTED,
        "free": {"type": "object"},
        "anything": True,
    },
}
FIELDS = {
    "CITY": CustomField(1, "City", "CITY", "text"),
    "JOINED": CustomField(2, "Joined", "JOINED", "date"),
    "SCORE": CustomField(3, "Score", "SCORE", "number"),
    "INTERESTS": CustomField(4, "Interests", "INTERESTS", "checkbox"),
    "SEEN": CustomField(5, "Seen", "SEEN", "datetime"),
    "TOPICS": CustomField(
        6, "Topics", "TOPICS", "checkbox", (FieldOption("m", "Maths"), FieldOption("u", "Music"))
    ),
    "PLAN": CustomField(7, "Plan", "PLAN", "dropdown", (FieldOption("f", "Free"), FieldOption("p", "Paid"))),
}
EVERYTHING = FieldMapping(
    email="email",
    attributes={
        "first_name": "first_name",
        "last_name": "last_name",
        "phone": "phone",
        "account_name": "company",
    },
    tags="interests",
    custom_fields={
        "CITY": "address.city",
        "JOINED": "joined",
        "SCORE": "score",
        "INTERESTS": "interests",
        "SEEN": "joined",
    },
)


def mapper(
    mapping: FieldMapping | None = EVERYTHING,
    *,
    schema: dict[str, t.Any] | None = None,
    tags: tuple[str, ...] = (),
    options: MappingOptions | None = None,
    notes: MappingNotes | None = None,
) -> RecordMapper:
    export = StreamExport(list_id=3, field_mapping=mapping, tags=tags)
    own = SCHEMA if schema is None else schema
    return compile_mapping("people", own, export, FIELDS, options or MappingOptions(), notes=notes)


def contact_of(record: dict[str, t.Any], mapping: FieldMapping | None = EVERYTHING, **rest: t.Any) -> Contact:  # noqa: ANN401 - arguments of `mapper`
    found = mapper(mapping, **rest).map({"email": "ada@example.com", **record})
    assert isinstance(found, Contact), found
    return found


def rejection_of(record: dict[str, t.Any], mapping: FieldMapping | None = EVERYTHING) -> Rejection:
    found = mapper(mapping).map({"email": "ada@example.com", **record})
    assert isinstance(found, Rejection), found
    return found


def problems_of(mapping: FieldMapping | None, schema: dict[str, t.Any] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refusal:
        mapper(mapping, schema=schema)
    return refusal.value.problems


# Values


def test_every_attribute_arrives_where_it_belongs() -> None:
    found = contact_of(
        {
            "email": " Ada@Example.COM ",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "phone": "+49 30 1234567",
            "company": "Engines",
            "interests": ["maths", "music"],
            "address": {"city": "London"},
            "joined": "2026-05-19T10:00:00+02:00",
            "score": Decimal("7.50"),
        }
    )
    assert json.loads(found.body) == {
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "+49301234567",
        "customer_acct_name": "Engines",
        "tags": ["maths", "music"],
        "fields": [
            {"id": 1, "value": "London"},
            {"id": 2, "value": "2026-05-19"},
            {"id": 3, "value": "7.50"},
            {"id": 4, "value": "||maths||music||"},
            {"id": 5, "value": "2026-05-19T10:00:00+02:00"},
        ],
        "subscribe": [{"listid": 3}],
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.50"),
        (dt.date(2026, 5, 19), "2026-05-19"),
        (dt.datetime(2026, 5, 19, 12, tzinfo=dt.timezone.utc), "2026-05-19T12:00:00+00:00"),
        (["a", "b"], "a, b"),
    ],
)
def test_values_that_are_no_strings_are_written_as_text(value: object, text: str) -> None:
    assert contact_of({"first_name": value}).attributes["first_name"] == text


def test_the_default_mapping_takes_the_properties_of_these_names() -> None:
    found = contact_of({"first_name": "Ada", "last_name": "L", "phone": "1", "company": "no"}, None)
    assert found.attributes == {"first_name": "Ada", "last_name": "L", "phone": "1"}
    assert (found.tags, found.custom_fields) == ((), {})


def test_the_default_mapping_needs_no_more_than_email() -> None:
    schema = {"properties": {"email": ANY, "last_name": ANY}}
    assert contact_of({"first_name": "Ada", "last_name": "L"}, None, schema=schema).attributes == {
        "last_name": "L"
    }
    assert contact_of({}, None, schema={"properties": {"email": ANY}}).attributes == {}


def test_local_phone_numbers_are_read_in_their_region() -> None:
    options = MappingOptions(phone_region="DE")
    assert contact_of({"phone": " 030 1234567 "}, options=options).attributes["phone"] == "+49301234567"
    assert contact_of({"phone": " 030 1234567 "}).attributes["phone"] == "030 1234567"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1755551234.0, "+491755551234"),
        (Decimal("1755551234.0"), "+491755551234"),
        (Decimal("1755551234.00"), "+491755551234"),
        (Decimal("1.755551234E+9"), "+491755551234"),
        (1755551234, "+491755551234"),
        ("1755551234.0", "+491755551234"),
        (Decimal("1755551234.5"), "1755551234.5"),
        (Decimal("-1755551234.0"), "-1755551234"),
        (False, "false"),
        ("\u202a030 1234567\u202c", "+49301234567"),
        (" n/a\ufeff", "n/a"),
    ],
)
def test_a_phone_number_is_the_integer_that_a_source_took_it_for(value: object, text: str) -> None:
    options = MappingOptions(phone_region="DE")
    assert contact_of({"phone": value}, options=options).attributes["phone"] == text


def test_text_is_trimmed_wherever_it_goes() -> None:
    found = contact_of(
        {
            "first_name": " Dee       ",
            "last_name": "\ufeff\u200bDee \u200b ",
            "company": 1067.0,
            "interests": [" a ", 7.0],
            "address": {"city": "\u00a0Bonn\u3000"},
            "joined": " 2026-05-19 ",
            "score": "7.50\u00a0",
        }
    )
    assert found.attributes == {"first_name": "Dee", "last_name": "Dee", "customer_acct_name": "1067"}
    assert found.tags == ("a", "7")
    assert found.custom_fields == {
        1: "Bonn",
        2: "2026-05-19",
        3: "7.50",
        4: "||a||7||",
        5: "2026-05-19T00:00:00+00:00",
    }


@pytest.mark.parametrize("nothing", ["0000-00-00", "0000-00-00 00:00:00", " \u200b", ""])
def test_a_date_that_is_none_is_a_null(nothing: str) -> None:
    assert contact_of({"joined": nothing}).custom_fields == {}
    clears = MappingOptions(clears_nulls=True)
    found = contact_of({"joined": nothing}, options=clears).custom_fields
    assert (found[2], found[5]) == ("", "")


def test_times_belong_in_the_time_zone_of_the_source() -> None:
    options = MappingOptions(source_timezone=zoneinfo.ZoneInfo("Europe/Berlin"))
    found = contact_of({"joined": "1990-01-31T23:00:00Z"}, options=options).custom_fields
    assert (found[2], found[5]) == ("1990-02-01", "1990-01-31T23:00:00+00:00")
    found = contact_of({"joined": "1990-07-31 23:00:00"}, options=options).custom_fields
    assert (found[2], found[5]) == ("1990-07-31", "1990-07-31T23:00:00+02:00")


def test_automations_are_excluded_where_the_setting_says_so() -> None:
    assert contact_of({}, options=MappingOptions(exclude_automations=True)).exclude_automations
    assert not contact_of({}).exclude_automations


# Nested properties


@pytest.mark.parametrize(
    ("path", "record", "text"),
    [
        ("address.city", {"address": {"city": "London"}}, "London"),
        ("address.geo.lat", {"address": {"geo": {"lat": 51.5}}}, "51.5"),
        ("dotted.name", {"dotted.name": "x"}, "x"),
        ("free.any.thing", {"free": {"any": {"thing": "x"}}}, "x"),
    ],
)
def test_dots_lead_into_nested_objects(path: str, record: dict[str, t.Any], text: str) -> None:
    assert contact_of(record, FieldMapping("email", {"first_name": path})).attributes == {"first_name": text}


def test_the_name_of_an_object_may_hold_dots_itself() -> None:
    schema = {"properties": {"email": ANY, "a": NESTED, "a.b": {"properties": {"c": ANY}}}}
    mapping = FieldMapping("email", {"first_name": "a.b.c"})
    assert contact_of({"a": {"b": {"c": "no"}}, "a.b": {"c": "x"}}, mapping, schema=schema).attributes == {
        "first_name": "x"
    }


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
def test_an_object_may_be_one_of_several_alternatives(keyword: str) -> None:
    schema = {"properties": {"email": ANY, "address": {keyword: [NESTED, {"type": "null"}, True]}}}
    mapping = FieldMapping("email", {"first_name": "address.city"})
    assert contact_of({"address": {"city": "Bonn"}}, mapping, schema=schema).attributes == {
        "first_name": "Bonn"
    }


@pytest.mark.parametrize("address", ["London", 7, [{"city": "London"}], {}, {"geo": {"lat": 1}}])
def test_what_is_no_object_has_no_properties(address: object) -> None:
    mapping = FieldMapping("email", {"first_name": "address.city"})
    options = MappingOptions(clears_nulls=True)
    assert contact_of({"address": address}, mapping, options=options).attributes == {}


# Nulls


@pytest.mark.parametrize("record", [{"first_name": None}, {"first_name": ""}, {"first_name": " \t"}])
def test_a_null_or_blank_value_is_left_alone_by_default(record: dict[str, t.Any]) -> None:
    assert contact_of(record).attributes == {}


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_null_or_blank_value_empties_the_contact_where_the_setting_says_so(value: object) -> None:
    record = {
        "first_name": value,
        "phone": value,
        "joined": value,
        "score": value,
        "address": {"city": value},
    }
    found = contact_of(record, options=MappingOptions(clears_nulls=True))
    assert found.attributes == {"first_name": "", "phone": ""}
    assert found.custom_fields == {1: "", 2: "", 3: "", 5: ""}


def test_a_null_object_is_a_null_in_each_of_its_properties() -> None:
    options = MappingOptions(clears_nulls=True)
    assert contact_of({"address": None}, options=options).custom_fields == {1: ""}
    assert contact_of({"address": None}).custom_fields == {}


def test_an_absent_property_never_empties_anything() -> None:
    found = contact_of({}, options=MappingOptions(clears_nulls=True))
    assert (found.attributes, found.custom_fields, found.tags) == ({}, {}, ())


# Tags


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (["a", "b"], ("a", "b")),
        ("a, b ,,a", ("a", "b")),
        (["a", None, " ", "a ", 7], ("a", "7")),
        ('["a", "b,c", 7, null]', ("a", "b,c", "7")),
        ("[]", ()),
        ("vip [gold], b", ("vip [gold]", "b")),
        ("(VIP) gold, b", ("(VIP) gold", "b")),
        (["[VIP] gold", "(b)"], ("[VIP] gold", "(b)")),
        ('"gold (Bonn, Ulm)",b', ("gold (Bonn, Ulm)", "b")),
        ("a) b, :)", ("a) b", ":)")),
        ('\ufeff["a","b"]\u200b', ("a", "b")),
        ("\u200e{a,b}", ("a", "b")),
        ('[ "a", "b" ]\u00a0', ("a", "b")),
        ("\u2764\ufe0f", ("\u2764\ufe0f",)),
        ('{a,"b, c",NULL}', ("a", "b, c")),
        ("{}", ()),
        ('"a, b",c', ("a, b", "c")),
        ("a;b", ("a;b",)),
        ([], ()),
        ("", ()),
        (None, ()),
    ],
)
def test_tags_come_from_an_array_or_from_text_with_commas(value: object, tags: tuple[str, ...]) -> None:
    assert contact_of({"interests": value}, FieldMapping("email", tags="interests")).tags == tags


def test_static_tags_stand_before_mapped_ones_each_once() -> None:
    found = contact_of(
        {"interests": ["vip", "maths"]}, FieldMapping("email", tags="interests"), tags=("all", "vip")
    )
    assert found.tags == ("all", "vip", "maths")


@pytest.mark.parametrize("record", [{}, {"interests": None}, {"interests": "maths"}])
def test_static_tags_are_given_to_every_contact(record: dict[str, t.Any]) -> None:
    assert contact_of(record, tags=("all",)).tags[:1] == ("all",)
    assert contact_of(record, None, tags=("all",)).tags == ("all",)


# Rejections


@pytest.mark.parametrize("email", [None, "", " \n", "\ufeff \u200b"])
def test_a_record_without_an_address_is_rejected(email: object) -> None:
    assert rejection_of({"email": email}) == Rejection(Reason.EMAIL_MISSING, "email: no address")


def test_a_record_without_the_property_of_the_address_is_rejected() -> None:
    assert mapper().map({}) == Rejection(Reason.EMAIL_MISSING, "email: no address")


@pytest.mark.parametrize("email", ["ada", "ada@example", 7, True, ["ada@example.com"], {"a": 1}])
def test_a_record_whose_address_is_none_is_rejected(email: object) -> None:
    assert rejection_of({"email": email}) == Rejection(Reason.EMAIL_INVALID, "email: not an address")


def test_an_odd_character_in_an_address_is_named_and_nothing_else_of_it() -> None:
    assert rejection_of({"email": "ada\u200b@example.com"}) == Rejection(
        Reason.EMAIL_INVALID, "email: not an address: it holds U+200B"
    )
    assert (
        mapper().identify_deleted({"email": "\ufeffADA@B\u00fccher.example"}) == "ada@xn--bcher-kva.example"
    )


@pytest.mark.parametrize(
    ("record", "detail"),
    [
        ({"joined": "yesterday"}, "joined: a date in ISO 8601 was expected"),
        ({"score": "many"}, "score: a number was expected"),
        ({"score": float("nan")}, "score: a finite number was expected"),
        ({"score": Decimal("1E+999999")}, "score: a number of fewer digits was expected"),
        ({"first_name": {"a": "b"}}, "first_name: text was expected"),
        ({"phone": {"a": "b"}}, "phone: text was expected"),
        ({"address": {"city": ["a", ["b"]]}}, "address.city: a list without lists in it was expected"),
        ({"interests": {"a": "b"}}, "interests: text was expected"),
    ],
)
def test_a_value_that_does_not_fit_its_field_rejects_the_record_by_property(
    record: dict[str, t.Any], detail: str
) -> None:
    assert rejection_of(record) == Rejection(Reason.VALUE_INVALID, detail)


BROKEN_ARRAYS = [
    *("{a,b,c", "{a", '{"a","b', "[a", "[a,b", "[a] b", "[a]", '["a","b', '["a","b"', '[{"n":"a"},{"n":"b'),
    *('["a","b"];', 'x["a","b"]', "ARRAY['a','b']", '"a","b"]', "'a', 'b'}", "[0:1]={a,b"),
    *(
        "('a', 'b')",
        '("a","b")',
        "{'a', 'b'",
        "{'a', 'b'}",
        "{'a'}",
        r'"[\"a\",\"b\"]"',
        r'"[\"a\"]"',
        '"[]"',
        'a, ["b", "c"]',
    ),
]
LISTS_IN_LISTS = ['[["a","b"]]', [["a", "b"]], [[]], ['["a","b"]'], ['{"a"}'], ["('a', 'b')"], ["[]"]]


@pytest.mark.parametrize(
    ("tags", "detail"),
    [
        (7, "interests: an array of strings was expected"),
        ({"a": 1}, "interests: an array of strings was expected"),
        ([{"a": 1}], "interests: text was expected"),
        ('{"a": 1}', "interests: an array of one dimension was expected"),
        ("{{first_name}}", "interests: an array of one dimension was expected"),
        ("['a', 'b']", "interests: a JSON array was expected"),
        ('"a, b', "interests: tags with both of their quotes were expected"),
        *((text, "interests: a whole array, or tags with commas, was expected") for text in BROKEN_ARRAYS),
        ("(a,b)", "interests: tags with both of their brackets were expected"),
        ("a, [b, c]", "interests: tags with both of their brackets were expected"),
        *((item, "interests: a list without lists in it was expected") for item in LISTS_IN_LISTS),
    ],
)
def test_tags_that_are_no_list_reject_the_record(tags: object, detail: str) -> None:
    rejection = rejection_of({"interests": tags}, FieldMapping("email", tags="interests"))
    assert rejection == Rejection(Reason.VALUE_INVALID, detail)


def test_half_of_a_surrogate_pair_rejects_the_record() -> None:
    assert rejection_of({"first_name": "\ud800"}).reason is Reason.VALUE_INVALID


def test_a_bottomless_value_rejects_the_record() -> None:
    bottomless: list[t.Any] = []
    for _ in range(100_000):
        bottomless = [bottomless]
    for name in ("first_name", "interests", "score", "joined", "phone"):
        assert rejection_of({name: bottomless}).reason is Reason.VALUE_INVALID


# Values that are left out


def left_out_of(
    record: dict[str, t.Any],
    mapping: FieldMapping = EVERYTHING,
    **rest: t.Any,  # noqa: ANN401 - arguments of `mapper`
) -> tuple[Contact, dict[str, int]]:
    """Return the contact of a record, and the figures of what it goes without."""
    figures = StreamFigures()
    notes = MappingNotes("people", figures)
    return contact_of(record, mapping, notes=notes, **rest), dict(figures.left_out)


UNFIT = {
    "first_name": {"a": "b"},
    "last_name": "\ud800",
    "phone": {"a": "b"},
    "joined": "yesterday",
    "score": "1,234.56",
    "address": {"city": ["a", ["b"]]},
    "interests": {"a": "b"},
}


@pytest.mark.parametrize("clears_nulls", [False, True])
def test_a_contact_goes_without_values_that_do_not_fit_and_keeps_what_it_had(*, clears_nulls: bool) -> None:
    options = MappingOptions(clears_nulls=clears_nulls)
    found, left_out = left_out_of({**UNFIT, "company": "Engines"}, options=options, tags=("all",))
    assert (found.attributes, found.custom_fields) == ({"customer_acct_name": "Engines"}, {})
    assert found.tags == ("all",)
    assert left_out == {
        **dict.fromkeys(("first_name", "last_name", "phone", "tags"), 1),
        **{f"custom_fields.{key}": 1 for key in ("CITY", "JOINED", "SCORE", "INTERESTS", "SEEN")},
    }


def test_a_contact_without_its_unfit_values_is_the_same_as_one_that_never_had_them() -> None:
    assert left_out_of(UNFIT)[0] == contact_of({})


@pytest.mark.parametrize("options", [MappingOptions(rejects_invalid=True), MappingOptions()])
def test_a_value_that_does_not_fit_rejects_the_record_where_the_setting_says_so(
    options: MappingOptions,
) -> None:
    figures = StreamFigures()
    notes = MappingNotes("people", figures) if options.rejects_invalid else None
    for name, value in UNFIT.items():
        found = mapper(options=options, notes=notes).map({"email": "ada@example.com", name: value})
        assert isinstance(found, Rejection)
        assert found.reason is Reason.VALUE_INVALID
        assert found.detail.startswith(name)
    assert not figures.left_out


def test_the_address_cannot_be_left_out() -> None:
    compiled = mapper(notes=MappingNotes("people", StreamFigures()))
    assert compiled.map({"email": "ada"}) == Rejection(Reason.EMAIL_INVALID, "email: not an address")


def test_a_tag_that_is_none_is_left_out_alone() -> None:
    found, left_out = left_out_of(
        {"interests": ["a", {"b": 1}, "\ud800", "c"]}, FieldMapping("email", tags="interests")
    )
    assert (found.tags, left_out) == (("a", "c"), {"tags": 2})


def test_what_is_no_option_is_left_out_alone_and_of_nothing_left_the_value_stays() -> None:
    mapping = FieldMapping("email", custom_fields={"TOPICS": "interests", "PLAN": "vip"})
    clears = MappingOptions(clears_nulls=True)
    for record, fields, left_out in (
        ({"interests": "maths;MUSIC", "vip": "paid"}, {6: "||m||u||", 7: "p"}, {}),
        (
            {"interests": ["m", "x"], "vip": "Pad"},
            {6: "||m||"},
            {"custom_fields.TOPICS": 1, "custom_fields.PLAN": 1},
        ),
        ({"interests": "x", "vip": {"a": 1}}, {}, {"custom_fields.TOPICS": 1, "custom_fields.PLAN": 1}),
        ({"interests": "[]", "vip": " "}, {6: "", 7: ""}, {}),
        ({"interests": None}, {6: ""}, {}),
    ):
        found, counted = left_out_of(record, mapping, options=clears)
        assert (found.custom_fields, counted) == (fields, left_out)


def test_what_is_no_option_rejects_the_record_where_the_setting_says_so() -> None:
    mapping = FieldMapping("email", custom_fields={"TOPICS": "interests"})
    assert rejection_of({"interests": "m;x"}, mapping) == Rejection(
        Reason.VALUE_INVALID, "interests: one of the field's options was expected"
    )


def test_an_excluded_address_is_the_reason_whatever_its_values() -> None:
    exclusions = Exclusions([Exclusion("ada@example.com", "exact", "all", frozenset())])
    figures = StreamFigures()
    compiled = mapper(options=MappingOptions(exclusions=exclusions), notes=MappingNotes("people", figures))
    found = compiled.map({"email": "ada@example.com", **UNFIT})
    assert isinstance(found, Rejection)
    assert (found.reason, dict(figures.left_out)) == (Reason.EXCLUDED, {})


# Properties that no record had


def test_a_mapped_path_that_no_record_had_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    notes = MappingNotes("people", StreamFigures())
    mapping = FieldMapping(
        "email",
        {"first_name": "free.city", "last_name": "last_name", "phone": "address.city"},
        tags="interests",
        custom_fields={"CITY": "free.text.city", "JOINED": "joined"},
    )
    compiled = mapper(mapping, notes=notes)
    compiled.map({"email": "ada@example.com", "free": '{"city": "London"}', "joined": None})
    compiled.for_records(lambda record: record).map(["bo@example.com", *[UNSET] * 7])
    compiled.map({"email": "none", "address": None, "free": {"text": "{}"}})
    notes.warn_of_missing()
    assert [message.partition(", so ")[0] for message in caplog.messages] == [
        "field_mapping.first_name: no record of stream 'people' had 'free.city'",
        "field_mapping.last_name: no record of stream 'people' had 'last_name'",
        "field_mapping.phone: no record of stream 'people' had 'address.city'",
        "field_mapping.tags: no record of stream 'people' had 'interests'",
        "field_mapping.custom_fields.CITY: no record of stream 'people' had 'free.text.city'",
    ]


@pytest.mark.parametrize(
    ("values", "is_said"),
    [
        (['{"city": "Bonn"}', None], True),
        ([None, [{"city": "Bonn"}]], True),
        ([None, {}], True),
        ([None, UNSET], True),
        ([None, {"city": None}, "text"], False),
        ([{"city": "Bonn"}, None], False),
        ([None, None], False),
    ],
)
def test_a_null_object_neither_has_a_property_nor_lacks_it(
    values: list[object], caplog: pytest.LogCaptureFixture, *, is_said: bool
) -> None:
    notes = MappingNotes("people", StreamFigures())
    compiled = mapper(FieldMapping("email", custom_fields={"CITY": "free.city"}), notes=notes)
    for value in values:
        compiled.map({"email": "ada@example.com", **({} if value is UNSET else {"free": value})})
    notes.warn_of_missing()
    assert [message.partition(", so ")[0] for message in caplog.messages] == [
        "field_mapping.custom_fields.CITY: no record of stream 'people' had 'free.city'"
    ] * is_said


def test_the_default_mapping_takes_what_comes(caplog: pytest.LogCaptureFixture) -> None:
    notes = MappingNotes("people", StreamFigures())
    mapper(None, notes=notes).map({"email": "ada@example.com"})
    notes.warn_of_missing()
    assert not caplog.messages


# Problems of the mapping


def test_properties_that_the_schema_lacks_are_named_all_at_once_with_the_nearest() -> None:
    mapping = FieldMapping(
        "e_mail",
        {"first_name": "firstname", "phone": "zzz"},
        tags="Interest",
        custom_fields={"CITY": "adress.city", "JOINED": "adress.geo.long"},
    )
    lacks = "the schema of stream 'people' has no property"
    assert problems_of(mapping) == (
        f"field_mapping.email: {lacks} 'e_mail'; the nearest is 'email'",
        f"field_mapping.first_name: {lacks} 'firstname'; the nearest is 'first_name'",
        f"field_mapping.phone: {lacks} 'zzz'; it has {', '.join([*SCHEMA['properties']][:10])} and 4 more",
        f"field_mapping.tags: {lacks} 'Interest'; the nearest is 'interests'",
        f"field_mapping.custom_fields.CITY: {lacks} 'adress.city'; the nearest is 'address.city'",
        f"field_mapping.custom_fields.JOINED: {lacks} 'adress.geo.long'; the nearest is 'address.geo.lat'",
    )


def test_properties_are_named_where_none_is_near_up_to_ten() -> None:
    (problem,) = problems_of(None, {"properties": {f"x{n}": ANY for n in range(10)}})
    assert problem.endswith("no property 'email'; it has x0, x1, x2, x3, x4, x5, x6, x7, x8, x9")
    (problem,) = problems_of(None, {"properties": {"z" * 99: ANY, **{f"x{n}": ANY for n in range(12)}}})
    assert "; it has (a name of 99 characters), x0, x1," in problem
    assert problem.endswith(", x8 and 3 more")


def test_the_first_row_of_a_file_without_a_header_is_not_shown() -> None:
    (problem,) = problems_of(None, {"properties": {"Ada": ANY, "Lovelace": ANY, "ada.l@example.org": ANY}})
    assert problem.endswith("no property 'email'")


@pytest.mark.parametrize("name", ["id;email;first_name", "email;name", "\ufeffid;" + "x;" * 99 + "email"])
def test_a_file_that_is_separated_by_semicolons_is_said_to_be(name: str) -> None:
    (problem,) = problems_of(None, {"properties": {name: ANY, "_sdc_source_lineno": ANY}})
    assert problem.endswith(
        "the file is separated by semicolons. Set delimiter to ';' in the tap, or: target-activecampaign "
        "send FILE.csv"
    )


def test_columns_are_named_where_they_are_surely_names() -> None:
    (problem,) = problems_of(None, {"properties": {"id;e-mail;vorname;ort": ANY}})
    assert '. It has one property, "id;e-mail;vorname;…": the file is separated' in problem
    (problem,) = problems_of(None, {"properties": {"Ada;Lovelace;London": ANY}})
    assert "Ada" not in problem


@pytest.mark.parametrize("schema", [{"properties": {"mail": ANY}}, {"properties": {}}, {}])
def test_the_default_mapping_needs_email_in_the_schema(schema: dict[str, t.Any]) -> None:
    (problem,) = problems_of(None, schema)
    assert problem.startswith("field_mapping.email: the schema of stream 'people' has no property 'email'")


@pytest.mark.parametrize("path", ["email.local", "score.x", "address.city.x", "", ".", "address."])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    schema = {
        "properties": {
            "email": {"type": "string"},
            "score": {"type": ["integer", "null"]},
            "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        }
    }
    assert len(problems_of(FieldMapping("email", {"first_name": path}), schema)) == 1


# Any record

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Nd"])),
    st.datetimes(timezones=st.timezones()),
    st.dates(),
    st.times(),
    st.sampled_from(["2026-05-19", "||a||", "1E+999999", "sNaN", "+49 30 1234567", "a,b"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["city", "geo", "lat"]), inner)
    ),
    max_leaves=6,
)
_RECORDS = st.fixed_dictionaries(
    {}, optional={name: _VALUES for name in SCHEMA["properties"] if name != "email"}
)
_EMAILS = st.one_of(st.just("ada@example.com"), _VALUES)


@given(email=_EMAILS, record=_RECORDS, clears_nulls=st.booleans())
@example(email="ada@example.com", record={"score": Decimal("sNaN")}, clears_nulls=False)
@example(email="ada@example.com", record={"score": 10**5000}, clears_nulls=False)
def test_any_record_becomes_a_contact_or_is_rejected(
    *, email: object, record: dict[str, t.Any], clears_nulls: bool
) -> None:
    compiled = mapper(tags=("all",), options=MappingOptions(clears_nulls=clears_nulls, phone_region="DE"))
    found = compiled.map({"email": email, **record})
    if isinstance(found, Contact):
        assert json.loads(found.body)["email"] == found.email
        assert found.tags[0] == "all"
        assert len(set(found.tags)) == len(found.tags)
        assert clears_nulls or all([*found.attributes.values(), *found.custom_fields.values()])
        assert compiled.map({"email": email, **record}) == found
    else:
        assert isinstance(found, Rejection)


OPTION_FIELDS = FieldMapping(
    "email", tags="first_name", custom_fields={"TOPICS": "interests", "PLAN": "vip", "CITY": "address.city"}
)
_LISTS = st.text('mu;,{}[]"| ', max_size=9)


@settings(max_examples=30)
@given(record=_RECORDS, texts=st.fixed_dictionaries({}, optional={"interests": _LISTS, "first_name": _LISTS}))
def test_no_value_loses_a_person_with_an_address(record: dict[str, t.Any], texts: dict[str, str]) -> None:
    for mapping in (EVERYTHING, OPTION_FIELDS):
        found, _ = left_out_of({**record, **texts}, mapping, options=MappingOptions(clears_nulls=True))
        assert set(found.custom_fields.get(6, "").split("||")) <= {"", "m", "u"}
        assert found.custom_fields.get(7, "") in {"", "f", "p"}
        assert all(found.tags)


@pytest.mark.parametrize("clears_nulls", [False, True])
def test_a_text_that_is_written_as_nothing_is_blank(*, clears_nulls: bool) -> None:
    compiled = mapper(options=MappingOptions(clears_nulls=clears_nulls))
    values = ["|| ||", " ", "", None, "|| a ||"]
    records = [{"email": f"{place}@example.com", "interests": value} for place, value in enumerate(values)]
    found = [compiled.map(record) for record in records]
    written = [one.custom_fields.get(4) for one in found if isinstance(one, Contact)]
    assert written == [*[("" if clears_nulls else None)] * 4, "||a||"]


def test_of_a_record_with_several_faults_the_first_is_named() -> None:
    records: list[dict[str, t.Any]] = [
        {"email": "no address", "joined": "no date", "first_name": "\ud800"},
        {"email": "ada@example.com", "joined": "no date", "score": "no number", "interests": {}},
        {"email": "ada@example.com", "interests": {}, "first_name": "\ud800"},
        {"email": "ada@example.com", "first_name": "\ud800"},
        {"email": "ada@example.com", "first_name": "Ada"},
    ]
    found = [mapper().map(record) for record in records]
    assert [one.detail.partition(":")[0] for one in found if isinstance(one, Rejection)] == [
        *("email", "joined", "interests", "first_name")
    ]
    assert isinstance(found[-1], Contact)


@given(
    st.text("QXZ\ud800", min_size=3),
    st.sampled_from([*SCHEMA["properties"]]),
    st.sampled_from(["{}", "{}@x"]),
)
def test_a_rejection_never_shows_the_value(secret: str, name: str, form: str) -> None:
    for value in (
        form.format(secret),
        [secret],
        {secret: secret},
        [{secret: [secret]}],
        f"||{secret}||||a||",
    ):
        found = mapper().map({"email": "ada@example.com", name: value})
        if isinstance(found, Rejection):
            assert secret not in found.detail


# Who wants the list


@pytest.mark.parametrize(
    ("value", "lists"),
    [(True, [1]), ("yes", [1]), (None, []), (" ", []), (UNSET, [])],
)
def test_a_contact_is_subscribed_where_its_record_says_so(value: object, lists: list[int]) -> None:
    found = wish_mapper().map({"email": "ada@example.com", **({} if value is UNSET else {"wants": value})})
    assert isinstance(found, Contact)
    assert [one.listid for one in found.payload.subscribe] == lists
    assert (found.subscribes, found.unsubscribes, found.list_id) == (bool(lists), False, 1)


def test_what_is_no_word_is_left_out_and_counted_or_rejects_its_record() -> None:
    figures = StreamFigures()
    record = {"email": "ada@example.com", "wants": "perhaps"}
    found = wish_mapper(notes=MappingNotes("people", figures)).map(record)
    assert isinstance(found, Contact)
    assert not found.payload.subscribe
    assert figures.left_out == {"subscription": 1}
    rejected = wish_mapper(rejects_invalid=True).map(record)
    assert isinstance(rejected, Rejection)
    assert rejected.reason is Reason.VALUE_INVALID


@pytest.mark.parametrize("value", [False, "no", 0])
def test_a_record_that_says_no_is_no_contact_whatever_else_it_holds(value: object) -> None:
    record = {"email": " Ada@example.com", "wants": value, "first_name": {"un": "fit"}}
    assert wish_mapper().map(record) == OptOut("ada@example.com")
    assert wish_mapper().find_opt_out(record) == OptOut("ada@example.com")


def test_a_later_record_that_says_nothing_keeps_the_subscription_of_an_earlier_one() -> None:
    yes, nothing = (wish_mapper().map({"email": "a@example.com", "wants": wants}) for wants in (True, None))
    assert isinstance(yes, Contact)
    assert isinstance(nothing, Contact)
    assert yes.merged_with(nothing).subscribes
    assert nothing.merged_with(yes).subscribes


@pytest.mark.parametrize(
    "record", [{"email": "none", "wants": "no"}, {"email": "a@example.com", "wants": "?"}]
)
def test_a_record_without_an_address_or_a_word_says_no_no(record: dict[str, t.Any]) -> None:
    assert wish_mapper().find_opt_out(record) is None


def wish_mapper(notes: MappingNotes | None = None, *, rejects_invalid: bool = False) -> RecordMapper:
    mapping = FieldMapping(email="email", attributes={"first_name": "first_name"}, subscription="wants")
    schema: dict[str, t.Any] = {"properties": {"email": {}, "first_name": {}, "wants": {}}}
    words = {"yes": True, "no": False, "0": False}
    options = MappingOptions(subscription_words=words, rejects_invalid=rejects_invalid)
    return compile_mapping("people", schema, StreamExport(1, mapping, ()), {}, options, notes=notes)
