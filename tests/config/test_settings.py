"""What can be configured, what is refused, and in which words."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import traceback
import typing as t
import zoneinfo
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.sdk_settings import DESCRIBED_JSONSCHEMA
from target_activecampaign.config.secret import Secret
from target_activecampaign.config.settings import FieldMapping, Settings, StreamExport, parse_settings
from target_activecampaign.errors import SettingsError

KEY = "made-up-key-0123456789abcdef0123456789abcdef"
GOOD: dict[str, t.Any] = {
    "hostname": "acme.api-us1.com",
    "api_key": KEY,
    "data_privacy_consent": True,
    "list_id": 3,
}


DEFAULT_MEANINGS = {
    **dict.fromkeys(("true", "subscribed", "yes", "1", "active"), True),
    **dict.fromkeys(("false", "unsubscribed", "no", "0", "cleaned"), False),
}


def parse(**changes: object) -> Settings:
    return parse_settings({**GOOD, **changes})


def find_problems(config: dict[str, t.Any]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refusal:
        parse_settings(config)
    return refusal.value.problems


def refused_names(**changes: object) -> list[str]:
    return [problem.partition(":")[0] for problem in find_problems({**GOOD, **changes})]


# Defaults


def test_four_settings_are_enough() -> None:
    assert parse() == Settings(
        display_name="acme.api-us1.com",
        base_url="https://acme.api-us1.com",
        is_sandbox=False,
        api_key=Secret(KEY),
        exports=(("*", StreamExport(list_id=3, field_mapping=None, tags=())),),
        subscription_words=DEFAULT_MEANINGS,
        on_null="keep",
        on_invalid_value="leave_out",
        exclude_automations=False,
        chooses_automations=False,
        phone_region=None,
        source_timezone=None,
        profile_limit=1_000_000,
        account_limit_guard=True,
        on_limit="fail",
        batch_size_rows=250,
        requests_per_second=5,
        imports_per_minute=100,
        rate_limit_url=None,
        on_rate_limit_loss="slow",
        import_timeout_seconds=3600,
        request_timeout_seconds=60,
        shutdown_grace_seconds=10,
        verify="sample",
        max_rejected_percent=20,
        rejects_path=None,
        outcomes_path=None,
        report_path=None,
        alert_url=None,
        alert_format="json",
        heartbeat_url=None,
        dry_run=False,
        ledger_url=None,
        ledger_max_age_days=0,
        membership="add",
        max_removal_percent=10,
        on_delete="ignore",
        sdk={},
    )


def test_a_null_is_not_set_for_every_setting() -> None:
    nulls = dict.fromkeys(CONFIG_JSONSCHEMA["properties"])
    assert parse_settings({**nulls, **GOOD}) == parse()


def test_missing_settings_are_named_all_at_once() -> None:
    names = [problem.partition(":")[0] for problem in find_problems({})]
    assert names == ["hostname", "data_privacy_consent", "api_key", "list_id"]


# Connection


def test_sandbox_is_the_emulator_in_any_letter_case() -> None:
    settings = parse(hostname=" Sandbox ", api_key="sandbox")
    assert settings.is_sandbox
    assert settings.base_url == ""
    assert settings.display_name == "sandbox"


def test_the_hostname_is_reduced() -> None:
    settings = parse(hostname="http://127.0.0.1:8025/api/3/")
    assert settings.base_url == "http://127.0.0.1:8025"
    assert settings.display_name == "127.0.0.1:8025"
    assert not settings.is_sandbox


def test_the_display_name_is_taken_without_blanks_around() -> None:
    assert parse(display_name=" Shop, Berlin ").display_name == "Shop, Berlin"


def test_the_key_is_revealed_to_who_asks_and_trimmed() -> None:
    assert parse(api_key=f" {KEY}\n").api_key.reveal() == KEY


def test_the_key_is_in_no_repr_no_format_and_no_dictionary() -> None:
    settings = parse(stream_map_config={"salt": "made-up"})
    for shown in (repr(settings), str(settings), f"{settings.api_key}", f"{settings.api_key!r:>40}"):
        assert KEY not in shown
    with pytest.raises(TypeError):
        json.dumps(settings.api_key)
    assert not hasattr(settings.api_key, "__dict__")


def test_secrets_are_compared_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse().profile_limit = 5  # type: ignore[misc]


# Export


@pytest.mark.parametrize("list_id", [7, "7", " 7 ", "007"])
def test_a_list_id_may_be_digits(list_id: object) -> None:
    assert parse(list_id=list_id).list_ids() == (7,)


def test_a_list_may_be_named_and_has_its_number_from_the_account() -> None:
    streams = {"a": {}, "b": {"list_id": 4}, "c": {"list_id": "3 VIPs"}}
    settings = parse(list_id=" Customers ", streams=streams)
    assert (settings.list_ids(), settings.list_names()) == ((4,), ("3 VIPs", "Customers"))
    numbered = settings.with_lists({"Customers": 7, "3 VIPs": 4})
    assert (numbered.list_ids(), numbered.list_names()) == ((4, 7), ())
    assert [export.list_id for _, export in numbered.exports] == [7, 4, 4]


def test_a_file_in_the_place_of_a_named_list_s_lock_is_refused(tmp_path: Path) -> None:
    ledger = f"{tmp_path}/ledger.db"
    settings = parse(list_id="VIP", ledger_url=f"sqlite:///{ledger}", report_path=f"{ledger}.list-3.lock")
    with pytest.raises(SettingsError, match="report_path: is the file of ledger_url"):
        settings.with_lists({"VIP": 3})


def test_a_mapping_is_read_whole() -> None:
    export = parse(
        field_mapping={
            "email": "mail",
            "first_name": "name.first",
            "last_name": None,
            "phone": " Mobile",
            "account_name": "company",
            "tags": "labels",
            "custom_fields": {"%CITY%": "address.city", "7": "plan", "Customer since": None},
        }
    ).export_for("customers")
    assert export is not None
    assert export.field_mapping == FieldMapping(
        email="mail",
        attributes={"first_name": "name.first", "phone": " Mobile", "account_name": "company"},
        tags="labels",
        custom_fields={"%CITY%": "address.city", "7": "plan"},
    )


def test_tags_are_trimmed_and_given_once() -> None:
    export = parse(tags=[" vip", "shop ", "vip", "👩‍💻"]).export_for("any")
    assert export is not None
    assert export.tags == ("vip", "shop", "👩‍💻")


def test_without_streams_every_stream_is_exported() -> None:
    assert parse().export_for("whatever") == StreamExport(3, None, ())


def test_with_streams_only_those_that_match_are_exported() -> None:
    settings = parse(streams={"customers": {}})
    assert settings.export_for("customers") is not None
    assert settings.export_for("Customers") is None
    assert settings.export_for("orders") is None


def test_the_first_glob_that_matches_counts() -> None:
    settings = parse(streams={"vip_eu": {"list_id": 1}, "vip_*": {"list_id": 2}, "*": {}})
    found = [settings.export_for(name) for name in ("vip_eu", "vip_us", "others")]
    assert [export.list_id for export in found if export] == [1, 2, 3]
    assert settings.list_ids() == (1, 2, 3)


def test_the_exact_name_of_a_stream_counts_before_any_glob() -> None:
    settings = parse(streams={"*": {"list_id": 1}, "vip": {"list_id": 2}, "eu[1]": {"list_id": 4}})
    found = [settings.export_for(name) for name in ("vip", "eu[1]", "eu1")]
    assert [export.list_id for export in found if export] == [2, 4, 1]


def test_what_a_stream_has_replaces_what_stands_above() -> None:
    above = {"field_mapping": {"email": "mail", "phone": "tel"}, "tags": ["shop"]}
    settings = parse(
        **above,
        streams={"a": {}, "b": {"field_mapping": {"email": "e"}}, "c": {"tags": []}, "d": {"tags": None}},
    )
    a, b, c, d = (settings.export_for(name) for name in "abcd")
    assert a == d == StreamExport(3, FieldMapping(email="mail", attributes={"phone": "tel"}), ("shop",))
    assert b == StreamExport(3, FieldMapping(email="e"), ("shop",))
    assert c == StreamExport(3, FieldMapping(email="mail", attributes={"phone": "tel"}), ())


def test_no_list_is_needed_above_when_every_stream_has_one() -> None:
    settings = parse(list_id=None, streams={"a": {"list_id": "9"}, "b": {"list_id": 4}})
    assert settings.list_ids() == (4, 9)


def test_a_phone_region_is_upper_cased() -> None:
    assert parse(phone_region=" de ").phone_region == "DE"


@pytest.mark.parametrize("name", ["Europe/Berlin", " europe/berlin "])
def test_a_time_zone_is_found_in_any_letter_case(name: str) -> None:
    assert str(parse(source_timezone=name).source_timezone) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Europe/Berln", "is no IANA name, like Europe/Berlin; the nearest is Europe/Berlin"),
        ("+01:00", "is no IANA name, like Europe/Berlin"),
        ("../../etc/passwd", "is no IANA name, like Europe/Berlin"),
        ("Europe", "is no IANA name, like Europe/Berlin; the nearest is"),
    ],
)
def test_what_is_no_time_zone_is_refused_with_the_nearest(name: str, advice: str) -> None:
    (problem,) = find_problems({**GOOD, "source_timezone": name})
    assert problem.startswith(f"source_timezone: {advice}")


def test_a_machine_without_time_zones_knows_utc_and_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    assert parse(source_timezone="utc").source_timezone is None
    (problem,) = find_problems({**GOOD, "source_timezone": "Europe/Berlin"})
    assert "tzdata" in problem


# Limits, delivery


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("profile_limit", "profile_limit", 1),
        ("batch_size_rows", "batch_size_rows", 1),
        ("requests_per_second", "requests_per_second", 1000),
        ("imports_per_minute", "imports_per_minute", 10_000),
        ("import_timeout", "import_timeout_seconds", 1),
        ("request_timeout", "request_timeout_seconds", 1),
        ("shutdown_grace", "shutdown_grace_seconds", 0),
        ("max_rejected_percent", "max_rejected_percent", 0),
        ("max_rejected_percent", "max_rejected_percent", 100),
    ],
)
def test_integers_are_taken_up_to_their_bounds_and_as_digits(name: str, attribute: str, value: int) -> None:
    assert getattr(parse(**{name: value}), attribute) == value
    assert getattr(parse(**{name: str(value)}), attribute) == value


def test_switches_and_words_are_taken() -> None:
    settings = parse(
        on_invalid_value="reject",
        on_null="clear",
        on_limit="stop",
        exclude_automations=True,
        account_limit_guard=False,
    )
    assert (settings.on_null, settings.on_limit) == ("clear", "stop")
    assert settings.on_invalid_value == "reject"
    assert (settings.exclude_automations, settings.account_limit_guard) == (True, False)


def test_paths_are_paths(tmp_path: Path) -> None:
    settings = parse(rejects_path=str(tmp_path / "rejects.singer"), report_path="report.json")
    assert settings.rejects_path == tmp_path / "rejects.singer"
    assert settings.report_path == Path("report.json")


# The SDK's own


def test_sdk_settings_are_passed_on_as_they_came_without_nulls() -> None:
    sdk = {
        "stream_maps": {"a": {"email": "mail", "phone": None}, "__else__": None},
        "stream_map_config": {"salt": 1.5},
        "faker_config": {"seed": 0},
        "flattening_enabled": True,
        "flattening_max_depth": "3",
        "flattening_separator": "__",
        "validate_records": False,
        "batch_config": None,
    }
    passed_on = {**sdk, "flattening_max_depth": 3}
    del passed_on["batch_config"]
    assert dict(parse(**sdk).sdk) == passed_on


# What is refused

WRONG: list[tuple[str, dict[str, t.Any]]] = [
    ("hostname", {"hostname": None}),
    ("hostname", {"hostname": ""}),
    ("hostname", {"hostname": 5}),
    ("hostname", {"hostname": "http://acme.api-us1.com"}),
    ("hostname", {"hostname": "127.0.0.1:8025"}),
    ("hostname", {"hostname": "acme"}),
    ("api_key", {"api_key": None}),
    ("api_key", {"api_key": " "}),
    ("api_key", {"api_key": 12345}),
    ("api_key", {"api_key": "two words"}),
    ("api_key", {"api_key": "line\r\nX-Evil: 1"}),
    ("api_key", {"api_key": "schlüssel"}),
    ("data_privacy_consent", {"data_privacy_consent": None}),
    ("data_privacy_consent", {"data_privacy_consent": False}),
    ("data_privacy_consent", {"data_privacy_consent": "true"}),
    ("data_privacy_consent", {"data_privacy_consent": 1}),
    ("display_name", {"display_name": "two\nlines"}),
    ("display_name", {"display_name": ["shop"]}),
    ("display_name", {"display_name": f"shop {KEY}"}),
    ("list_id", {"list_id": None}),
    ("list_id", {"list_id": 0}),
    ("list_id", {"list_id": "7.5"}),
    ("list_id", {"list_id": "-7"}),
    ("list_id", {"list_id": "1,000"}),
    ("list_id", {"list_id": "\uff17"}),
    ("list_id", {"list_id": " "}),
    ("list_id", {"list_id": "a\nb"}),
    ("list_id", {"list_id": True}),
    ("list_id", {"list_id": 3.0}),
    ("list_id", {"list_id": "9" * 5000}),
    ("field_mapping", {"field_mapping": "email"}),
    ("field_mapping.email", {"field_mapping": {}}),
    ("field_mapping.email", {"field_mapping": {"email": " "}}),
    ("field_mapping.phone", {"field_mapping": {"email": "e", "phone": ["tel"]}}),
    ("field_mapping.firstname", {"field_mapping": {"email": "e", "firstname": "f"}}),
    ("field_mapping.custom_fields", {"field_mapping": {"email": "e", "custom_fields": ["CITY"]}}),
    ("field_mapping.custom_fields.CITY", {"field_mapping": {"email": "e", "custom_fields": {"CITY": 1}}}),
    (
        "field_mapping.custom_fields.city",
        {"field_mapping": {"email": "e", "custom_fields": {"%CITY%": "a", "city": "b"}}},
    ),
    (
        "field_mapping.custom_fields.stra\u0308sse",
        {"field_mapping": {"email": "e", "custom_fields": {"Str\u00e4\u00dfe": "a", "stra\u0308sse": "b"}}},
    ),
    ("field_mapping.custom_fields.%%", {"field_mapping": {"email": "e", "custom_fields": {"%%": "a"}}}),
    ("tags", {"tags": "vip"}),
    ("tags", {"tags": ["vip", ""]}),
    ("tags", {"tags": [7]}),
    ("tags", {"tags": ["half \ud800"]}),
    ("streams", {"streams": []}),
    ("streams", {"streams": {}}),
    ("streams.a", {"streams": {"a": None}}),
    ("streams.a", {"streams": {"a": 3}}),
    ("streams.a.list_id", {"streams": {"a": {"list_id": -1}}}),
    ("streams.a.list_id", {"list_id": None, "streams": {"a": {}}}),
    ("streams.a.list", {"streams": {"a": {"list": 1}}}),
    ("streams.a.field_mapping.email", {"streams": {"a": {"field_mapping": {"phone": "tel"}}}}),
    ("streams.a.tags", {"streams": {"a": {"tags": {}}}}),
    ("streams.vip_*", {"streams": {"*": {}, "vip_*": {}}}),
    ("streams.(a name of 0 characters)", {"streams": {"": {}}}),
    ("on_null", {"on_null": "erase"}),
    ("on_null", {"on_null": True}),
    ("on_invalid_value", {"on_invalid_value": "skip"}),
    ("on_limit", {"on_limit": ["stop"]}),
    ("exclude_automations", {"exclude_automations": "false"}),
    ("account_limit_guard", {"account_limit_guard": 0}),
    ("phone_region", {"phone_region": "UK"}),
    ("phone_region", {"phone_region": "Germany"}),
    ("profile_limit", {"profile_limit": 0}),
    ("profile_limit", {"profile_limit": 1e6}),
    ("profile_limit", {"profile_limit": 10**400}),
    ("batch_size_rows", {"batch_size_rows": 251}),
    ("batch_size_rows", {"batch_size_rows": "0"}),
    ("requests_per_second", {"requests_per_second": 0}),
    ("imports_per_minute", {"imports_per_minute": "many"}),
    ("import_timeout", {"import_timeout": 0}),
    ("request_timeout", {"request_timeout": 3_000_000}),
    ("shutdown_grace", {"shutdown_grace": -1}),
    ("max_rejected_percent", {"max_rejected_percent": 101}),
    ("rejects_path", {"rejects_path": "."}),
    ("rejects_path", {"rejects_path": "/dev/null"}),
    ("rejects_path", {"rejects_path": "no/such/folder/rejects.singer"}),
    ("rejects_path", {"rejects_path": "a\0b"}),
    ("report_path", {"report_path": f"{'long/' * 2000}report.json"}),
    ("report_path", {"report_path": "same.json", "rejects_path": "./same.json"}),
    ("outcomes_path", {"report_path": "report.json", "outcomes_path": "runs.jsonl"}),
    ("rejects_path", {"rejects_path": "{time}.singer"}),
    ("alert_url", {"alert_url": "http://hooks.example.com/secret"}),
    ("alert_url", {"alert_url": "hooks.example.com/secret"}),
    ("alert_url", {"alert_url": "https://user:word@hooks.example.com/secret"}),
    ("alert_url", {"alert_url": "https://hooks.example.com:port/secret"}),
    ("alert_format", {"alert_format": "xml"}),
    ("heartbeat_url", {"heartbeat_url": "https:///secret"}),
    ("heartbeat_url", {"heartbeat_url": "https://hooks.example.com/a b"}),
    ("stream_maps", {"stream_maps": "{}"}),
    ("flattening_enabled", {"flattening_enabled": "yes"}),
    ("flattening_max_depth", {"flattening_max_depth": "deep"}),
    ("flattening_separator", {"flattening_separator": 1}),
    ("validate_records", {"validate_records": 1}),
    ("batch_config", {"batch_config": []}),
    ("load_method", {"load_method": "upsert"}),
    ("add_record_metadata", {"add_record_metadata": True}),
]


@pytest.mark.parametrize(("name", "changes"), WRONG)
def test_a_wrong_setting_is_refused_by_name_and_by_no_other(name: str, changes: dict[str, t.Any]) -> None:
    assert refused_names(**changes) == [name]


@pytest.mark.parametrize(("name", "changes"), WRONG)
def test_a_refusal_shows_neither_key_nor_line_breaks(name: str, changes: dict[str, t.Any]) -> None:
    for problem in find_problems({**GOOD, **changes}):
        assert problem.startswith(name)
        assert KEY not in problem
        assert problem.isprintable()


def test_every_problem_comes_at_once() -> None:
    names = refused_names(hostname="acme", tags="vip", batch_size_rows=300, on_null="erase", lst_id=3)
    assert sorted(names) == ["batch_size_rows", "hostname", "lst_id", "on_null", "tags"]


@pytest.mark.parametrize(
    ("changes", "meant"),
    [
        ({"batch_size": 100}, "batch_size_rows"),
        ({"Data_Privacy_Consent": True}, "data_privacy_consent"),
        ({"streams": {"a": {"listid": 1}}}, "list_id"),
        ({"field_mapping": {"email": "e", "firstName": "f"}}, "first_name"),
        ({"field_mapping": {"email": "e", "custom_field": {}}}, "custom_fields"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(changes: dict[str, t.Any], meant: str) -> None:
    (problem,) = find_problems({**GOOD, **changes})
    assert problem.endswith(f"; write {meant}")


def test_an_unknown_name_is_refused_even_with_a_null_and_without_a_near_one() -> None:
    assert find_problems({**GOOD, "zzz": None}) == ("zzz: is no setting; take it out",)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (
            {"email": "email", "vorname": "first_name"},
            """field_mapping.vorname: "vorname": "first_name" looks turned round. ActiveCampaign's name \
stands left, your column right: "first_name": "vorname\"""",
        ),
        (
            {"email": "email", "City": "town"},
            """field_mapping.City: is no attribute of a contact. If it is a custom field of the account, put \
it under custom_fields: "custom_fields": {"City": "town"}""",
        ),
        ({"email": "email", "city": None}, "field_mapping.city: is no attribute of a contact."),
        ({"email": "email", "%": 5}, "field_mapping.%: is no attribute of a contact."),
        (
            {"email": "email", "firstname": "x"},
            "field_mapping.firstname: is no setting; write first_name",
        ),
    ],
)
def test_a_mapping_turned_round_and_a_field_in_the_wrong_place_are_known(
    mapping: dict[str, t.Any], says: str
) -> None:
    (problem,) = find_problems({**GOOD, "field_mapping": mapping})
    assert problem.startswith(says)


def test_a_mapping_of_the_email_turned_round_is_known() -> None:
    problems = find_problems({**GOOD, "field_mapping": {"e_mail_address": "email"}})
    assert (
        'field_mapping.e_mail_address: "e_mail_address": "email" looks turned round. ActiveCampaign\'s name '
        'stands left, your column right: "email": "e_mail_address"'
    ) in problems


def test_bounds_are_named() -> None:
    assert find_problems({**GOOD, "batch_size_rows": 251}) == (
        "batch_size_rows: must be an integer from 1 to 250",
    )


def test_a_key_in_the_place_of_a_name_is_blanked() -> None:
    problems = find_problems({**GOOD, KEY: 1, "streams": {KEY: 5}})
    assert all(KEY not in problem for problem in problems)
    assert "***: is no setting; take it out" in problems


def test_a_long_name_is_counted_instead_of_shown() -> None:
    long_name = "a" * 72
    assert refused_names(**{long_name: 1}) == ["(a name of 72 characters)"]


@pytest.mark.parametrize("place", [{"tags": [KEY]}, {"stream_maps": {"a": {"b": [f"x{KEY}"]}}}])
def test_the_key_is_refused_in_any_other_setting(place: dict[str, t.Any]) -> None:
    assert refused_names(**place) == list(place)


def test_the_emulators_key_may_be_a_common_word() -> None:
    settings = parse(hostname="sandbox", api_key="customers", streams={"customers": {}})
    assert settings.export_for("customers") is not None


def test_the_key_is_not_in_a_traceback() -> None:
    try:
        parse(list_id=0)
    except SettingsError as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=False)
        assert KEY not in "".join(report.format())


# Any JSON at all

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(KEY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just(KEY), inner, max_size=3),
    max_leaves=8,
)
PLAUSIBLE = st.dictionaries(st.sampled_from(sorted(CONFIG_JSONSCHEMA["properties"])), ANY_JSON, max_size=12)
GLOBS = st.text(alphabet="ab-[]!*?", min_size=1, max_size=6)
STREAMS = st.dictionaries(
    GLOBS | st.text(),
    st.dictionaries(st.sampled_from(["list_id", "field_mapping", "tags", "x"]), ANY_JSON, max_size=3),
    max_size=4,
)


def outcome_of(config: dict[str, t.Any]) -> Settings | SettingsError:
    try:
        return parse_settings(config)
    except SettingsError as refusal:
        return refusal


@given(ANY_JSON.filter(lambda value: isinstance(value, dict)) | PLAUSIBLE)
def test_any_object_is_taken_or_refused_without_showing_the_key(config: dict[str, t.Any]) -> None:
    outcome = outcome_of({**config, "api_key": KEY})
    assert KEY not in repr(outcome)
    assert KEY not in str(outcome)


@given(PLAUSIBLE)
def test_any_plausible_settings_are_taken_or_refused_by_their_own_names(config: dict[str, t.Any]) -> None:
    outcome = outcome_of({**config, **GOOD})
    if isinstance(outcome, SettingsError):
        named = {problem.partition(":")[0].partition(".")[0] for problem in outcome.problems}
        assert named <= set(config)
    else:
        assert outcome.list_ids() or outcome.list_names()


@given(STREAMS, st.text())
def test_any_streams_are_taken_or_refused_and_can_be_asked_for(streams: dict[str, t.Any], name: str) -> None:
    outcome = outcome_of({**GOOD, "streams": streams})
    if isinstance(outcome, SettingsError):
        assert all(problem.startswith("streams") for problem in outcome.problems)
    else:
        assert outcome.export_for(name) in [None, *(export for _, export in outcome.exports)]


def test_a_configuration_may_be_nested_deeper_than_the_stack() -> None:
    deep: dict[str, t.Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert parse(stream_map_config=deep).sdk["stream_map_config"] is deep


# The schema that `--about` shows


def test_the_schema_of_the_settings_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(CONFIG_JSONSCHEMA)


def test_the_schema_marks_what_opens_something_as_secret_and_nothing_else() -> None:
    properties = CONFIG_JSONSCHEMA["properties"]
    assert [name for name, schema in properties.items() if schema.get("secret")] == [
        "api_key",
        "rate_limit_url",
        "alert_url",
        "heartbeat_url",
        "ledger_url",
    ]


# Change detection and membership


def test_a_ledger_is_named_by_the_url_of_a_database() -> None:
    url = parse(ledger_url="sqlite:///ledger.db").ledger_url
    assert url is not None
    assert url.reveal() == "sqlite:///ledger.db"
    [problem] = find_problems({**GOOD, "ledger_url": "secret words"})
    assert problem.startswith("ledger_url: is no URL")
    assert "secret" not in problem


def test_a_mirror_needs_a_ledger() -> None:
    assert parse(ledger_url="sqlite:///ledger.db", membership="mirror").is_mirror
    [problem] = find_problems({**GOOD, "membership": "mirror"})
    assert problem.startswith("membership: mirror needs a ledger")


def test_an_account_is_its_host_with_a_port_of_its_own() -> None:
    assert parse().account == "acme.api-us1.com"
    assert parse(hostname="http://127.0.0.1:8025").account == "127.0.0.1:8025"
    assert parse(hostname="sandbox").account == "sandbox"


def test_every_setting_is_described_and_of_a_kind_that_survives_meltano() -> None:
    kinds = {"string", "integer", "boolean", "array", "object", "null"}
    for schema in DESCRIBED_JSONSCHEMA["properties"].values():
        assert schema["description"]
        assert set(schema["type"]) <= kinds


def test_settings_of_the_sdk_that_mean_nothing_here_are_not_offered() -> None:
    assert not {"add_record_metadata", "load_method"} & set(CONFIG_JSONSCHEMA["properties"])


def test_every_default_of_the_schema_is_taken_as_it_stands() -> None:
    defaults = {
        name: schema["default"]
        for name, schema in CONFIG_JSONSCHEMA["properties"].items()
        if "default" in schema
    }
    assert dataclasses.replace(parse(**defaults), sdk={}) == parse()


def test_reading_settings_does_not_load_the_telephone_library() -> None:
    script = "import sys, target_activecampaign.config.settings as s; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# Words of `subscription`


def test_words_of_subscription_replace_their_half_of_the_defaults() -> None:
    settings = parse(subscription_words={"true": ["Ja", " ja ", "JAWOHL"]})
    negative = {word: wants for word, wants in DEFAULT_MEANINGS.items() if not wants}
    assert settings.subscription_words == {"ja": True, "jawohl": True, **negative}


def test_an_empty_value_can_subscribe_and_never_takes_anybody_off() -> None:
    assert parse(subscription_words={"true": ["yes", ""]}).subscription_words[""] is True
    assert "" not in parse(subscription_words={"true": ["yes"]}).subscription_words


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"true": [" "]}, "true: entry 1 is empty"),
        ({"true": ["yes"], "false": ["no", " YES"]}, "true: has a word that means the opposite as well"),
        ({"true": ["0"]}, "(the default words of false hold it: set them too)"),
        ({"false": ["Active"]}, "(the default words of true hold it: set them too)"),
        ({"true": []}, "true: is empty"),
        ({"false": []}, "false: is empty"),
        ({"true": [1]}, "true: entry 1 must be a string"),
        ({"false": ["no", None]}, "false: entry 2 must be a string"),
        ({"false": [""]}, "false: entry 1 is empty"),
        ({"false": "no"}, "false: must be an array of strings"),
        ({"no": ["no"]}, "no: is no setting"),
        (["yes"], "must be an object"),
    ],
)
def test_words_that_mean_nothing_for_sure_are_refused(words: object, problem: str) -> None:
    (said,) = find_problems({**GOOD, "subscription_words": words})
    assert said.startswith("subscription_words")
    assert problem in said


def test_a_stream_takes_opt_outs_where_it_maps_the_subscription() -> None:
    mapping = {"email": "email", "subscription": "wants"}
    assert parse(field_mapping=mapping).takes_opt_outs
    assert parse(streams={"a": {}, "b": {"field_mapping": mapping}}).takes_opt_outs
    assert not parse(field_mapping={"email": "email"}).takes_opt_outs
