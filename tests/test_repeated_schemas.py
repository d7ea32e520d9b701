"""A SCHEMA that comes again as it was compiles nothing anew, and changes nothing."""

from __future__ import annotations

import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.quick_target import run_quickly

from target_activecampaign.contacts import mapping
from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

FAST: dict[str, t.Any] = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000, "verify": "none"}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(progress="at-once") as running:
        yield running


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the streams whose mapping is compiled."""
    compile_mapping, streams = mapping.compile_mapping, list[str]()

    def note(stream: str, *args: t.Any, **kwargs: t.Any) -> t.Any:  # noqa: ANN401 - handed on
        streams.append(stream)
        return compile_mapping(stream, *args, **kwargs)

    monkeypatch.setattr("target_activecampaign.run.run.compile_mapping", note)
    return streams


def schema(stream: str, *properties: str) -> dict[str, t.Any]:
    content = {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in properties}}
    return schema_message(schema=content, keys=[], stream=stream)


def test_it_is_compiled_when_it_changes_alone(
    sandbox: RunningSandbox, tmp_path: Path, compiled: list[str]
) -> None:
    emails = [f"p{number}@example.com" for number in range(4)]
    messages = [
        schema("people", "email"),
        record_message({"email": emails[0]}),
        schema("people", "email"),
        record_message({"email": emails[1]}),
        schema("people", "email", "first_name"),
        record_message({"email": emails[2], "first_name": "Ada"}),
        schema("people", "email", "first_name"),
        record_message({"email": emails[3], "first_name": "Bob"}),
        state_message(1),
    ]
    outcome = run_quickly(config_for(sandbox.url, tmp_path, **FAST), messages)

    assert (outcome.exit_code, outcome.report["delivered"], outcome.states) == (0, 4, [1])
    assert compiled == ["people", "people"]
    names = {one["email"]: one["firstName"] for one in sandbox.snapshot(10)["contacts"]}
    assert names == {emails[0]: "", emails[1]: "", emails[2]: "Ada", emails[3]: "Bob"}


NAMES = {"old": "", "new": "Ada"}


def test_streams_that_become_one_keep_their_own(sandbox: RunningSandbox, tmp_path: Path) -> None:
    stream_maps = {"old": {"__alias__": "people", "email": "mail"}, "new": {"__alias__": "people"}}
    messages = [
        part
        for number in range(3)
        for part in (
            schema("old", "mail"),
            record_message({"mail": f"old{number}@example.com"}, stream="old"),
            schema("new", "email", "first_name"),
            record_message({"email": f"new{number}@example.com", "first_name": "Ada"}, stream="new"),
        )
    ]
    outcome = run_quickly(config_for(sandbox.url, tmp_path, **FAST, stream_maps=stream_maps), messages)

    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    names = {one["email"]: one["firstName"] for one in sandbox.snapshot(10)["contacts"]}
    assert names == {f"{stream}{n}@example.com": name for n in range(3) for stream, name in NAMES.items()}
