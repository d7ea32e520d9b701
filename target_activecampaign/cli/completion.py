"""Owns what a shell completes: names of commands and options, choices and files.

It holds these as words, so that the Tab key is answered in a tenth of a second: the commands themselves
import settings, account and ledger, which takes longer. A test holds the words against the commands.
"""

from __future__ import annotations

import os
import typing as t

import click

PROGRAM = "target-activecampaign"
VARIABLE = "_TARGET_ACTIVECAMPAIGN_COMPLETE"
"""As click calls it; a shell sets it."""

WORDS = {
    "": "--about --config=FILE --format=json|markdown --input=FILE --quiet --version",
    "check": "--alert-test --config=FILE --json --no-color --records=",
    "fields": "--config=FILE --find= --json --no-color --options",
    "init": "--api-key-file=FILE --automations --consent --delimiter= --empty-consent=wanted|unknown "
    "--encoding= --file=FILE --folder=DIR --hostname= --json --list= --map= --meltano --no-automations "
    "--no-color --on-null=keep|clear --phone-region= --send=none|trial|all --tag= --yes",
    "ledger": "--config=FILE --json --no-color",
    "ledger forget": "--addresses --all --config=FILE --json --list= --members --yes",
    "ledger rekey": "--config=FILE --json",
    "ledger release": "--config=FILE --json --list= --yes WORD",
    "ledger rename": "--config=FILE --json --list= WORD WORD",
    "lists": "--config=FILE --find= --json --no-color",
    "mirror": "--all --config=FILE --dry-run --json --list= --no-color --yes",
    "preview": "--compare --config=FILE --delimiter= --encoding= --find= --input=FILE --json --mask "
    "--no-color --problems --records= --row= --scan= --show --wide",
    "report": "--config=FILE --html=FILE --json --no-color --open FILE",
    "runs": "--config=FILE --failed --json --limit= --list= --no-color --since= WORD",
    "sandbox": "--allow-host= --contact-limit= --database=FILE --fault= --host= --key= --no-limits "
    "--port= --progress= --seed=FILE --speed= --switch=",
    "send": "--config=FILE --delimiter= --dry-run --encoding= --json --key= --no-color --quiet "
    "--stream= --yes FILE",
    "tags": "--config=FILE --counts --find= --json --no-color",
}
"""Each command's options but `--help`, and its arguments; behind `=` what an option takes, if no text."""


def answer_shell() -> None:
    """Answer a shell that completes a line, or asks how to; ends the process."""
    _command("").main(prog_name=PROGRAM, complete_var=VARIABLE)


def is_asked() -> bool:
    """Tell whether a shell asks."""
    return bool(os.environ.get(VARIABLE))


def _command(path: str) -> click.Command:
    params = [_param(word, number) for number, word in enumerate(WORDS[path].split())]
    within = {
        name.removeprefix(path).strip(): _command(name)
        for name in WORDS
        if name and name.rpartition(" ")[0] == path
    }
    name = path.rpartition(" ")[2]
    return click.Group(name, within, params=params) if within else click.Command(name, params=params)


def _param(word: str, number: int) -> click.Parameter:
    name, takes_value, value = word.partition("=")
    if not name.startswith("-"):
        return click.Argument([f"argument_{number}"], type=_type(name), required=False)
    names = [name, f"option_{number}"]
    return click.Option(names, type=_type(value)) if takes_value else click.Option(names, is_flag=True)


def _type(value: str) -> t.Any:  # noqa: ANN401 - generic in some versions of click alone
    if value in ("FILE", "DIR"):
        return click.Path(file_okay=value == "FILE")
    return click.Choice(value.split("|")) if "|" in value else click.STRING
