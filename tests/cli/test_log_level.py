"""A log level that nobody knows is one line, not a traceback."""

from __future__ import annotations

import pytest

from target_activecampaign.cli.log_level import require_log_level
from target_activecampaign.target import TargetActiveCampaign


@pytest.mark.parametrize("variable", ["TARGET_ACTIVECAMPAIGN_LOGLEVEL", "LOGLEVEL"])
@pytest.mark.parametrize("level", ["TALKATIVE", "true", "10", " "])
def test_a_level_that_there_is_not_is_refused_by_its_variable(
    variable: str, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TARGET_ACTIVECAMPAIGN_LOGLEVEL", raising=False)
    monkeypatch.setenv(variable, level)
    with pytest.raises(SystemExit) as ended:
        TargetActiveCampaign.cli()
    assert str(ended.value) == (
        f"{variable}: {level} is no log level; write DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )


@pytest.mark.parametrize("level", ["debug", "Info", "WARNING", "warn", "NOTSET"])
def test_a_level_of_python_is_taken_in_any_letter_case(level: str) -> None:
    require_log_level({"TARGET_ACTIVECAMPAIGN_LOGLEVEL": level, "LOGLEVEL": "not looked at"})


def test_no_level_is_none() -> None:
    require_log_level({"TARGET_ACTIVECAMPAIGN_LOGLEVEL": "", "LOGLEVEL": ""})
