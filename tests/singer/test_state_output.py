"""Passing STATE on: each once, not too often, and only when what it covers is on disk."""

from __future__ import annotations

import json
import sys
import typing as t
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib.json import deserialize_json, serialize_json

from target_activecampaign.errors import OutputError
from target_activecampaign.singer.state_output import SECONDS_BETWEEN_STATES, StateOutput, text_of


def output() -> StateOutput:
    return StateOutput(lambda: None)


def test_a_state_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    state = {"bookmarks": {"people": {"value": "2026-05-19", "page": Decimal("1.50")}}}
    output().write(text_of(state), 0.0)
    assert capsys.readouterr().out == '{"bookmarks":{"people":{"value":"2026-05-19","page":1.50}}}\n'


def test_a_state_is_not_written_twice_in_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    states = output()
    for value in ("1", "1", "2", "1"):
        states.write(value, 0.0)
    assert capsys.readouterr().out == "1\n2\n1\n"


@pytest.mark.parametrize("value", [None, {}, [], "", 0, False])
def test_an_empty_state_is_a_state(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    output().write(text_of(value), 0.0)
    assert json.loads(capsys.readouterr().out) == value


def test_a_state_is_due_two_seconds_after_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    states = output()
    assert states.is_due(0.0)
    states.write("1", 10.0)
    assert not states.is_due(10.0 + SECONDS_BETWEEN_STATES - 0.01)
    assert states.is_due(10.0 + SECONDS_BETWEEN_STATES)
    assert capsys.readouterr().out == "1\n"


def test_what_a_state_covers_is_made_durable_before_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    written_before: list[str] = []
    states = StateOutput(lambda: written_before.append(capsys.readouterr().out))
    states.write("1", 0.0)
    states.write("1", 0.0)
    states.write("2", 0.0)
    assert written_before == ["", "1\n"]
    assert capsys.readouterr().out == "2\n"


def test_a_state_does_not_leave_when_what_it_covers_cannot_be_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse() -> None:
        msg = "rejects_path: no room"
        raise OutputError(msg)

    states = StateOutput(refuse)
    with pytest.raises(OutputError, match="rejects_path"):
        states.write("1", 0.0)
    assert capsys.readouterr().out == ""
    assert states.is_due(0.0)


class Gone:
    """An output that nobody reads any more."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def write(self, _: str) -> t.NoReturn:
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("I/O operation on closed file")])
def test_an_output_that_nobody_reads_ends_the_run(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Gone(error))
    with pytest.raises(OutputError, match="standard output is closed, so no STATE can be passed on"):
        output().write("1", 0.0)


_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False), st.text()
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(_JSON)
def test_any_state_comes_out_as_it_went_in(value: object) -> None:
    read_by_a_tap = deserialize_json(serialize_json({"value": value}))["value"]
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.stdout, "write", lines.append)
        output().write(text_of(read_by_a_tap), 0.0)
    (line,) = lines
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert deserialize_json(line) == read_by_a_tap
