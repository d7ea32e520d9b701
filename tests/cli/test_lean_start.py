"""A command for people starts without what the target alone needs: told by what it imported, not by time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

import pytest
from support.command import config_for

from target_activecampaign.cli.lean_start import is_enough

if t.TYPE_CHECKING:
    from pathlib import Path

LARGE = ["singer_sdk", "numpy", "joblib", "pyarrow", "matplotlib", "jinja2", "phonenumbers"]
OF_PEOPLE = ["check", "fields", "ledger", "lists", "mirror", "report", "runs", "sandbox", "tags"]
WITH_A_RUN = ["init", "preview", "send"]
# Each line of words is a command of its own; then comes a line of the log.
PROGRAM = """
import logging, sys
from target_activecampaign.__main__ import main
for words in sys.argv.pop(1).split(";"):
    sys.argv[1:] = words.split()
    try:
        main()
    except SystemExit as end:
        print(words, end.code, *sorted(sys.modules.keys() & set(LARGE)), sep="|", file=sys.stderr)
logging.getLogger("target-activecampaign").warning("a line")
"""


def test_commands_for_people_do_without_large_libraries_and_log_as_the_target_does(tmp_path: Path) -> None:
    config = config_for("sandbox", tmp_path, report_path=str(tmp_path / "{time}.json"))
    (tmp_path / "config.json").write_text(json.dumps(config))
    commands = ["runs", "lists", "check --config config.json", "report --help", "tags --help"]
    commands += ["ledger --help", "mirror --help", "sandbox --help", "runs --json --nope"]
    program = PROGRAM.replace("LARGE", repr(LARGE))
    result = subprocess.run(
        [sys.executable, "-c", program, ";".join(commands)],
        cwd=tmp_path,
        env={name: text for name, text in os.environ.items() if "LOG" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in result.stderr.splitlines() if line.partition("|")[0] in commands]
    assert said == [*(f"{command}|0" for command in commands[:-1]), "runs --json --nope|2"]
    assert json.loads(result.stdout.splitlines()[-1])["ok"] is False
    moment, *parts = result.stderr.splitlines()[-1].split("|")
    assert [part.strip() for part in parts] == ["WARNING", "target-activecampaign", "a line"]
    assert len(moment.strip()) == len("2026-11-30 12:00:00,000")


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_a_command_without_a_run_needs_no_target(name: str) -> None:
    assert is_enough([name, "--config", "ENV"], {})


@pytest.mark.parametrize("words", [*([name] for name in WITH_A_RUN), [], ["--about"], ["chekc"]])
def test_what_runs_the_target_imports_it(words: list[str]) -> None:
    assert not is_enough(words, {})


def test_options_before_the_command_are_the_targets() -> None:
    assert not is_enough(["--config", "config.json", "runs"], {})


def test_a_configuration_of_the_log_is_for_the_sdk_to_read() -> None:
    assert not is_enough(["runs"], {"SINGER_SDK_LOG_CONFIG": "logging.json"})
