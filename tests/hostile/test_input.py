"""A tap that means harm, or is broken: clear words with the line, bounded memory, nothing by accident."""

from __future__ import annotations

import gzip
import io
import json
import logging
import signal
import subprocess
import sys
import time
import typing as t

import pytest
from fuzz.entries import OWN_ERRORS, FakeRun
from support.raw_command import SCHEMA_LINE, fast_config, record_line, run_bytes

from target_activecampaign.sandbox import serve
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

LONG = 100_000_000
# A run of a few records takes some 60 MiB, a line of arrays alone the most that a line can.
MOST_MIB = 800


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(with_limits=False, progress="at-once") as served:
        yield served


def emails_in(sandbox: RunningSandbox) -> list[str]:
    return [row["email"] for row in sandbox.snapshot(10**6)["contacts"]]


ADA = record_line(email="ada@example.com")
STATE = b'{"type":"STATE","value":{"after":"ada"}}\n'


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (ADA[:-3] + b" " * LONG + ADA[-3:], "line 4 of the input is longer than 16,777,216 bytes"),
        (b"x" * LONG, "line 4 of the input is longer than"),
        (b"[" * (2**24 - 1), "line 4 of the input is no JSON"),
        (b'{"a":' * 2_000_000, "line 4 of the input is no JSON"),
        (b"[" + b"[]," * 5_000_000 + b"[]]", "line 4 of the input is no JSON object"),
        (b"\0" * 1_000_000, "line 4 of the input is no JSON"),
    ],
    ids=["a long record", "a long line of nothing", "brackets", "braces", "many arrays", "NULs"],
)
def test_a_line_too_large_ends_the_run_in_bounded_memory_and_nothing_after_it_is_sent(
    sandbox: RunningSandbox, tmp_path: Path, lines: bytes, says: str
) -> None:
    data = SCHEMA_LINE + ADA + STATE + lines + b"\n" + record_line(email="bo@example.com")
    said = run_bytes(fast_config(sandbox.url, tmp_path), data, tmp_path)
    assert said.exit_code == 1
    assert says in said.log
    assert "please report it" not in said.log
    assert "Traceback" not in said.log
    assert said.peak_mib < MOST_MIB
    assert "bo@example.com" not in emails_in(sandbox)
    assert not said.stdout or emails_in(sandbox) == ["ada@example.com"], "no STATE ahead of its contacts"


ODD_VALUES = {
    "a-million-properties": b",".join(b'"p%d":1' % number for number in range(1_000_000)),
    "a-long-value": b'"first_name":"' + b"x" * 10_000_000 + b'"',
    "an-endless-integer": b'"id":' + b"9" * 10_000,
    "a-large-exponent": b'"id":1E+999999',
    "an-endless-exponent": b'"id":1e' + b"9" * 100,
    "nan": b'"id":NaN',
    "half-a-pair-and-nul": b'"id":"\\ud800\\u0000"',
    "half-a-pair-in-bytes": b'"id":"\xed\xa0\x80"',
    "nested": b'"id":' + b"[" * 400 + b"]" * 400,
    "a-key-twice": b'"id":"first","id":"second"',
}


@pytest.mark.parametrize("is_mapped", [False, True], ids=["not mapped", "mapped"])
def test_an_odd_value_concerns_its_own_record_at_most(
    sandbox: RunningSandbox, tmp_path: Path, *, is_mapped: bool
) -> None:
    mapping = {"email": "email", **({"first_name": "first_name", "last_name": "id"} if is_mapped else {})}
    config = fast_config(sandbox.url, tmp_path, max_rejected_percent=99, field_mapping=mapping)
    records = b"".join(
        b'{"type":"RECORD","stream":"people","record":{"email":"%s@example.com",%s}}\n'
        % (name.encode(), parts)
        for name, parts in ODD_VALUES.items()
    )
    said = run_bytes(config, SCHEMA_LINE + records + ADA + STATE, tmp_path)
    delivered = {email.partition("@")[0] for email in emails_in(sandbox)}
    lost = {"a-long-value"} if is_mapped else set()  # no request has room for it
    report = json.loads(said.report)
    assert said.exit_code == 0
    assert said.peak_mib < MOST_MIB
    assert said.stdout == '{"after":"ada"}\n'
    assert {"ada", *ODD_VALUES} - delivered == lost
    assert sum(report["rejected"].values()) == len(lost)
    assert report["left_out"] == ({"last_name": 7} if is_mapped else {})


def test_three_thousand_streams_cost_no_more_than_their_number(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    lines = [
        schema_line({"properties": {"email": {}}}, stream=f"s{number}")
        + ADA.replace(b'"people"', b'"s%d"' % number)
        for number in range(3_000)
    ]
    config = fast_config(sandbox.url, tmp_path, streams={"s1*": {"list_id": 1}, "s77": {"list_id": 2}})
    said = run_bytes(config, b"".join(lines), tmp_path, environment={})
    assert said.exit_code == 0
    assert emails_in(sandbox) == ["ada@example.com"]
    assert json.loads(said.report)["read"] == 1112
    assert said.peak_mib < MOST_MIB


def test_a_schema_that_changes_all_the_time_leaves_nothing_behind(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    other = SCHEMA_LINE.replace(b'"id":{}', b'"id":{"description":"' + b"x" * 50_000 + b'"}')
    data = (SCHEMA_LINE + ADA + other + ADA) * 500
    config = fast_config(sandbox.url, tmp_path)
    said = run_bytes(config, data, tmp_path, environment={})
    assert said.exit_code == 0
    assert json.loads(said.report)["read"] == 1_000
    assert said.peak_mib < 120, "50,000,000 bytes of schemas went through"


def schema_line(schema: object, **parts: object) -> bytes:
    return json.dumps({"type": "SCHEMA", "stream": "people", "schema": schema, **parts}).encode() + b"\n"


def nested(depth: int) -> dict[str, t.Any]:
    schema: dict[str, t.Any] = {}
    for _ in range(depth):
        schema = {"properties": {"email": schema}}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        schema_line([]),
        schema_line(None),
        schema_line({"properties": {"email": {}}}, key_properties=7),
        schema_line({"properties": {"email": {}}}, key_properties=[["email"]]),
        schema_line({"properties": {"email": {}}}, key_properties={"email": 1}),
        schema_line({"properties": {"email": {}}}, stream="\x1b[2J"),
        schema_line({"properties": {"email": {}}}, stream="s" * 5_000),
    ],
)
def test_a_schema_that_is_none_is_refused_by_its_line(schema: bytes) -> None:
    target = TargetActiveCampaign(
        config={"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    )
    target.current_run = t.cast("t.Any", FakeRun())
    with pytest.raises(OWN_ERRORS) as refusal:
        target.listen(t.cast("t.Any", io.BytesIO(schema)))
    assert "line 1" in str(refusal.value)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"properties": {"email": {"type": "no such type"}}}, "type"),
        ({"properties": {"email": 7}}, "type"),
        ({"properties": {"email": {"pattern": "("}}}, "pattern"),
        ({"properties": {"email": {"pattern": "(" * 5_000}}}, "pattern"),
        ({"properties": {"email": {"pattern": "a{99999999999}"}}}, "pattern"),
        (nested(200), None),
        ({"properties": []}, None),
        ({"properties": "email"}, None),
        ({"properties": {"email": {}, "other": {"pattern": "("}}}, None),
    ],
)
def test_a_schema_that_is_not_understood_ends_no_run(
    schema: dict[str, t.Any], keyword: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    target = TargetActiveCampaign(
        config={"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    )
    run = FakeRun()
    target.current_run = t.cast("t.Any", run)
    target.listen(t.cast("t.Any", io.BytesIO(schema_line(schema) + ADA)))
    assert run.outcomes == 1
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == (keyword is not None)
    assert all(f"{keyword!r} at $.email can't be understood" in text for text in said)


@pytest.mark.parametrize(
    "schema",
    [
        schema_line({"properties": {"email": {}}}, stream="a\nERROR all is well"),
        schema_line({"properties": {"a\nERROR all is well": {}}}),
    ],
    ids=["in the stream", "as the nearest name"],
)
def test_a_name_with_a_line_end_forges_no_line_of_the_log(
    sandbox: RunningSandbox, tmp_path: Path, schema: bytes
) -> None:
    said = run_bytes(fast_config(sandbox.url, tmp_path), schema, tmp_path)
    assert said.exit_code == 1
    assert "\nERROR" not in said.log
    assert "please report it" not in said.log


def test_a_large_schema_is_taken(sandbox: RunningSandbox, tmp_path: Path) -> None:
    properties: dict[str, t.Any] = {f"p{number}": {"type": ["string", "null"]} for number in range(5_000)}
    schema = schema_line({"properties": {"email": {}, **properties}})
    said = run_bytes(fast_config(sandbox.url, tmp_path), schema + ADA, tmp_path)
    assert said.exit_code == 0
    assert emails_in(sandbox) == ["ada@example.com"]


@pytest.mark.parametrize("reference", ["#/definitions/none", "http://127.0.0.1:{port}/x", "file://{file}"])
def test_nothing_that_a_schema_refers_to_is_fetched(
    sandbox: RunningSandbox, tmp_path: Path, reference: str
) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"type": "string"}')
    port = sandbox.url.rpartition(":")[2]
    schema = {"properties": {"email": {"$ref": reference.format(port=port, file=other)}}}
    asked = len(sandbox.emulator.journal.after(0))
    said = run_bytes(fast_config(sandbox.url, tmp_path), schema_line(schema) + ADA, tmp_path)
    requests = sandbox.emulator.journal.after(0)[asked:]
    assert all(entry.path.startswith("/api/3/") for entry in requests)
    assert said.exit_code == 0
    assert "'$ref' at $.email" in said.log
    assert emails_in(sandbox) == ["ada@example.com"]


def test_a_pattern_without_end_can_still_be_stopped(sandbox: RunningSandbox, tmp_path: Path) -> None:
    schema = {"properties": {"email": {}, "first_name": {"pattern": "^(a+)+$"}}}
    lines = schema_line(schema) + record_line(email="ada@example.com", first_name="a" * 60 + "!")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(fast_config(sandbox.url, tmp_path)))
    process = subprocess.Popen(
        [sys.executable, "-m", "target_activecampaign", "--config", str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(lines)
    process.stdin.flush()
    while not sandbox.emulator.journal.after(0):
        time.sleep(0.05)
    time.sleep(1)
    for _ in range(100):  # the second one ends it; of two that come too close together, one is lost
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        if process.poll() is not None:
            break
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert output == b""
    assert emails_in(sandbox) == []


@pytest.mark.parametrize(
    ("change", "exit_code"),
    [
        (lambda data: b"\xef\xbb\xbf" + data, 0),
        (lambda data: data.replace(b"\n", b"\r\n"), 0),
        (lambda data: data.removesuffix(b"\n"), 0),
        (lambda data: data.replace(b"\n", b"\n\n \t\n"), 0),
        (lambda data: data.replace(b"\n", b"\r"), 1),
        (lambda data: data.decode().encode("utf-16"), 1),
        (lambda data: data.replace(b"people", b"people\\u0000"), 1),
    ],
    ids=["BOM", "CRLF", "no final newline", "blank lines", "CR", "UTF-16", "NUL in a name"],
)
def test_line_ends_and_encodings(
    sandbox: RunningSandbox, tmp_path: Path, change: t.Callable[[bytes], bytes], exit_code: int
) -> None:
    data = change(SCHEMA_LINE + ADA + STATE)
    said = run_bytes(fast_config(sandbox.url, tmp_path), data, tmp_path)
    assert said.exit_code == exit_code
    assert emails_in(sandbox) == ([] if exit_code else ["ada@example.com"])
    assert "please report it" not in said.log


def test_a_file_is_read_as_standard_input_is(sandbox: RunningSandbox, tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"\xef\xbb\xbf" + (SCHEMA_LINE + ADA + STATE).replace(b"\n", b"\r\n"))
    config = fast_config(sandbox.url, tmp_path)
    arguments = ("--config", str(tmp_path / "config.json"), "--input", str(tmp_path / "input"))
    assert run_bytes(config, b"", tmp_path, *arguments).exit_code == 0
    assert emails_in(sandbox) == ["ada@example.com"]


@pytest.mark.parametrize(
    "value",
    ["[" * 900 + "]" * 900, "9" * 10_000, "1E+999999", '"\\ud800"', "null", '{"a":' * 300 + "1" + "}" * 300],
)
def test_a_state_of_any_shape_is_passed_on_or_refused_by_its_line(
    sandbox: RunningSandbox, tmp_path: Path, value: str
) -> None:
    state = f'{{"type":"STATE","value":{value}}}\n'.encode()
    said = run_bytes(fast_config(sandbox.url, tmp_path), SCHEMA_LINE + ADA + STATE + state, tmp_path)
    assert "please report it" not in said.log
    if said.exit_code:
        assert "line 4" in said.log
    else:
        assert said.stdout.splitlines()[-1] == value


def test_a_gzip_bomb_is_read_in_bounded_memory(sandbox: RunningSandbox, tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(b" " * 2**20)
    batch = {
        "type": "BATCH",
        "stream": "people",
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "manifest": [path.as_uri()],
    }
    data = SCHEMA_LINE + json.dumps(batch).encode() + b"\n"
    said = run_bytes(fast_config(sandbox.url, tmp_path), data, tmp_path)
    assert said.exit_code == 0, "blanks are no rows"
    assert said.peak_mib < 200
