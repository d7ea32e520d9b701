"""The command `sandbox`: its options, its messages, its end on a signal."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner

from target_activecampaign.sandbox import ExtraMissingError, serve
from target_activecampaign.sandbox.command import (
    IN_MEMORY,
    LEFT_DATABASE,
    _announce,
    _choose_database,
    command,
)
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator


RUN = "from target_activecampaign.sandbox.command import command; command()"


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "target_activecampaign.sandbox.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    with pytest.raises(ExtraMissingError, match="those of the extra `sandbox`"), serve():
        pass
    result = CliRunner().invoke(command, [])
    assert (result.exit_code, "those of the extra `sandbox`" in result.output) == (1, True)
    result = CliRunner().invoke(TargetActiveCampaign.cli, ["sandbox"])
    assert result.exit_code == 1
    assert re.search(r"the extra `sandbox`: .*install.*sandbox\]", result.output)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run each test in its own folder, since the command looks for an account in the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--speed", "0"],
        ["--progress", "soon"],
        ["--switch", "nonsense=1"],
        ["--fault", "nonsense"],
        ["--key", "a", "--key", "a"],
        ["--host", "192.0.2.1"],
    ],
)
def test_the_command_complains_in_one_line(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, ["--port", "0", *arguments])

    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"lists": [{}]}'])
def test_the_command_complains_about_a_seed(tmp_path: Path, text: str) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(text)

    result = CliRunner().invoke(command, ["--port", "0", "--seed", str(seed)])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)


@pytest.mark.parametrize("is_left", [True, False])
def test_the_command_serves_what_a_loader_left_in_the_folder(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    is_left: bool,  # noqa: FBT001 - a parameter
) -> None:
    monkeypatch.chdir(tmp_path)
    if is_left:
        LEFT_DATABASE.parent.mkdir()
        LEFT_DATABASE.touch()
    assert _choose_database(None, has_seed=False) == (LEFT_DATABASE if is_left else None)
    assert _choose_database(None, has_seed=True) is None
    assert _choose_database(IN_MEMORY, has_seed=False) is None
    assert _choose_database(Path("other.db"), has_seed=False) == Path("other.db")


@pytest.fixture
def run_command(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start the command and return it with its URL; kill it after the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()[3]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_cleanly_on_a_signal(
    run_command: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path, number: signal.Signals
) -> None:
    process, _ = run_command("--database", str(tmp_path / "account.db"))

    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["account.db"]


@pytest.mark.parametrize(
    ("host", "is_warned"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True)],  # noqa: S104
)
def test_the_command_warns_when_others_can_reach_it(
    capsys: pytest.CaptureFixture[str],
    host: str,
    is_warned: bool,  # noqa: FBT001 - a parameter
) -> None:
    _announce("http://127.0.0.1:8025", host, None, ("import open",))

    printed = capsys.readouterr()
    assert "Open this address in a browser" in printed.out
    assert printed.out.endswith("Fault: import open\n")
    assert ("other machines can read and change it" in printed.err) is is_warned
