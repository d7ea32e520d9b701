"""A shell completes commands, options, choices and files, quickly."""

from __future__ import annotations

import subprocess
import sys
import typing as t

import click
import pytest

from target_activecampaign.__main__ import main
from target_activecampaign.cli import completion
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    PressTab: t.TypeAlias = Callable[[str], list[str]]

COMMANDS = ["check", "fields", "init", "ledger", "lists", "mirror", "preview", "report", "runs"]
COMMANDS += ["sandbox", "send", "tags"]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PressTab:
    """Return what bash is answered for a line."""

    def press_tab(line: str) -> list[str]:
        monkeypatch.setenv(completion.VARIABLE, "bash_complete")
        monkeypatch.setenv("COMP_WORDS", f"target-activecampaign {line}")
        monkeypatch.setenv("COMP_CWORD", str(len(f"{line}|".split())))
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr().out.splitlines()

    return press_tab


def words_of_commands(path: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """Walk the real commands, and yield each with its words as `WORDS` has them."""
    context = click.Context(command)
    words = [word for param in command.params for word in words_of(param)]
    yield path, " ".join(sorted(words))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child
            yield from words_of_commands(f"{path} {name}".strip(), child)


def words_of(param: click.Parameter) -> list[str]:
    value = value_of(param)
    if isinstance(param, click.Argument):
        return [value or "WORD"] * param.nargs
    sign = "" if isinstance(param, click.Option) and param.is_flag else f"={value}"
    return [f"{name}{sign}" for name in (*param.opts, *param.secondary_opts)]


def value_of(param: click.Parameter) -> str:
    if isinstance(param.type, click.Choice):
        return "|".join(str(choice) for choice in param.type.choices)
    if isinstance(param.type, click.Path) and not param.type.file_okay:
        return "DIR"
    is_file = isinstance(param.type, click.Path | click.File) or param.name == "config"
    return "FILE" if is_file else ""


def test_the_words_are_those_of_the_commands() -> None:
    command = TargetActiveCampaign.cli
    assert dict(words_of_commands("", command)) == completion.WORDS


def test_bash_is_told_the_commands(complete: PressTab) -> None:
    assert complete("") == [f"plain,{name}" for name in COMMANDS]
    assert complete("le") == ["plain,ledger"]
    assert complete("ledger re") == ["plain,rekey", "plain,release", "plain,rename"]


def test_bash_is_told_the_options_and_their_choices(complete: PressTab) -> None:
    assert complete("--in") == ["plain,--input"]
    assert complete("check --") == [
        f"plain,{option}"
        for option in ("--alert-test", "--config", "--json", "--no-color", "--records", "--help")
    ]
    assert complete("init --send t") == ["plain,trial"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("send sh", "file"),
        ("send --dry-run sh", "file"),
        ("--config sh", "file"),
        ("--input sh", "file"),
        ("preview --input sh", "file"),
        ("check --config sh", "file"),
        ("report sh", "file"),
        ("init --folder sh", "dir"),
    ],
)
def test_bash_completes_files_itself(complete: PressTab, line: str, kind: str) -> None:
    assert complete(line) == [f"{kind},sh"]


def test_a_shell_without_a_question_gets_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.delenv(completion.VARIABLE, raising=False)
    monkeypatch.setattr("sys.argv", ["target-activecampaign", "--about"])
    monkeypatch.setattr(TargetActiveCampaign, "cli", lambda: called.append("cli"))
    main()
    assert called == ["cli"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_is_told_how_to_ask(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(completion.VARIABLE, f"{shell}_source")
    with pytest.raises(SystemExit):
        main()
    assert f"{completion.VARIABLE}={shell}_complete" in capsys.readouterr().out


def test_an_answer_needs_neither_the_sdk_nor_the_engine() -> None:
    program = (
        "import sys; from target_activecampaign.__main__ import main\n"
        "import atexit; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "main()"
    )
    environment = {
        completion.VARIABLE: "bash_complete",
        "COMP_WORDS": "target-activecampaign le",
        "COMP_CWORD": "1",
    }
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    imported = {name for name in result.stderr.split() if name.startswith("target_activecampaign")}
    assert result.stdout == "plain,ledger\n"
    assert imported == {
        "target_activecampaign",
        "target_activecampaign.__main__",
        "target_activecampaign.cli",
        "target_activecampaign.cli.completion",
    }
    assert "singer_sdk" not in result.stderr.split()
