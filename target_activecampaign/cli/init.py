"""Owns the command `init`: from a file of people and a key to people on a list, in eight steps.

It decides nothing: the steps are `setup`'s, and what looks at a file and sends it is the target.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import typing as t
from pathlib import Path

import click
from dotenv import dotenv_values

from target_activecampaign.cli.access import errors_shown
from target_activecampaign.cli.config_files import ConfigFileError, read_config_file
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.sdk_log import quiet_sdk
from target_activecampaign.cli.terminal import somebody_answers, width
from target_activecampaign.config.environment import PREFIX, settings_from_environment
from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import TargetError

if t.TYPE_CHECKING:
    from target_activecampaign.setup.given import Given
    from target_activecampaign.setup.outcome import Before, Outcome

_CONFIG, _VARIABLES = "config.json", ".env"
_KEY = "api_key"
_INTERRUPTED = 130
_HELP = """Set up an export in this folder: from a CSV and a key to the first people on a list.

\b
target-activecampaign init
target-activecampaign init --file people.csv --hostname sandbox --list 2

It asks, tries each answer at once, and writes config.json, .env and .gitignore at step 7 of 8. Each question
has an option; without a terminal nothing is asked, and all that is missing is listed.
"""


def make_command(
    config_option: click.Parameter,  # noqa: ARG001 - a folder's configuration is what it makes
    target_class: t.Any,  # noqa: ANN401 - it imports this folder
) -> click.Command:
    """Make the command.

    Args:
        config_option: The target's own `--config`, which this command has not.
        target_class: The target.
    """
    choice = click.Choice
    return click.Command(
        "init",
        callback=lambda **given: _init(target_class, **given),
        params=[
            click.Option(["--file"], type=click.Path(), help="Where your people are: .csv, .tsv or .jsonl."),
            click.Option(["--delimiter"], help="Between its columns: comma, semicolon, tab or bar."),
            click.Option(["--encoding"], help="Of its text, where it is neither UTF-8 nor Windows-1252."),
            click.Option(["--hostname"], help="The account's URL (Settings > Developer), or sandbox."),
            click.Option(
                ["--api-key-file"],
                type=click.Path(allow_dash=True),
                help="Holds the key; - is standard input.",
            ),
            click.Option(["--list", "list_"], help="Name or id of the list that they join."),
            click.Option(
                ["--map", "mapping"],
                multiple=True,
                metavar="ATTRIBUTE=COLUMN",
                help="Attribute or custom field, and its column; without a column none goes there.",
            ),
            click.Option(
                ["--empty-consent"],
                type=choice(["wanted", "unknown"]),
                help="What an empty cell means in a column that marks who wants no mail.",
            ),
            click.Option(["--tag"], help="For all of them; - is none."),
            click.Option(
                ["--phone-region"], help="Country of numbers without a code, two letters; - is none."
            ),
            click.Option(["--automations/--no-automations"], default=None, help="Whether they start."),
            click.Option(["--on-null"], type=choice(["keep", "clear"]), help="What an empty cell does."),
            click.Option(["--consent"], is_flag=True, help="You answer for the data leaving this computer."),
            click.Option(["--send", "sending"], type=choice(["none", "trial", "all"]), help="What is sent."),
            click.Option(
                ["--folder"],
                type=click.Path(file_okay=False, path_type=Path),
                help="Set up another folder.",
            ),
            click.Option(["--meltano"], is_flag=True, help="Write a Meltano project for every night."),
            click.Option(["--yes"], is_flag=True, help="Take the default of all that is not given."),
            click.Option(["--json", "as_json"], is_flag=True, help="Write one JSON document at the end."),
        ],
        help=_HELP,
    )


def _init(target_class: t.Any, *, folder: Path | None, as_json: bool, **options: t.Any) -> None:  # noqa: ANN401
    quiet_sdk(target_class.name)
    redact_logs()
    with contextlib.ExitStack() as stack, errors_shown(as_json=as_json):
        outcome = _set_up(target_class, stack, folder, **options)
    if as_json:
        click.echo(json.dumps(_document(outcome)))
    sys.exit(outcome.exit_code)


def _set_up(
    target_class: t.Any,  # noqa: ANN401 - it imports this folder
    stack: contextlib.ExitStack,
    folder: Path | None,
    *,
    meltano: bool,
    yes: bool,
    **options: t.Any,  # noqa: ANN401 - as click hands them over
) -> Outcome:
    """Lead through the steps; returns what they came to.

    Args:
        target_class: The target.
        stack: Closes what is opened.
        folder: To set up; the one of the process by default.
        meltano: Whether a Meltano project is made, too.
        yes: Whether defaults answer what is not given.
        options: Answers.
    """
    # Not for `--help`.
    from target_activecampaign.cli.init_target import Connections, ProcessTarget, quiet_log  # noqa: PLC0415
    from target_activecampaign.setup.dialogue import Dialogue  # noqa: PLC0415
    from target_activecampaign.setup.wizard import Wizard  # noqa: PLC0415

    origin = Path.cwd()
    dialogue = Dialogue(can_ask=somebody_answers(), takes_defaults=yes, width=width())
    _enter(stack, folder)
    stack.enter_context(quiet_log())
    before = _read_folder()
    wizard = Wizard(
        dialogue,
        _with_key(_read_options(origin, yes=yes, **options), before),
        Path(),
        before,
        connect=stack.enter_context(Connections()),
        engine=ProcessTarget(target_class),
        origin=origin,
    )
    try:
        if not (meltano and before.config):
            wizard.run()
        if meltano:
            wizard.add_meltano()
    except (click.Abort, KeyboardInterrupt):
        _say_end(wizard.outcome)
        sys.exit(_INTERRUPTED)
    except TargetError:
        _say_end(wizard.outcome, "")
        raise
    return wizard.outcome


def _enter(stack: contextlib.ExitStack, folder: Path | None) -> None:
    """Work in another folder: paths of the settings are seen from there."""
    if folder is None:
        return
    if not folder.is_dir():
        raise click.UsageError(f"--folder: there is no folder {folder}. Make it first.")
    stack.callback(os.chdir, Path.cwd())
    os.chdir(folder)


def _say_end(outcome: Outcome, stopped: str = "Stopped. ") -> None:
    """Say what a setup left behind that was interrupted, or failed."""
    if outcome.files:
        names = ", ".join(outcome.files)
        click.echo(
            f"\n{stopped}{names} stand as they were written; go on: target-activecampaign init", err=True
        )
    else:
        click.echo(f"\n{stopped}Nothing was written, nothing was sent.", err=True)


def _read_folder() -> Before:
    """Return what the folder holds already.

    Raises:
        ClickException: If its `config.json` holds no configuration.
    """
    from target_activecampaign.setup.outcome import Before  # noqa: PLC0415 - as above

    path = Path(_CONFIG)
    try:
        config = read_config_file(str(path)) if path.exists() else None
    except ConfigFileError as error:
        raise click.ClickException(f"{error}. Mend it, or move it away") from None
    return Before(config, tuple(settings_from_environment({**_variables(), **os.environ})))


def _variables() -> dict[str, str]:
    """Return our variables of `.env`."""
    path = Path(_VARIABLES)
    try:
        values = dotenv_values(path) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise click.ClickException(
            f"{_VARIABLES} can't be read: {reason}. Mend it, or move it away"
        ) from None
    return {name: text for name, text in values.items() if text and name.startswith(PREFIX)}


def _read_options(  # noqa: PLR0913 - the options
    origin: Path,
    *,
    yes: bool,
    api_key_file: str | None,
    list_: str | None,
    mapping: tuple[str, ...],
    tag: str | None,
    phone_region: str | None,
    sending: t.Any,  # noqa: ANN401 - a choice of click
    **others: t.Any,  # noqa: ANN401 - as they stand in `Given`
) -> Given:
    from target_activecampaign.setup.given import Given  # noqa: PLC0415 - as above

    pairs = [one.partition("=") for one in mapping]
    if wrong := [name for name, sign, _ in pairs if not (sign and name.strip())]:
        raise click.UsageError(f'--map: write ATTRIBUTE=COLUMN, like email=e-mail, not "{wrong[0]}".')
    hostname = others.pop("hostname")
    key = None if api_key_file is None else Secret(_read_key_file(origin, api_key_file))
    return Given(
        **others,
        hostname=hostname,
        api_key=key,
        key_place="" if key is None else "--api-key-file",
        list=list_,
        mapping=tuple((name.strip(), column.strip()) for name, _, column in pairs),
        tag=tag,
        phone_region=phone_region,
        send=sending,
        takes_defaults=yes,
    )


def _read_key_file(origin: Path, name: str) -> str:
    try:
        text = sys.stdin.readline() if name == "-" else (origin / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise click.UsageError(
            f"--api-key-file: it can't be read: {reason}. Name a file that this user may read, or - for "
            "standard input."
        ) from None
    if not text.strip():
        raise click.UsageError("--api-key-file: it is empty. Put the key into it, on a line of its own.")
    return text.strip()


def _with_key(given: Given, before: Before) -> Given:
    """Return the options with the key that the environment or the folder holds, where none is given."""
    from dataclasses import replace  # noqa: PLC0415 - as above

    name = f"{PREFIX}{_KEY.upper()}"
    old = before.config or {}
    host = old.get("hostname")
    for place, text, only_host in (
        ("the environment", os.environ.get(name), None),
        (_VARIABLES, _variables().get(name), host),
        (_CONFIG, old.get(_KEY), host),
    ):
        if given.api_key is None and isinstance(text, str) and text:
            given = replace(given, api_key=Secret(text), key_place=place, key_host=only_host)
    return given


def _document(outcome: Outcome) -> dict[str, t.Any]:
    """Return what `--json` writes."""
    return {
        "ok": outcome.exit_code == 0,
        **({} if outcome.exit_code == 0 else {"problems": outcome.problems}),
        "config": outcome.config,
        "files": outcome.files,
        "preview": outcome.preview,
        "trial": outcome.trial,
        "report": outcome.report,
    }
