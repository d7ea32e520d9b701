"""A level of the log that is none is a sentence, not a fault of the SDK."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.cli.log_level import problem_of_log_level
from target_activecampaign.target import TargetActiveCampaign


@pytest.mark.parametrize("level", ["DEBUG", "info", "Warning", "ERROR", "CRITICAL", ""])
def test_levels_are_taken_in_any_case(level: str) -> None:
    assert problem_of_log_level({"TARGET_ACTIVECAMPAIGN_LOGLEVEL": level, "LOGLEVEL": level}) is None


@pytest.mark.parametrize(
    "environ",
    [
        {"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "TALKATIVE"},
        {"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "TALKATIVE", "LOGLEVEL": "INFO"},
        {"LOGLEVEL": "TALKATIVE"},
        {"LOGLEVEL": "TALKATIVE", "TARGET_ACTIVECAMPAIGN_LOGLEVEL": ""},
    ],
)
def test_the_variable_that_counts_is_named(environ: dict[str, str]) -> None:
    name = next(name for name, level in environ.items() if level == "TALKATIVE")
    assert problem_of_log_level(environ) == (
        f'{name}: "TALKATIVE" is no level. Write DEBUG, INFO, WARNING or ERROR.'
    )


def test_the_command_ends_with_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_ACTIVECAMPAIGN_LOGLEVEL", "10 %")
    with pytest.raises(SystemExit, match='TARGET_ACTIVECAMPAIGN_LOGLEVEL: "10 %" is no level') as end:
        t.cast("t.Any", TargetActiveCampaign).cli()
    assert isinstance(end.value.code, str)
