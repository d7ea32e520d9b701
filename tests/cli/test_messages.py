"""What a person is told for each mistake: input and text, as the person would cause it.

Each text says what happened, where, what was expected and what to do, and what it means for the run.
"""

from __future__ import annotations

import json
import os
import re
import socket
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner
from singer_sdk.exceptions import ConfigValidationError
from support.command import config_for, record_message, schema_message, state_message
from support.quick_target import run_quickly
from support.sandbox_fixture import KEY

from target_activecampaign.cli.log_level import problem_of_log_level
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

FAST = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000, "verify": "none"}
ADA = [schema_message(), record_message({"email": "ada@example.com", "first_name": "Ada"})]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.lower().endswith("_proxy") or name.endswith("_CA_BUNDLE"):
            monkeypatch.delenv(name)


def said_by_run(url: str, messages: list[t.Any], **changes: object) -> list[str]:
    """The last lines at ERROR of a run, or the problems of its settings."""
    config = config_for(url, Path.cwd(), **{**FAST, **changes})
    try:
        outcome: Outcome = run_quickly(config, messages)
    except ConfigValidationError as error:
        return list(error.errors)
    assert outcome.exit_code == 1
    assert outcome.states == []
    errors = [line.partition(": ")[2] for line in outcome.log.splitlines() if line.startswith("ERROR ")]
    assert "Traceback" not in outcome.log
    return errors


MAPPING = "field_mapping"
OF_SETTINGS: dict[str, tuple[dict[str, t.Any], str]] = {
    "a list that is misspelt": (
        {"list_id": "Newsleter"},
        (
            'list_id: the account has no list "Newsleter" that this key may see. Nearest: '
            '"Newsletter" (2). All '
            "lists: target-activecampaign lists. Nothing was sent."
        ),
    ),
    "a number that is no list's": (
        {"list_id": 99},
        (
            "list_id: the account has no list 99 that this key may see. It has: 1 "
            '"Customers", 2 "Newsletter", 3 "VIP". All lists: target-activecampaign lists. Nothing was sent.'
        ),
    ),
    "a mapping turned round": (
        {MAPPING: {"email_address": "email", "email": "email_address"}},
        (
            'field_mapping.email_address: "email_address": "email" looks turned round. '
            "ActiveCampaign's name stands "
            'left, your column right: "email": "email_address". Nothing was sent.'
        ),
    ),
    "a custom field beside email": (
        {MAPPING: {"email": "email", "City": "town"}},
        (
            "field_mapping.City: is no attribute of a contact. If it is a custom field of the "
            "account, put it under "
            'custom_fields: "custom_fields": {"City": "town"}. Nothing was sent.'
        ),
    ),
    "a custom field that is misspelt": (
        {MAPPING: {"email": "email", "custom_fields": {"Cty": "first_name"}}},
        (
            'field_mapping.custom_fields: the account has no field "Cty". Nearest: "City" (1). All fields: '
            "target-activecampaign fields. Nothing was sent."
        ),
    ),
    "a property that is misspelt": (
        {MAPPING: {"email": "e_mail"}},
        (
            "field_mapping.email: the schema of stream 'people' has no property 'e_mail'; the "
            "nearest is 'email'. "
            "Nothing was sent."
        ),
    ),
    "a property unlike any": (
        {MAPPING: {"email": "xyz"}},
        (
            "field_mapping.email: the schema of stream 'people' has no property 'xyz'; it has email, "
            "first_name, "
            "last_name, phone. Nothing was sent."
        ),
    ),
    "a setting that is misspelt": (
        {"dryrun": True},
        "dryrun: is no setting; write dry_run. Nothing was sent.",
    ),
    "consent as a word": (
        {"data_privacy_consent": "yes"},
        (
            "data_privacy_consent: is no consent; set it to true, without quotes, if the data may leave for "
            "ActiveCampaign. Nothing was sent."
        ),
    ),
    "consent refused": (
        {"data_privacy_consent": False},
        (
            "data_privacy_consent: is false; set it to true, without quotes, if the data may leave for "
            "ActiveCampaign. Nothing was sent."
        ),
    ),
    "a key that was refused": (
        {"api_key": "a-key-that-nobody-made"},
        (
            "ActiveCampaign answered HTTP 403, the key was refused. Gave up after 3 tries in 1 s "
            "(GET users/me). "
            "Check the key and the host (settings api_key, hostname), then run again. Nothing was sent."
        ),
    ),
}


@pytest.mark.parametrize("name", OF_SETTINGS)
def test_a_mistake_in_the_settings(sandbox: RunningSandbox, name: str) -> None:
    changes, text = OF_SETTINGS[name]
    (said,) = said_by_run(sandbox.url, ADA, **changes)
    assert _without_seconds(said) == text
    assert len(sandbox.account.contacts) == 0


def _without_seconds(text: str) -> str:
    return re.sub(r"tries in \d+ s", "tries in 1 s", text)


def test_list_and_field_and_property_in_one_round(sandbox: RunningSandbox) -> None:
    mapping = {"email": "e_mail", "custom_fields": {"Cty": "first_name"}}
    (line,) = said_by_run(sandbox.url, ADA, list_id="Newsleter", field_mapping=mapping)
    assert line.split("; ", maxsplit=2) == [
        (
            'list_id: the account has no list "Newsleter" that this key may see. Nearest: "Newsletter" (2). '
            "All lists: target-activecampaign lists"
        ),
        (
            'field_mapping.custom_fields: the account has no field "Cty". Nearest: "City" (1). '
            "All fields: target-activecampaign fields"
        ),
        (
            "field_mapping.email: the schema of stream 'people' has no property 'e_mail'; "
            "the nearest is 'email'. Nothing was sent."
        ),
    ]


def test_a_file_with_semicolons(sandbox: RunningSandbox) -> None:
    schema = {"properties": {"id;e-mail;vorname;ort": {"type": "string"}}}
    assert said_by_run(
        sandbox.url, [schema_message("customers", schema)], field_mapping={"email": "email"}
    ) == [
        (
            "field_mapping.email: the schema of stream 'customers' has no property 'email'. It has "
            "one property, "
            "\"id;e-mail;vorname;…\": the file is separated by semicolons. Set delimiter to ';' in "
            "the tap, or: "
            "target-activecampaign send FILE.csv. Nothing was sent."
        )
    ]


OF_INPUTS = {
    "id,e-mail,vorname": "a CSV header (id, e-mail, vorname). For a CSV: target-activecampaign send FILE.csv",
    "1,Bob,Berlin": "CSV, 3 columns separated by commas. For a CSV: target-activecampaign send FILE.csv",
    "PK\x03\x04": (
        'a ZIP file or an Excel workbook. Save a workbook as "CSV UTF-8 (*.csv)" in Excel, then: '
        "target-activecampaign send FILE.csv"
    ),
    "2026-11-30 02:00:00 INFO tap started": (
        "a log. A tap writes its log to standard error, and only messages to its output"
    ),
}


@pytest.mark.parametrize("line", OF_INPUTS)
def test_an_input_that_is_no_singer_stream(sandbox: RunningSandbox, line: str) -> None:
    assert said_by_run(sandbox.url, [line]) == [
        f"the input is no Singer stream: line 1 looks like {OF_INPUTS[line]}. Nothing was sent."
    ]


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_a_dead_proxy_and_a_name_without_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    (said,) = said_by_run("https://acme.invalid", ADA)
    assert _without_seconds(said) == (
        "The host's name has no address. Gave up after 3 tries in 1 s (GET users/me). Check the "
        "setting hostname "
        "for a misspelling, and this machine's name resolution (DNS), then run again. Nothing was sent."
    )
    proxy = f"http://127.0.0.1:{closed_port()}"
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    (said,) = said_by_run("https://acme.invalid", ADA)
    assert _without_seconds(said) == (
        f"The proxy {proxy} (variable HTTPS_PROXY) refused the connection. Gave up after 3 tries in 1 s (GET "
        "users/me). Mend it, or unset HTTPS_PROXY (NO_PROXY names hosts that need none), then run again. "
        "Nothing was sent."
    )


def test_a_variable_that_names_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    assert said_by_run("https://acme.invalid", ADA) == [
        (
            "the environment variable REQUESTS_CA_BUNDLE names no file or folder of certificates. Correct "
            "it, or unset it: then the usual certificates are used. Nothing was sent."
        )
    ]


def said_at_the_end(url: str, emails: list[str], **changes: object) -> tuple[int, str]:
    """The exit code of a run that delivered what it could, and its one line at ERROR."""
    messages = [schema_message(), *(record_message({"email": email}) for email in emails), state_message({})]
    outcome = run_quickly(config_for(url, Path.cwd(), **{**FAST, **changes}), messages)
    (said,) = [line.partition(": ")[2] for line in outcome.log.splitlines() if line.startswith("ERROR ")]
    return outcome.exit_code, re.sub(r"after \d+ s", "after 1 s", said)


def test_too_many_rejected_records(sandbox: RunningSandbox) -> None:
    emails = ["ada@example.com", "bo@example.com", "nobody"]
    assert said_at_the_end(sandbox.url, emails, rejects_path="r.singer") == (
        4,
        (
            "1 of 3 records was rejected (33.3 %; allowed are 20 %, max_rejected_percent), so the run failed "
            "(exit code 4). The other 2 arrived. 3 records = 2 delivered (2 new) + 1 rejected "
            "(email_invalid). It stands in r.singer with its reason. The tap goes on behind record 3 at the "
            "latest (STATE). Next: mend r.singer, then   target-activecampaign send r.singer"
        ),
    )


def test_a_contract_that_is_full(sandbox: RunningSandbox) -> None:
    sandbox.account.contact_limit = 1
    assert said_at_the_end(sandbox.url, ["ada@example.com", "bo@example.com"]) == (
        3,
        (
            "Stopped at the contract after 1 s: no room for a further contact (exit code 3). 2 records = 1 "
            "delivered (1 new) + 1 held back. 1 new person waits; nothing is lost. Make room for 1 contact, "
            "or raise the contract (1 of 1 used), then run again. To end such runs without an error: "
            '"on_limit": "stop".'
        ),
    )


def test_a_key_that_stands_in_the_environment_alone(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_ACTIVECAMPAIGN_API_KEY", KEY)
    assert said_by_run(sandbox.url, ADA, api_key=None) == [
        (
            "api_key: is missing. TARGET_ACTIVECAMPAIGN_API_KEY is set but was not read: add "
            "--config ENV after "
            "--config config.json. Nothing was sent."
        )
    ]


OF_FILES = {
    '{\n "list_id": 3,\n}': "config.json, line 2, column 14: the comma before } is one too many; take it out",
    "hostname: acme\n": (
        'config.json looks like YAML, line 1 begins with "hostname"; write the settings as a JSON '
        "object, or: "
        "target-activecampaign init"
    ),
    "": 'config.json is empty; write the settings as a JSON object, like {"hostname": "…", …}',
    "[]": "config.json holds no JSON object; write { } around the settings",
}


@pytest.mark.parametrize("content", OF_FILES)
def test_a_configuration_file_that_is_none(content: str) -> None:
    Path("config.json").write_text(content)
    said = CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["--config", "config.json"])
    assert said.exit_code == 1
    assert said.stderr == f"Error: --config: {OF_FILES[content]}. Nothing was sent.\n"


def test_a_level_of_the_log_that_is_none() -> None:
    assert problem_of_log_level({"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "TALKATIVE"}) == (
        'TARGET_ACTIVECAMPAIGN_LOGLEVEL: "TALKATIVE" is no level. Write DEBUG, INFO, WARNING or ERROR.'
    )


def test_check_says_the_same_in_one_round(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("target_activecampaign.cli.check.redact_logs", lambda: None)
    mapping = {"email": "email", "City": "town", "custom_fields": {"Cty": "first_name"}}
    config = config_for(sandbox.url, Path.cwd(), list_id="Newsleter", dryrun=True, field_mapping=mapping)
    Path("config.json").write_text(json.dumps(config))
    said = CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["check", "--json"])
    found = [
        (one["id"], one["setting"]) for one in json.loads(said.stdout)["checks"] if one["status"] == "fail"
    ]
    assert found == [
        ("settings", "dryrun"),
        ("list", "list_id"),
        ("fields", "field_mapping.City"),
        ("fields", "field_mapping.custom_fields"),
    ]
