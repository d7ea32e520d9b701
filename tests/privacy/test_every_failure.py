"""In every failure, at the most talkative level: neither an address, nor a name, nor the key is let out."""

from __future__ import annotations

import gzip
import json
import typing as t
from dataclasses import dataclass, field

import pytest
from support.raw_command import SCHEMA_LINE, fast_config, record_line, run_bytes

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.raw_command import Said

# Whatever must not be seen holds these letters: addresses, names, values, the key.
SECRET = "zqx"
KEY = f"{SECRET}0123456789abcdef"
ADA = f"{SECRET}.ada@example.com"
PERSON = record_line(email=ADA, first_name=f"{SECRET} Ada", last_name=f"{SECRET} Lovelace")
QUOTING_REFUSAL = json.dumps(
    {
        "message": "JSON payload did not pass validation",
        "failureReasons": [{"contact": 0, "failureReason": ADA}],
    }
)


@dataclass(frozen=True)
class Failure:
    """What goes wrong, and what is said of it."""

    name: str
    lines: bytes = SCHEMA_LINE + PERSON
    exit_code: int = 1
    says: tuple[str, ...] = ()
    settings: dict[str, t.Any] = field(default_factory=dict)
    fault: str = ""


def schema(**parts: object) -> bytes:
    message = {"type": "SCHEMA", "stream": "people", "schema": {"properties": {"email": {}}}, **parts}
    return json.dumps(message).encode() + b"\n"


def batch(*urls: str, compression: str = "none", form: str = "jsonl") -> bytes:
    encoding = {"format": form, "compression": compression}
    message = {"type": "BATCH", "stream": "people", "encoding": encoding, "manifest": urls}
    return json.dumps(message).encode() + b"\n"


def maps(**entry: object) -> dict[str, t.Any]:
    return {"stream_maps": {"people": entry}}


FAILURES = [
    # The input.
    Failure("nothing at all", exit_code=0),
    Failure(
        "a line that is no JSON", SCHEMA_LINE + b"\n" + PERSON[:-9], says=("line 3 of the input is no JSON",)
    ),
    Failure(
        "a line of other bytes", SCHEMA_LINE + b"\xff\xfe" + PERSON, says=("line 2 of the input is no JSON",)
    ),
    Failure("a line that is no object", SCHEMA_LINE + f'["{ADA}"]\n'.encode(), says=("is no JSON object",)),
    Failure("an unknown type", f'{{"type":"{ADA}"}}\n'.encode(), says=("type is missing or unknown",)),
    Failure("a stream that is no name", PERSON.replace(b'"people"', b"7"), says=("line 1", "'stream'")),
    Failure("a stream with a line end", PERSON.replace(b"people", b"a\\nb"), says=("control characters",)),
    Failure("a record before its schema", PERSON, says=("line 1", "'people'", "before its SCHEMA")),
    Failure("a BATCH before its schema", batch(), says=("line 1", "'people'", "before its SCHEMA")),
    Failure("ACTIVATE_VERSION first", b'{"type":"ACTIVATE_VERSION","stream":"people","version":1}\n', 0),
    Failure("a STATE without a value", b'{"type":"STATE"}\n', says=("line 1", "without 'value'")),
    Failure(
        "a record that is none",
        SCHEMA_LINE + f'{{"type":"RECORD","stream":"people","record":"{ADA}"}}\n'.encode(),
        exit_code=4,
        says=("line 2: rejected, schema_invalid",),
    ),
    Failure(
        "a missing key property",
        schema(key_properties=["id"]) + PERSON,
        says=("line 2, stream 'people'", "key properties ['id']", "Look at the tap"),
    ),
    Failure("keys that are no names", schema(key_properties=[{ADA: 1}]), says=("line 1", "'key_properties'")),
    Failure(
        "a key that breaks its schema",
        schema(schema={"properties": {"email": {}, "id": {"type": "integer"}}}, key_properties=["id"])
        + record_line(email=ADA, id={ADA: ADA}),
        exit_code=4,
        says=("line 2: rejected, schema_invalid",),
    ),
    Failure(
        "an address that is none", SCHEMA_LINE + record_line(email=f"{SECRET} at home"), 4, ("email_invalid",)
    ),
    Failure(
        "a schema that is not understood",
        schema(schema={"properties": {"email": {"type": ADA}, "first_name": {"pattern": f"({ADA}"}}})
        + PERSON,
        exit_code=0,
        says=("stream 'people'", "'type' at $.email, 'pattern' at $.first_name"),
    ),
    Failure("a schema without properties", schema(schema={"title": ADA}) + PERSON, exit_code=0),
    Failure(
        "a schema without an address", schema(schema={"properties": {"a": {}}}), says=("no property 'email'",)
    ),
    # BATCH files.
    Failure("a missing file", SCHEMA_LINE + batch(f"file:///{SECRET}/{ADA}"), says=("line 2", "file 1")),
    Failure(
        "a URL elsewhere", SCHEMA_LINE + batch(f"http://{SECRET}@127.0.0.1:9/a"), says=("no file:// URL",)
    ),
    Failure("a folder", SCHEMA_LINE + batch("file:///"), says=("no plain file",)),
    Failure("a device", SCHEMA_LINE + batch("file:///dev/zero"), says=("no plain file",)),
    Failure("another format", SCHEMA_LINE + batch(form=ADA), says=("line 2", "JSON Lines")),
    Failure(
        "storage that is none",
        SCHEMA_LINE + batch("file:///a"),
        says=("batch_config: its storage",),
        settings={"batch_config": {"storage": {"root": 7, "params": {SECRET: ADA}}}},
    ),
    Failure(
        "storage of an unknown kind",
        SCHEMA_LINE + batch("file:///a"),
        says=("batch_config",),
        settings={"batch_config": {"storage": {"root": f"{SECRET}://{KEY}"}}},
    ),
    # Values.
    Failure(
        "values that are left out",
        exit_code=0,
        says=("custom_fields.Birthday: a value", "custom_fields.Language: a value"),
        settings={
            "field_mapping": {
                "email": "email",
                "custom_fields": {"Birthday": "email", "Language": "email", "Brands": "email"},
            }
        },
    ),
    # Stream maps.
    Failure(
        "an expression that fails",
        settings=maps(email="int(last_name)"),
        exit_code=4,
        says=("value_invalid",),
    ),
    Failure("a filter that gives a value", settings=maps(__filter__="email"), exit_code=0),
    Failure(
        "an expression that is none",
        settings=maps(first_name=f"'{ADA}' ==", __filter__=f"email != '{ADA}"),
        says=("stream_maps.people.first_name", "stream_maps.people.__filter__"),
    ),
    Failure("an expression with an address", settings=maps(__filter__=f"email == '{ADA}'"), exit_code=0),
    Failure(
        "stream maps that are none", settings={"stream_maps": {"people": ADA}}, says=("stream_maps.people",)
    ),
    Failure(
        "a key that is mapped away",
        schema(key_properties=["email"]) + PERSON,
        settings=maps(email=None),
        says=("line 1, schema of stream 'people'", "key property 'email'"),
    ),
    # Settings.
    Failure(
        "a key elsewhere", settings={"display_name": KEY, KEY: 1}, says=("display_name: holds the API key",)
    ),
    Failure(
        "a key in the hostname", settings={"hostname": f"https://{KEY}@acme.example"}, says=("hostname",)
    ),
    Failure(
        "wrong kinds",
        settings={"profile_limit": ADA, "tags": ADA, "verify": ADA},
        says=("profile_limit", "verify"),
    ),
    Failure("a list that is not there", settings={"list_id": 99}, says=("has no list 99",)),
    # ActiveCampaign's answers.
    Failure("an address that it refuses", fault=f"import refuses={ADA}", exit_code=4, says=("refused_by",)),
    Failure(
        "an address it excludes", SCHEMA_LINE + record_line(email=f"{SECRET}@spam.example"), 4, ("excluded",)
    ),
    Failure(
        "a refusal that quotes",
        fault=f"POST /import/bulk_import status=400 body='{QUOTING_REFUSAL}'",
        exit_code=4,
        says=("refused_by_activecampaign",),
    ),
    Failure(
        "another refusal that quotes",
        fault=f'POST /import/bulk_import status=400 body="{{\\"message\\":\\"{ADA}\\"}}"',
        exit_code=4,
        says=("refused_by_activecampaign",),
    ),
    Failure(
        "a refusal of everybody that quotes",
        SCHEMA_LINE + b"".join(record_line(email=f"{SECRET}{n}@example.com") for n in range(3)),
        fault=f'POST /import/bulk_import status=400 body="{{\\"message\\":\\"{ADA}\\"}}"',
        says=("HTTP 400: (an address)",),
    ),
    Failure("a page that quotes", fault=f"GET /users/me status=502 body=<p>{ADA}", says=("HTTP 502",)),
    Failure("a refused key", fault=f"GET /users/me status=401 body={KEY}", says=("the key was refused",)),
    Failure(
        "a redirect that quotes",
        fault=f'GET /users/me status=302 header="Location: http://127.0.0.1:9/{ADA}"',
        says=("HTTP 302",),
    ),
    Failure("a cut connection", fault="GET /users/me cut", says=("cut the connection",)),
]


def assert_nothing_is_let_out(said: Said) -> None:
    assert SECRET not in said.everything.lower()
    assert "Traceback" not in said.log
    assert "please report it" not in said.log


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_says_where_and_what_and_shows_nothing(failure: Failure, tmp_path: Path) -> None:
    with serve(keys=(KEY,), with_limits=False, progress="at-once") as sandbox:
        if failure.fault:
            sandbox.emulator.faults.add(failure.fault)
        config = fast_config(sandbox.url, tmp_path, **{"api_key": KEY, "verify": "all", **failure.settings})
        said = run_bytes(config, failure.lines, tmp_path)
    assert_nothing_is_let_out(said)
    assert said.exit_code == failure.exit_code
    assert [words for words in failure.says if words not in said.log] == []
    assert said.stdout == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(PERSON)[:-9], "file 1 can't be read: it is damaged, cut, or no gzip file"),
        (b"\x1f\x8b" + PERSON, "file 1 can't be read: "),
        (gzip.compress(b"\n" + PERSON[:-9]), "row 2 of the files of the BATCH message in line 2"),
    ],
)
def test_a_file_that_is_broken_shows_nothing(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / f"{SECRET}.jsonl.gz"
    path.write_bytes(content)
    with serve(keys=(KEY,), with_limits=False, progress="at-once") as sandbox:
        config = fast_config(sandbox.url, tmp_path, api_key=KEY)
        said = run_bytes(config, SCHEMA_LINE + batch(path.as_uri(), compression="gzip"), tmp_path)
    assert_nothing_is_let_out(said)
    assert said.exit_code == 1
    assert says in said.log


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f'{{"api_key": "{KEY}", '.encode(), "the file ends too early"),
        (f'["{KEY}"]'.encode(), "holds no JSON object"),
        (f'"{KEY}"'.encode(), "holds no JSON object"),
        (b"[" * 100_000 + KEY.encode(), "is nested too deep for a configuration"),
        (b"\xff" + KEY.encode(), "is no UTF-8 text"),
        (b"null", "holds no JSON object"),
    ],
)
def test_a_configuration_that_is_none_is_not_shown(content: bytes, says: str, tmp_path: Path) -> None:
    said = run_bytes(content, b"", tmp_path)
    assert_nothing_is_let_out(said)
    assert said.exit_code == 1
    assert says in said.log


def test_a_configuration_in_place_of_its_path_is_not_shown(tmp_path: Path) -> None:
    for written in (f'{{"api_key": "{KEY}"}}', f"/{KEY}", str(tmp_path), ""):
        said = run_bytes(b"{}", b"", tmp_path, "--config", written)
        assert SECRET not in said.everything
        assert "Traceback" not in said.log
        assert said.exit_code == 1


LIBRARIES = (
    "urllib3",
    "urllib3.connectionpool",
    "singer_sdk",
    "singer_sdk.mapper",
    "requests",
    "fsspec",
    "asyncio",
)


@pytest.mark.parametrize("form", ["ConsoleFormatter", "StructuredFormatter"])
def test_a_logging_configuration_makes_nobody_talk_but_us(form: str, tmp_path: Path) -> None:
    logging_config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"all": {"()": f"singer_sdk.logging.{form}"}},
        "handlers": {"all": {"class": "logging.StreamHandler", "formatter": "all", "level": "DEBUG"}},
        "root": {"level": "DEBUG", "handlers": ["all"]},
        "loggers": {name: {"level": "DEBUG"} for name in LIBRARIES},
    }
    path = tmp_path / "logging.yaml"
    path.write_text(json.dumps(logging_config))
    with serve(keys=(KEY,), with_limits=False, progress="at-once") as sandbox:
        config = fast_config(
            sandbox.url,
            tmp_path,
            api_key=KEY,
            verify="all",
            **maps(__filter__="email", first_name="last_name"),
        )
        said = run_bytes(
            config, SCHEMA_LINE + PERSON, tmp_path, environment={"SINGER_SDK_LOG_CONFIG": str(path)}
        )
        assert len(sandbox.account.contacts) == 1
    assert_nothing_is_let_out(said)
    assert said.exit_code == 0
    assert "1 delivered" in said.log, "we do talk"


def test_a_proxy_that_cannot_be_used_does_not_show_its_password(tmp_path: Path) -> None:
    config = fast_config("acme.example", tmp_path, api_key=KEY)
    proxy = {"https_proxy": f"http://{SECRET}:{SECRET}@127.0.0.1:9", "no_proxy": ""}
    said = run_bytes(config, SCHEMA_LINE + PERSON, tmp_path, environment=proxy)
    assert_nothing_is_let_out(said)
    assert said.exit_code == 1
    assert "the proxy http://127.0.0.1:9 (variable https_proxy) refused the connection" in said.log


PATCHES = {
    "an error in the mapping": "contacts.mapping.RecordMapper.map",
    "an error in a worker": "api.client.Client.submit",
    "an error in the rejects": "reporting.rejects.RejectsFile.sync",
}


@pytest.mark.parametrize("place", PATCHES.values(), ids=PATCHES)
def test_a_fault_of_the_program_says_where_it_is_and_nothing_else(place: str, tmp_path: Path) -> None:
    program = f"""
import importlib
from target_activecampaign.target import TargetActiveCampaign
module, name, method = {place!r}.rsplit(".", 2)
def fail(*_):
    raise ValueError("{ADA}", {{"{KEY}": 1}}) from KeyError("{ADA}")
setattr(getattr(importlib.import_module("target_activecampaign." + module), name), method, fail)
TargetActiveCampaign.cli()
"""
    with serve(keys=(KEY,), with_limits=False, progress="at-once") as sandbox:
        config = fast_config(sandbox.url, tmp_path, api_key=KEY)
        state = b'{"type":"STATE","value":1}\n'
        said = run_bytes(config, SCHEMA_LINE + PERSON + state, tmp_path, program=program)
    assert SECRET not in said.everything
    assert "Traceback" not in said.log
    assert "a fault of the program itself (ValueError)" in said.log
    assert "in fail" in said.log
    assert said.exit_code == 1
    assert said.stdout == ""


def test_warnings_threads_and_finalisers_show_no_text(tmp_path: Path) -> None:
    program = f"""
import threading, warnings
from target_activecampaign.contacts import mapping
from target_activecampaign.target import TargetActiveCampaign

class Loud:
    def __del__(self):
        raise ValueError("{ADA}")

def fail():
    raise ValueError("{ADA}")

def normalise(text):
    warnings.warn("{ADA}")
    Loud()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    return text

mapping.normalise_email = normalise
TargetActiveCampaign.cli()
"""
    with serve(keys=(KEY,), with_limits=False, progress="at-once") as sandbox:
        config = fast_config(sandbox.url, tmp_path, api_key=KEY)
        said = run_bytes(config, SCHEMA_LINE + PERSON, tmp_path, program=program)
    assert SECRET not in said.everything
    assert "Traceback" not in said.log
    assert said.log.count("a fault of the program itself (ValueError)") == 2
    assert "UserWarning at " in said.log
    assert said.exit_code == 0
