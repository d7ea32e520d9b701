"""What we rely on in the SDK, or work around: each of these fails when it changes underneath."""

from __future__ import annotations

import inspect
import io
import json
import logging
import signal
import sys
import typing as t
import warnings
from decimal import Decimal

import pytest
from singer_sdk import Target, metrics
from singer_sdk.exceptions import ConfigValidationError, InvalidRecord
from singer_sdk.helpers import capabilities
from singer_sdk.helpers._typing import handle_invalid_timestamp_in_record
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib.encoding import SimpleSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine
from singer_sdk.singerlib.json import deserialize_json, serialize_json
from singer_sdk.sinks.core import JSONSchemaValidator
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from target_activecampaign.cli.log_redaction import OWN_LOGGERS
from target_activecampaign.config.schema import SDK_KINDS
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.cli.target_command import TargetCommand

CONFIG = {
    "hostname": "sandbox",
    "api_key": "k",
    "data_privacy_consent": True,
    "streams": {"exported": {"list_id": 1}},
}
SCHEMA: dict[str, t.Any] = {"properties": {"email": {}, "_sdc_deleted_at": {}}}
MESSAGES: tuple[dict[str, t.Any], ...] = (
    {"type": "SCHEMA", "stream": "people", "schema": SCHEMA},
    {"type": "RECORD", "stream": "people", "record": {"email": "ada@example.com"}},
    {"type": "BATCH", "stream": "people", "encoding": {"format": "jsonl"}, "manifest": []},
    {"type": "STATE", "value": 1},
    {"type": "ACTIVATE_VERSION", "stream": "people", "version": 1},
)


def make_target(**settings: object) -> TargetActiveCampaign:
    return TargetActiveCampaign(config={**CONFIG, **settings})


def feed(target: TargetActiveCampaign, *messages: dict[str, t.Any]) -> None:
    data = "".join(json.dumps(message) + "\n" for message in messages).encode()
    target.process_lines(t.cast("t.Any", io.BytesIO(data)))


# Hooks that are called


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["type"])
def test_every_type_of_message_comes_to_a_handler_of_ours(
    message: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"_process_{message['type'].lower()}_message"
    assert name in vars(TargetActiveCampaign)
    seen: list[dict[str, t.Any]] = []
    monkeypatch.setattr(TargetActiveCampaign, name, lambda _, given: seen.append(given))
    feed(make_target(), message)
    assert seen == [message]


def test_the_end_of_the_pipe_comes_after_the_last_line_and_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(TargetActiveCampaign, "_process_state_message", lambda *_: seen.append("state"))
    monkeypatch.setattr(TargetActiveCampaign, "process_endofpipe", lambda _: seen.append("end"))
    make_target().listen(t.cast("t.Any", io.BytesIO(b'{"type":"STATE","value":1}\n')))
    assert seen == ["state", "end"]


def test_nothing_of_ours_is_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> t.NoReturn:
        raise AssertionError

    for name in ("drain_all", "drain_one", "_write_state_message", "_handle_max_record_age"):
        assert callable(getattr(Target, name))
        monkeypatch.setattr(Target, name, refuse)
    feed(make_target(), *MESSAGES[:2])


def test_settings_are_checked_and_read_from_the_environment_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "_validate_config" in vars(PluginBase)
    assert "_env_var_config" in vars(PluginBase)
    with pytest.raises(ConfigValidationError) as refusal:
        make_target(no_such_setting=1)
    assert any("no_such_setting" in problem for problem in refusal.value.errors)
    for name, value in CONFIG.items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"TARGET_ACTIVECAMPAIGN_{name.upper()}", text)
    assert TargetActiveCampaign(config={}, parse_env_config=True).settings.is_sandbox


def test_the_settings_that_we_take_from_the_sdk_are_of_the_kinds_that_it_says() -> None:
    groups = ("STREAM_MAPS", "FLATTENING", "TARGET_VALIDATE_RECORDS", "BATCH")
    of_sdk = [getattr(capabilities, f"{group}_CONFIG")["properties"] for group in groups]
    kinds = {name: schema["type"] for group in of_sdk for name, schema in group.items()}
    assert kinds == {name: [kind, "null"] for name, kind in SDK_KINDS.items()}


def test_a_target_that_is_made_in_a_program_leaves_its_signals_alone() -> None:
    assert "_setup_signal_handlers" in vars(PluginBase)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    make_target()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_sinks_are_drained_by_one_thread_whatever_the_sdk_sets() -> None:
    assert isinstance(inspect.getattr_static(Target, "max_parallelism"), property)
    assert make_target().max_parallelism == 1


# What its objects have


def test_a_changed_schema_moves_the_old_sink_where_we_let_it_go() -> None:
    changed = {"properties": {"email": {"type": "string"}}}
    target = make_target()
    feed(target, MESSAGES[0])
    first = target._sinks_active["people"]
    feed(target, {**MESSAGES[0], "schema": changed})
    assert target._sinks_active["people"] is not first
    assert target._sinks_to_clear == []
    target.get_sink("people", schema=SCHEMA, key_properties=[])
    assert len(target._sinks_to_clear) == 1, "where the SDK alone would keep it"


def test_a_stream_map_has_the_names_that_we_use() -> None:
    target = make_target(stream_maps={"people": {"__alias__": "'others'", "email": "email.lower()"}})
    feed(target, MESSAGES[0])
    (stream_map,) = target.mapper.stream_maps["people"]
    assert stream_map.stream_alias == "others"
    assert stream_map.transform({"email": "ADA@example.com"}) == {"email": "ada@example.com"}


def test_a_sink_takes_the_seven_columns_of_metadata_away_and_has_no_validator_of_the_sdk() -> None:
    target = make_target()
    feed(target, MESSAGES[0])
    sink = target._sinks_active["people"]
    columns = "extracted_at received_at batched_at deleted_at sequence table_version sync_started_at"
    record = {**{f"_sdc_{name}": 1 for name in columns.split()}, "_sdc_other": 1}
    sink._remove_sdc_metadata_from_record(record)
    assert record == {"_sdc_other": 1}
    assert sink._validator is None


def test_an_invalid_record_keeps_our_words() -> None:
    assert InvalidRecord("$: required", {}).error_message == "$: required"


def test_our_logs_have_the_names_that_privacy_lets_pass() -> None:
    assert make_target().logger.name in OWN_LOGGERS
    assert metrics.get_metrics_logger().name in OWN_LOGGERS


# JSON


def test_numbers_are_read_and_written_to_the_digit() -> None:
    assert deserialize_json(b'{"a":1.10}') == {"a": Decimal("1.10")}
    assert serialize_json({"a": Decimal("1.10"), "b": float("nan")}) == '{"a":1.10,"b":null}'


# The command


def test_the_command_has_the_options_that_we_keep() -> None:
    command = super(TargetActiveCampaign, TargetActiveCampaign).get_singer_command()
    assert {param.name for param in command.params} == {
        "version",
        "about",
        "about_format",
        "config",
        "file_input",
    }


def test_the_command_asks_our_hook_about_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "captureWarnings", lambda capture: None)
    monkeypatch.setattr(warnings, "filterwarnings", lambda *_, **__: None)
    command = TargetActiveCampaign.get_singer_command()
    command.main(["--about", "--format", "json"], standalone_mode=False)
    assert sys.excepthook == t.cast("TargetCommand", command).excepthook


# What it still does wrong: when one of these fails, our way around it can go


def test_its_reader_shows_a_line_that_it_cannot_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger=SimpleSingerReader.__module__)
    with pytest.raises(InvalidInputLine, match=r"ada@example\.com"):
        SimpleSingerReader().deserialize_json("ada@example.com")
    assert "ada@example.com" in caplog.text


def test_its_validator_shows_the_value() -> None:
    with pytest.raises(InvalidRecord, match=r"ada@example\.com"):
        JSONSchemaValidator({"properties": {"email": {"type": "null"}}}).validate(
            {"email": "ada@example.com"}
        )


def test_its_validator_opens_what_a_schema_refers_to(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"type": "null"}')
    validator = DEFAULT_JSONSCHEMA_VALIDATOR({"$ref": other.as_uri()})
    with pytest.warns(DeprecationWarning, match="Automatically retrieving"):
        assert not validator.is_valid("ada@example.com")


def test_its_stream_maps_log_values_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "singer_sdk.mapper")
    target = make_target(stream_maps={"people": {"__filter__": "email"}})
    feed(target, *MESSAGES[:2])
    assert "ada@example.com" in caplog.text


def test_its_reading_of_times_ends_the_run_with_the_value() -> None:
    with pytest.raises(ValueError, match="0000-00-00"):
        handle_invalid_timestamp_in_record(
            {}, ["at"], "0000-00-00", "date", ValueError(), None, logging.getLogger()
        )
