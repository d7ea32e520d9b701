"""How `TARGET_ACTIVECAMPAIGN_*` variables become a configuration."""

from __future__ import annotations

import logging
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigValidationError

from target_activecampaign.config.environment import (
    PREFIX,
    find_unknown_variables,
    settings_from_environment,
)
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import SettingsError
from target_activecampaign.target import TargetActiveCampaign

MINIMAL = {"data_privacy_consent": True, "hostname": "sandbox", "list_id": 1, "api_key": "k"}


def read(**variables: str) -> dict[str, t.Any]:
    return settings_from_environment({f"{PREFIX}{name}": text for name, text in variables.items()})


def test_strings_stay_as_they_are() -> None:
    assert read(HOSTNAME="acme.api-us1.com", API_KEY="12345") == {
        "hostname": "acme.api-us1.com",
        "api_key": "12345",
    }


@pytest.mark.parametrize(("text", "value"), [("7", 7), (" 7 ", 7), ("0", 0), ("-3", -3)])
def test_integers_are_read(text: str, value: int) -> None:
    assert read(LIST_ID=text, BATCH_SIZE_ROWS=text) == {"list_id": value, "batch_size_rows": value}


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "On"])
def test_words_for_true_are_read(text: str) -> None:
    assert read(DRY_RUN=text) == {"dry_run": True}


@pytest.mark.parametrize(("text", "value"), [("True", True), ("yes", "yes"), ("1", "1"), ("no", False)])
def test_consent_is_the_word_true_alone_as_in_a_file(text: str, value: object) -> None:
    assert read(DATA_PRIVACY_CONSENT=text) == {"data_privacy_consent": value}


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "OFF"])
def test_words_for_false_are_read(text: str) -> None:
    assert read(ACCOUNT_LIMIT_GUARD=text) == {"account_limit_guard": False}


def test_arrays_and_objects_are_read_as_json() -> None:
    assert read(TAGS='["vip"]', STREAMS='{"a*": {"list_id": 1}}', STREAM_MAPS="{}") == {
        "tags": ["vip"],
        "streams": {"a*": {"list_id": 1}},
        "stream_maps": {},
    }


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_variable_is_not_set(text: str) -> None:
    assert read(HOSTNAME=text, LIST_ID=text, TAGS=text) == {}


def test_variables_of_no_setting_are_left_alone() -> None:
    assert read(LOGLEVEL="debug", _LOAD_SCHEMA="public") == {}
    assert settings_from_environment({"HOSTNAME": "machine", "LIST_ID": "3"}) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("profile_limit", "three"),
        ("profile_limit", "1.5"),
        ("profile_limit", "9" * 5000),
        ("batch_size_rows", "١٢"),
        ("exclude_automations", "maybe"),
        ("tags", "vip,new"),
        ("tags", '{"a": 1}'),
        ("streams", "[]"),
        ("streams", "{"),
        ("field_mapping", "[" * 100_000),
        ("stream_maps", "null"),
    ],
)
def test_what_cannot_be_read_stays_a_string_and_is_refused_by_name(name: str, text: str) -> None:
    found = read(HOSTNAME="sandbox", API_KEY="sandbox", DATA_PRIVACY_CONSENT="true", **{name.upper(): text})
    assert found[name] == text
    with pytest.raises(SettingsError) as refusal:
        parse_settings({"list_id": 1, **found})
    assert [problem.partition(":")[0] for problem in refusal.value.problems] == [name]


def test_a_whole_configuration_can_come_from_the_environment() -> None:
    settings = parse_settings(
        read(
            HOSTNAME="sandbox",
            API_KEY="sandbox",
            DATA_PRIVACY_CONSENT="true",
            LIST_ID="3",
            FIELD_MAPPING='{"email": "mail"}',
            MAX_REJECTED_PERCENT="5",
        )
    )
    assert settings.list_ids() == (3,)
    assert settings.max_rejected_percent == 5


def test_no_value_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    read(API_KEY="made-up-key-of-nobody", TAGS="[ada@example.com", LIST_ID="ada@example.com")
    assert caplog.text == ""


@given(st.dictionaries(st.sampled_from(sorted(CONFIG_JSONSCHEMA["properties"])), st.text()))
def test_any_text_is_taken_without_an_error(variables: dict[str, str]) -> None:
    found = read(**{name.upper(): text for name, text in variables.items()})
    assert set(found) <= set(variables)


@pytest.mark.parametrize(("text", "seconds"), [("", 30), (" 0 ", 0), ("5", 5), ("86400", 86_400)])
def test_the_environment_says_how_often_progress_is_told(text: str, seconds: int) -> None:
    settings = parse_settings(MINIMAL, {"TARGET_ACTIVECAMPAIGN_PROGRESS_SECONDS": text})
    assert settings.progress_seconds == seconds


@pytest.mark.parametrize("text", ["often", "-1", "86401", "1.5", "1e3", "ada@example.com"])
def test_a_pace_of_progress_that_is_none_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse_settings(MINIMAL, {"TARGET_ACTIVECAMPAIGN_PROGRESS_SECONDS": text})
    (problem,) = refusal.value.problems
    assert problem == (
        "TARGET_ACTIVECAMPAIGN_PROGRESS_SECONDS: must be a whole number of seconds from 0 to 86,400. Write 0 "
        "for no lines of progress, or unset it for one each 30 seconds"
    )


KNOWN = {
    "by its setting": {"TARGET_ACTIVECAMPAIGN_DRY_RUN": "true"},
    "of the SDK": {"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "DEBUG"},
    "of the log": {"TARGET_ACTIVECAMPAIGN_PROGRESS_SECONDS": "30"},
    "of `ledger rekey`": {"TARGET_ACTIVECAMPAIGN_OLD_API_KEY": "k"},
    "an extra of Meltano": {"TARGET_ACTIVECAMPAIGN__LOG_PARSER": "singer-sdk"},
    "a sister plugin": {"TARGET_ACTIVECAMPAIGN__ACME_DRY_RUN": "true"},
    "blank": {"TARGET_ACTIVECAMPAIGN_DRYRUN": " "},
    "another program's": {"TARGET_OTHER_DRYRUN": "true", "ACTIVECAMPAIGN": "x"},
    "what Meltano sets": {
        "MELTANO_LOADER_NAME": "target-activecampaign",
        "TARGET_ACTIVECAMPAIGN_FIELD_MAPPING_CUSTOM_FIELDS_CITY": "city",
        "TARGET_ACTIVECAMPAIGN_STREAM_MAPS_PEOPLE_EMAIL": "email.lower()",
        "TARGET_ACTIVECAMPAIGN__DIALECT": "x",
    },
    "what Meltano sets for a plugin that inherits": {
        "MELTANO_LOADER_NAME": "target-activecampaign-eu",
        "TARGET_ACTIVECAMPAIGN_EU_LIST_ID": "9",
        "TARGET_ACTIVECAMPAIGN_EU_FIELD_MAPPING_EMAIL": "mail",
        "TARGET_ACTIVECAMPAIGN_EU__DIALECT": "x",
        "TARGET_ACTIVECAMPAIGN_LIST_ID": "9",
    },
}
UNKNOWN = {
    "TARGET_ACTIVECAMPAIGN_DRYRUN": "TARGET_ACTIVECAMPAIGN_DRY_RUN",
    "TARGET_ACTIVECAMPAIGN_DRY-RUN": "TARGET_ACTIVECAMPAIGN_DRY_RUN",
    "TARGET_ACTIVECAMPAIGN_Dry_Run": "TARGET_ACTIVECAMPAIGN_DRY_RUN",
    "target_activecampaign_dry_run": "TARGET_ACTIVECAMPAIGN_DRY_RUN",
    "TARGET_ACTIVECAMPAIGN__DRY_RUN": "TARGET_ACTIVECAMPAIGN_DRY_RUN",
    "TARGET_ACTIVECAMPAIGN_PROFILES_LIMIT": "TARGET_ACTIVECAMPAIGN_PROFILE_LIMIT",
    "TARGET_ACTIVECAMPAIGN_QQQ": None,
    "TARGET_ACTIVECAMPAIGN_": None,
    "TARGET_ACTIVECAMPAIGN_FIELD_MAPPING_EMAIL": "TARGET_ACTIVECAMPAIGN_FIELD_MAPPING",
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_variable_that_somebody_reads_is_let_pass(name: str) -> None:
    assert find_unknown_variables(KNOWN[name]) == []


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_variable_that_nobody_reads_is_refused_with_the_nearest_name(name: str) -> None:
    (problem,) = find_unknown_variables({name: "a-value"})
    assert problem.startswith(f"{name}: is no setting")
    assert "a-value" not in problem
    near = UNKNOWN[name]
    assert problem.endswith(f"write {near}" if near else "take it out of the environment")


def test_a_slip_under_the_name_of_the_own_plugin_is_refused() -> None:
    environ = {
        "MELTANO_LOADER_NAME": "target-activecampaign--acme",
        "TARGET_ACTIVECAMPAIGN__ACME_DRYRUN": "1",
    }
    (problem,) = find_unknown_variables(environ)
    assert problem.endswith("write TARGET_ACTIVECAMPAIGN__ACME_DRY_RUN")


def test_unknown_variables_are_refused_beside_the_other_problems_of_a_file() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings({"hostname": "sandbox", "lst_id": 1}, {"TARGET_ACTIVECAMPAIGN_DRYRUN": "true"})
    words = str(refused.value)
    assert "TARGET_ACTIVECAMPAIGN_DRYRUN: is no setting" in words
    assert "lst_id: is no setting" in words


def test_a_target_refuses_an_unknown_variable_though_its_configuration_is_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TARGET_ACTIVECAMPAIGN_DRYRUN", "true")
    config = {"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    with pytest.raises(ConfigValidationError) as refused:
        TargetActiveCampaign(config=config)
    (problem,) = refused.value.errors
    assert problem == (
        "TARGET_ACTIVECAMPAIGN_DRYRUN: is no setting; write TARGET_ACTIVECAMPAIGN_DRY_RUN. Nothing was sent."
    )


def test_a_dry_run_that_is_set_and_not_read_is_refused() -> None:
    config = {"hostname": "sandbox", "api_key": "sandbox", "data_privacy_consent": True, "list_id": 1}
    environ = {"TARGET_ACTIVECAMPAIGN_DRY_RUN": "true"}
    with pytest.raises(SettingsError, match="dry_run: the environment sets it, and is not read"):
        parse_settings(config, environ)
    assert parse_settings({**config, "dry_run": True}, environ).dry_run


def test_required_settings_that_stand_in_the_environment_alone_are_pointed_at() -> None:
    environ = {"TARGET_ACTIVECAMPAIGN_API_KEY": "made-up-key", "TARGET_ACTIVECAMPAIGN_LIST_ID": "3"}
    with pytest.raises(SettingsError) as refusal:
        parse_settings({"hostname": "acme.api-us1.com", "data_privacy_consent": True, "list_id": 3}, environ)
    assert refusal.value.problems == (
        (
            "api_key: is missing. TARGET_ACTIVECAMPAIGN_API_KEY is set but was not read: add --config ENV "
            "after --config config.json"
        ),
    )
    environ["TARGET_ACTIVECAMPAIGN_HOSTNAME"] = "acme.api-us1.com"
    with pytest.raises(
        SettingsError, match=r"hostname: .*_HOSTNAME is set but.*api_key: .*_API_KEY is set but"
    ):
        parse_settings({"data_privacy_consent": True, "list_id": 3}, environ)
