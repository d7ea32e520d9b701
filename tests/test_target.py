"""The command against the emulator: what a user sees of a run."""

from __future__ import annotations

import errno
import gzip
import json
import os
import random
import stat
import typing as t

import pytest
from singer_sdk import Target
from support.command import SCHEMA, config_for, record_message, run_target, schema_message, state_message

from target_activecampaign.errors import OutputError
from target_activecampaign.sandbox import serve
from target_activecampaign.singer.messages import Message
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

FAST = {"requests_per_second": 1000, "imports_per_minute": 60_000}
BAD_ADDRESSES = ["n/a", "a@b", "x@@example.com", "spaces in@example.com", "", None]


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """An emulator without limits, whose imports end at the second look."""
    with serve(with_limits=False, progress="looks=2") as served:
        yield served


def contacts_of(sandbox: RunningSandbox) -> dict[str, dict[str, t.Any]]:
    return {row["email"]: row for row in sandbox.snapshot(10**6)["contacts"]}


def messy_records(count: int, distinct: int) -> list[dict[str, t.Any]]:
    """Duplicates in other letters with newer values, nulls, bad addresses."""
    dice = random.Random(7)  # noqa: S311 - a test
    records: list[dict[str, t.Any]] = []
    for number in range(count):
        person = number if number < distinct else dice.randrange(distinct)
        address = f"person{person}@example.com"
        email: str | None
        email = dice.choice([address, address.upper(), f"  {address} ", address.title()])
        if number % 40 == 39:
            email = dice.choice(BAD_ADDRESSES)
        records.append(
            {
                "email": email,
                "first_name": dice.choice(["Ada", "Bo", None]),
                "last_name": dice.choice([f"Name {number}", None]),
                "phone": "+49 30 123456",
            },
        )
    return records


def applied_one_by_one(records: list[dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    people: dict[str, dict[str, t.Any]] = {}
    for record in records:
        if record["email"] in BAD_ADDRESSES:
            continue
        person = people.setdefault(
            record["email"].strip().lower(), {"firstName": "", "lastName": "", "phone": ""}
        )
        for ours, theirs in (("first_name", "firstName"), ("last_name", "lastName")):
            person[theirs] = record[ours] or person[theirs]
        person["phone"] = "+4930123456"
    return people


def test_two_thousand_messy_records_end_as_if_applied_one_by_one(tmp_path: Path) -> None:
    records = messy_records(2000, 1200)
    messages: list[t.Any] = [schema_message()]
    for number, record in enumerate(records):
        messages.append(record_message(record))
        if number % 300 == 299:
            messages.append(state_message({"bookmark": number}))
    messages.append(state_message({"bookmark": "end"}))
    with serve(progress="seconds=1") as sandbox:
        environment = {"TARGET_ACTIVECAMPAIGN_PROGRESS_SECONDS": "1", "FORCE_COLOR": "1"}
        config = config_for(sandbox.url, tmp_path)
        outcome = run_target(config, messages, tmp_path, environment=environment, is_real=True)
        people = contacts_of(sandbox)
        answers = [entry.status for entry in sandbox.emulator.journal.after(0)]
    expected = applied_one_by_one(records)
    assert outcome.exit_code == 0
    assert people.keys() == expected.keys()
    assert {email: {key: people[email][key] for key in row} for email, row in expected.items()} == expected
    assert all(person["lists"] == {"1": 1} for person in people.values())
    assert outcome.report["imports"] <= 12
    assert 429 not in answers
    assert 400 not in answers
    assert outcome.states[-1] == {"bookmark": "end"}
    assert_adds_up(outcome.report, 2000)
    assert "progress: 0 delivered of 2,000 read so far" in outcome.log
    assert not {"\x1b", "\r"} & set(outcome.log)
    assert outcome.report["delivered"] == outcome.report["created"] + outcome.report["updated"]
    assert outcome.report["created"] == len(expected)
    assert outcome.report["requests"] == len(answers)
    rejected = [line for line in outcome.rejects if line["type"] == "RECORD"]
    assert len(rejected) == sum(outcome.report["rejected"].values()) == 50


def assert_adds_up(report: dict[str, t.Any], read: int) -> None:
    for figures in (report, *report["streams"].values()):
        parts = ("delivered", "unchanged", "superseded", "held_back")
        total = sum(figures[part] for part in parts) + sum(figures["rejected"].values())
        assert figures["read"] == total
    assert report["read"] == read == sum(figures["read"] for figures in report["streams"].values())


def distinct_people(count: int) -> list[t.Any]:
    messages: list[t.Any] = [schema_message()]
    for number in range(count):
        messages.append(record_message({"email": f"person{number}@example.com", "first_name": "Ada"}))
        if number % 100 == 29:
            messages.append(state_message({"after": number + 1}))
    return [*messages, state_message({"after": count})]


@pytest.mark.parametrize(("on_limit", "exit_code"), [("fail", 3), ("stop", 0)])
def test_profile_limit_is_kept_to_the_contact(
    sandbox: RunningSandbox, tmp_path: Path, on_limit: str, exit_code: int
) -> None:
    config = config_for(sandbox.url, tmp_path, profile_limit=730, on_limit=on_limit, **FAST)
    outcome = run_target(config, distinct_people(1200), tmp_path)
    assert outcome.exit_code == outcome.report["exit_code"] == exit_code
    assert len(contacts_of(sandbox)) == outcome.report["delivered"] == 730
    assert outcome.report["held_back"] == 470
    assert outcome.report["limit"] == "profile_limit"
    assert (
        "+ 470 held back. 470 new people wait; nothing is lost. Raise profile_limit, or run again"
        in outcome.log
    )
    assert outcome.states[-1] == {"after": 730}
    assert_adds_up(outcome.report, 1200)


def test_the_account_is_filled_to_its_contract_and_not_beyond(tmp_path: Path) -> None:
    with serve(with_limits=False, contact_limit=400) as sandbox:
        outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), distinct_people(1200), tmp_path)
        assert len(contacts_of(sandbox)) == 400
    assert outcome.exit_code == 3
    assert (outcome.report["delivered"], outcome.report["held_back"]) == (400, 800)
    assert outcome.report["limit"] == "account_limit_guard"
    assert outcome.states[-1] == {"after": 330}


def test_a_key_that_may_not_read_the_contract_is_warned_of_once(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.emulator.faults.add('GET /settings/account status=403 body={"message":"Forbidden"}')
    outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), distinct_people(3), tmp_path)
    assert outcome.exit_code == 0
    assert outcome.log.count("account_limit_guard") == 1


def test_streams_go_to_their_own_lists_and_others_are_ignored(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    streams = {
        "vip_*": {"list_id": 3, "tags": ["vip"]},
        "leads": {"list_id": 2, "field_mapping": {"email": "mail"}},
    }
    lead_schema = {"type": "object", "properties": {"mail": {"type": "string"}}}
    messages = [
        schema_message("vip_eu"),
        schema_message("leads", lead_schema),
        schema_message("orders"),
        record_message({"email": "ada@example.com", "first_name": "Ada"}, "vip_eu"),
        record_message({"mail": "ADA@example.com"}, "leads"),
        record_message({"email": "bo@example.com"}, "orders"),
        record_message({"email": "cy@example.com"}, "orders"),
    ]
    config = config_for(sandbox.url, tmp_path, list_id=None, streams=streams, **FAST)
    outcome = run_target(config, messages, tmp_path)
    people = contacts_of(sandbox)
    assert outcome.exit_code == 0
    assert people.keys() == {"ada@example.com"}
    assert people["ada@example.com"]["lists"] == {"2": 1, "3": 1}
    assert people["ada@example.com"]["tags"] == ["vip"]
    assert outcome.report["ignored"] == 2
    assert outcome.log.count("'orders' is not exported") == 1
    assert_adds_up(outcome.report, 2)


def test_custom_fields_are_found_by_id_tag_and_title_and_written_for_their_type(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    mapping = {
        "email": "email",
        "tags": "interests",
        "custom_fields": {
            "1": "address.city",
            "%CUSTOMER_SINCE%": "since",
            "lifetime value": "value",
            "INTERESTS": "interests",
            "Last order at": "ordered",
            "Customer number": "number",
        },
    }
    properties = {
        "email": {"type": "string"},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "since": {"type": "string", "format": "date-time"},
        "value": {"type": "number"},
        "interests": {"type": "array", "items": {"type": "string"}},
        "ordered": {"type": "string"},
        "number": {"type": "integer"},
    }
    record = {
        "email": "ada@example.com",
        "address": {"city": "Zürich"},
        "since": "2024-02-29T23:30:00+02:00",
        "value": 12.50,
        "interests": ["Music", "Travel"],
        "ordered": "2026-05-19T02:45:00Z",
        "number": 7,
    }
    messages = [schema_message(schema={"type": "object", "properties": properties}), record_message(record)]
    config = config_for(sandbox.url, tmp_path, field_mapping=mapping, **FAST)
    assert run_target(config, messages, tmp_path).exit_code == 0
    person = contacts_of(sandbox)["ada@example.com"]
    fields = person["fields"]
    assert fields["CITY"] == "Zürich"
    assert fields["CUSTOMER_SINCE"] == "2024-02-29"
    assert fields["LIFETIME_VALUE"] == "12.5"
    assert fields["INTERESTS"] == "||Music||Travel||"
    assert fields["CUSTOMER_NUMBER"] == "7"
    assert person["tags"] == ["Music", "Travel"]


@pytest.mark.parametrize(
    ("overrides", "problems"),
    [
        ({"list_id": 99}, ["list_id: the account has no list 99"]),
        (
            {"field_mapping": {"email": "email", "custom_fields": {"Cty": "email", "77": "email"}}},
            [
                'custom_fields: the account has no field "Cty"',
                'Nearest: "City" (1)',
                'the account has no field "77"',
            ],
        ),
        (
            {"field_mapping": {"email": "mail", "first_name": "firstname"}},
            [
                "field_mapping.email: the schema of stream 'people' has no property",
                "the nearest is 'email'",
                "field_mapping.first_name",
                "'first_name'",
            ],
        ),
        ({"api_key": "wrong-key-for-everyone"}, ["HTTP 403, the key was refused", "api_key"]),
    ],
)
def test_what_the_account_or_the_schema_lacks_is_refused_before_the_first_write(
    sandbox: RunningSandbox, tmp_path: Path, overrides: dict[str, t.Any], problems: list[str]
) -> None:
    config = config_for(sandbox.url, tmp_path, **{**FAST, **overrides})
    outcome = run_target(config, distinct_people(3), tmp_path)
    assert outcome.exit_code == 1
    assert [problem for problem in problems if problem not in outcome.log] == []
    assert "wrong-key" not in outcome.log
    assert "Traceback" not in outcome.log
    assert outcome.states == []
    assert len(sandbox.account.contacts) == 0
    assert not [entry for entry in sandbox.emulator.journal.after(0) if entry.method == "POST"]


def test_a_host_that_nobody_serves_ends_the_run_within_a_few_requests(tmp_path: Path) -> None:
    with serve() as sandbox:
        url = sandbox.url
    outcome = run_target(config_for(url, tmp_path, **FAST), distinct_people(1), tmp_path)
    assert outcome.exit_code == 1
    assert "GET users/me: the host refused the connection" in outcome.log
    assert outcome.report["requests"] <= 5


def test_wrong_settings_are_all_named_at_once(tmp_path: Path) -> None:
    config = {
        "hostname": "http://acme.example",
        "api_key": "a-very-secret-key",
        "batch_size_rows": 251,
        "lisst_id": 1,
    }
    outcome = run_target(config, [], tmp_path)
    assert outcome.exit_code == 1
    for name in ("hostname", "batch_size_rows", "lisst_id", "list_id", "data_privacy_consent"):
        assert name in outcome.log
    assert "a-very-secret-key" not in outcome.log


def test_settings_come_from_the_environment(sandbox: RunningSandbox, tmp_path: Path) -> None:
    environment = {
        "TARGET_ACTIVECAMPAIGN_HOSTNAME": sandbox.url,
        "TARGET_ACTIVECAMPAIGN_API_KEY": "sandbox",
        "TARGET_ACTIVECAMPAIGN_DATA_PRIVACY_CONSENT": "true",
        "TARGET_ACTIVECAMPAIGN_LIST_ID": "2",
        "TARGET_ACTIVECAMPAIGN_TAGS": '["imported"]',
    }
    outcome = run_target({}, distinct_people(1), tmp_path, "--config", "ENV", environment=environment)
    assert outcome.exit_code == 0
    assert contacts_of(sandbox)["person0@example.com"]["tags"] == ["imported"]


def test_the_bundled_emulator_runs_inside_the_target_and_keeps_its_account(tmp_path: Path) -> None:
    config = config_for("sandbox", tmp_path)
    assert run_target(config, distinct_people(3), tmp_path, is_real=True).report["created"] == 3
    assert run_target(config, distinct_people(4), tmp_path, is_real=True).report["created"] == 1
    with serve(tmp_path / ".sandbox" / "account.db") as sandbox:
        assert len(contacts_of(sandbox)) == 4


def test_rejects_can_be_mended_and_sent_again(sandbox: RunningSandbox, tmp_path: Path) -> None:
    messages = [schema_message(), record_message({"email": "ada(at)example.com", "first_name": "Ada"})]
    config = config_for(sandbox.url, tmp_path, max_rejected_percent=100, **FAST)
    first = run_target(config, messages, tmp_path)
    assert first.exit_code == 4, "when everything was rejected, the run has failed"
    assert first.rejects[1]["_rejected"]["reason"] == "email_invalid"
    path = tmp_path / "rejects.singer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    mended = [line.replace("(at)", "@") for line in path.read_text().splitlines()]
    second = run_target(config, mended, tmp_path)
    assert (second.exit_code, second.report["delivered"]) == (0, 1)
    assert contacts_of(sandbox)["ada@example.com"]["firstName"] == "Ada"
    assert len(list(tmp_path.glob("rejects.singer.*"))) == 1, "the first run's rejects are kept"


def test_too_many_rejected_records_fail_the_run_after_the_rest_is_delivered(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    messages = [
        schema_message(),
        *(record_message({"email": f"person{number}@example.com"}) for number in range(7)),
        *(record_message({"email": "n/a"}) for _ in range(3)),
        state_message("end"),
    ]
    outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), messages, tmp_path)
    assert outcome.exit_code == 4
    assert outcome.report["delivered"] == 7
    assert outcome.states == ["end"]
    assert "3 of 10 records were rejected (30.0 %; allowed are 20 %, max_rejected_percent), so" in outcome.log


def test_a_record_whose_key_breaks_its_schema_is_set_aside_without_its_value(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "city": {"type": "string"}}}
    messages = [
        schema_message(schema=schema, keys=["city"]),
        record_message({"email": "ada@example.com", "city": {"secret": "Ada"}}),
        *(record_message({"email": f"person{number}@example.com", "city": "Bonn"}) for number in range(9)),
    ]
    outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), messages, tmp_path)
    assert outcome.exit_code == 0
    assert outcome.rejects[1]["_rejected"] == {"reason": "schema_invalid", "detail": "$.city: type"}
    assert "ada@example.com" not in outcome.log
    assert "secret" not in outcome.log


def test_a_line_that_is_no_json_ends_the_run_by_its_number(sandbox: RunningSandbox, tmp_path: Path) -> None:
    messages: list[t.Any] = [
        schema_message(),
        "",
        '{"type": "RECORD", "stream": "people", "record": {"email": "ada@exam',
    ]
    outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), messages, tmp_path)
    assert outcome.exit_code == 1
    assert "line 3 of the input is no JSON" in outcome.log
    assert "ada@exam" not in outcome.log


def test_deletions_of_the_source_subscribe_nobody(sandbox: RunningSandbox, tmp_path: Path) -> None:
    properties = {**schema_message()["schema"]["properties"], "_sdc_deleted_at": {"type": ["string", "null"]}}
    messages = [
        schema_message(schema={"type": "object", "properties": properties}),
        record_message({"email": "ada@example.com", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}),
        record_message({"email": "bo@example.com", "_sdc_deleted_at": None}),
    ]
    outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), messages, tmp_path)
    assert contacts_of(sandbox).keys() == {"bo@example.com"}
    assert (outcome.report["read"], outcome.report["ignored"]) == (1, 1)


def test_batch_messages_take_the_way_of_records(sandbox: RunningSandbox, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl.gz"
    rows = [
        {"email": "ADA@example.com", "first_name": "Ada"},
        {"email": "nobody"},
        {"email": "bo@example.com"},
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    batch = {
        "type": "BATCH",
        "stream": "people",
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "manifest": [path.as_uri()],
    }
    config = config_for(sandbox.url, tmp_path, max_rejected_percent=50, **FAST)
    outcome = run_target(config, [schema_message(), batch, state_message("end")], tmp_path)
    assert outcome.exit_code == 0
    assert contacts_of(sandbox).keys() == {"ada@example.com", "bo@example.com"}
    assert outcome.rejects[1]["record"] == {"email": "nobody"}
    assert "line 2, row 2: rejected" in outcome.log
    assert outcome.states == ["end"]


def test_stream_maps_and_flattening_come_before_the_mapping(sandbox: RunningSandbox, tmp_path: Path) -> None:
    properties = {
        "mail": {"type": "string"},
        "name": {"type": "object", "properties": {"first": {"type": "string"}}},
    }
    config = config_for(
        sandbox.url,
        tmp_path,
        stream_maps={"people": {"email": "mail.lower()", "__filter__": "mail != 'skip@example.com'"}},
        flattening_enabled=True,
        flattening_max_depth=1,
        field_mapping={"email": "email", "first_name": "name__first"},
        **FAST,
    )
    messages = [
        schema_message(schema={"type": "object", "properties": properties}),
        record_message({"mail": "Ada@example.com", "name": {"first": "Ada"}}),
        record_message({"mail": "skip@example.com", "name": {"first": "Bo"}}),
        record_message({"mail": 5, "name": {"first": "Cy"}}),
    ]
    outcome = run_target({**config, "max_rejected_percent": 60}, messages, tmp_path)
    assert outcome.exit_code == 0
    assert contacts_of(sandbox)["ada@example.com"]["firstName"] == "Ada"
    assert outcome.report["read"] == 2
    assert outcome.rejects[1]["_rejected"]["reason"] in {"value_invalid", "schema_invalid"}
    assert outcome.rejects[1]["record"] == {"mail": 5, "name": {"first": "Cy"}}, "as the tap sent it"


def test_the_connection_test_of_meltano_writes_nothing(sandbox: RunningSandbox, tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    messages = [
        schema_message("meltano_test_stream", schema),
        record_message({"id": 1, "name": "Ada"}, "meltano_test_stream"),
    ]
    outcome = run_target(config_for(sandbox.url, tmp_path, **FAST), messages, tmp_path)
    assert outcome.exit_code == 0
    assert {entry.method for entry in sandbox.emulator.journal.after(0)} == {"GET"}
    assert "error" not in outcome.log.lower()
    assert "exception" not in outcome.log.lower()


def test_a_path_that_cannot_be_written_is_said_before_anything_is_sent(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    config = config_for(sandbox.url, tmp_path, report_path="/proc/report.json", **FAST)
    outcome = run_target(config, distinct_people(1), tmp_path)
    assert outcome.exit_code == 1
    assert "report_path" in outcome.log
    assert len(sandbox.account.contacts) == 0


def test_the_key_of_the_account_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    key = "0123456789abcdef-made-up"
    with serve(keys=(key,), with_limits=False) as sandbox:
        config = config_for(sandbox.url, tmp_path, api_key=key, **FAST)
        environment = {"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "DEBUG"}
        outcome = run_target(config, distinct_people(3), tmp_path, environment=environment)
    assert outcome.exit_code == 0
    assert key not in outcome.log + json.dumps(outcome.report)
    assert "@example.com" not in outcome.log


def test_a_fault_of_the_machine_at_a_schema_is_not_blamed_on_the_tap(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> t.NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Target, "_process_schema_message", refuse)
    config = {"hostname": "sandbox", "api_key": "sandbox", "data_privacy_consent": True, "list_id": 1}
    target = TargetActiveCampaign(config=config)
    message = Message(schema_message(), line_number=1)
    with pytest.raises(OutputError, match=r"this machine can't do what the run needs: No space left"):
        target._make_sinks(message)
