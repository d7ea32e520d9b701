from __future__ import annotations

import io

import click
import pytest

from target_activecampaign.cli import terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_has_colour() -> None:
    assert "\x1b" in terminal.status_word("FAIL", Terminal())


def test_what_is_no_terminal_has_none() -> None:
    assert terminal.status_word("OK", io.StringIO()) == "OK  "


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_takes_colour_away(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert terminal.status_word("OK", Terminal()) == "OK  "


def test_the_environment_forces_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert terminal.has_colour(io.StringIO())


def test_an_option_takes_colour_away() -> None:
    with click.Context(click.Command("check"), info_name="check") as context:
        terminal.forbid_colour(context, click.Option(["--no-color"]), value=True)
        assert not terminal.has_colour(Terminal())


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_some_terminals_are_not_redrawn(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert terminal.is_redrawable(Terminal())
    monkeypatch.setenv(name, value)
    assert not terminal.is_redrawable(Terminal())


def test_a_stream_that_was_closed_when_python_started_is_no_terminal() -> None:
    assert not terminal.is_redrawable(None)
    assert not terminal.has_colour(None)


def test_ci_masks_people_unless_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not terminal.hides_people(mask=False, show=False)
    monkeypatch.setenv("CI", "true")
    assert terminal.hides_people(mask=False, show=False)
    assert not terminal.hides_people(mask=False, show=True)
    assert terminal.hides_people(mask=True, show=True)


@pytest.mark.parametrize(
    ("address", "shown"), [("ada@example.com", "a…@example.com"), ("no address", "n…"), ("", "…")]
)
def test_a_masked_address_keeps_its_domain(address: str, shown: str) -> None:
    assert terminal.masked(address) == shown
