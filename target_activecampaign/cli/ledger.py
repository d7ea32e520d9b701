"""Owns the command `ledger`: it shows figures, forgets contacts, moves members, and takes a renewed API key.

Its output holds no address, no key and no URL. Must not know the tables.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import inspect
import json
import os
import sys
import typing as t

import click

from target_activecampaign.cli.access import (
    LIST_NUMBER,
    command_here,
    configuration,
    errors_shown,
)
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.environment import OLD_API_KEY
from target_activecampaign.config.secret import Secret
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.contacts.email_address import normalise_email, with_unicode_domain
from target_activecampaign.errors import SettingsError
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.ledger.figures import Figures, ListFigures
    from target_activecampaign.ledger.ledger import Ledger


class Access(t.NamedTuple):
    """URL, account and key that open the ledger of a configuration."""

    url: Secret
    account: str
    api_key: Secret

    def open(self, *, read_only: bool = False) -> Ledger:
        """Open the ledger, which must exist."""
        from target_activecampaign.ledger.ledger import Ledger  # noqa: PLC0415 - 0.2 s, not for `--help`

        return Ledger.open(
            self.url,
            account=self.account,
            api_key=self.api_key,
            now=SystemClock().epoch_seconds(),
            read_only=read_only,
            create=False,
        )


def make_command(config_option: click.Parameter) -> click.Group:
    """Make the command.

    Args:
        config_option: The target's own `--config`, which every subcommand takes as well.
    """
    group = click.Group(
        "ledger",
        callback=_show,
        params=[
            click.Option(["--json", "as_json"], is_flag=True, help="Write the figures as one JSON document."),
            config_option,
        ],
        invoke_without_command=True,
        help=_HELP,
    )
    for command in (_forget, _rename, _release, _rekey):
        params = [*command.params, config_option]
        group.add_command(
            click.Command(command.name, callback=command.callback, params=params, help=_help_of(command))
        )
    return group


_HELP = """Show in figures what the ledger holds (`ledger_url`); with a subcommand, change it.

\b
target-activecampaign ledger
target-activecampaign ledger forget --list 3 --config config.json"""
_EXAMPLES = {
    "forget": (
        "target-activecampaign ledger forget --list 3\n"
        "target-activecampaign ledger forget --addresses --members --yes < people.txt"
    ),
    "rename": (
        "target-activecampaign ledger rename customers people\n"
        "target-activecampaign ledger rename customers people --list 3"
    ),
    "release": (
        "target-activecampaign ledger release shop --list 3\n"
        "target-activecampaign ledger release shop --list 3 --yes --json"
    ),
    "rekey": ("target-activecampaign ledger rekey\ntarget-activecampaign ledger rekey --config ENV"),
}


def _help_of(command: click.Command) -> str:
    about, _, more = inspect.cleandoc(command.help or "").partition("\n\n")
    return f"{about}\n\n\b\n{_EXAMPLES[command.name or '']}\n\n{more}"


def _show(*, as_json: bool, **_: object) -> None:
    redact_logs()
    if click.get_current_context().invoked_subcommand is not None:
        return
    with errors_shown(as_json=as_json), contextlib.closing(_access().open(read_only=True)) as ledger:
        figures = ledger.figures()
    if as_json:
        click.echo(json.dumps({"ok": True, **dataclasses.asdict(figures)}))
        return
    for line in _lines_of(figures):
        click.echo(line)
    click.echo(f"Next: {command_here('runs')}", err=True)


_json_option = click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")


@click.command("forget")
@click.option("--list", "list_id", type=LIST_NUMBER, help="Forget the contacts of this list.")
@click.option("--all", "everything", is_flag=True, help="Forget the contacts of every list.")
@click.option(
    "--addresses",
    "by_address",
    is_flag=True,
    help="Forget the contacts whose addresses stand on standard input, one a line, on every list.",
)
@click.option(
    "--members",
    is_flag=True,
    help="Forget their membership too, and with it their addresses, and what records said against it: the "
    "mirror then never takes them off.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json_option
def _forget(  # noqa: PLR0913 - options, all by name
    *,
    list_id: int | None,
    everything: bool,
    by_address: bool,
    members: bool,
    yes: bool,
    as_json: bool,
    **_: object,
) -> None:
    """Forget contacts, so that the next run that brings them sends them again."""
    if [list_id is not None, everything, by_address].count(True) != 1:
        raise click.UsageError(
            "Say what to forget: one of --list N, --all and --addresses. Nothing was forgotten."
        )
    with _changing(as_json) as ledger:
        if by_address:
            emails = _read_addresses(sys.stdin, yes=yes)
            count = ledger.erase_people(emails, members=members)
        else:
            _ask(list_id, members=members, yes=yes)
            count = ledger.erase(list_id, members=members)
        copies = ledger.copies
    said = f"Forgotten: {counted(count, 'contact')}. The next run that brings them sends them again."
    if copies:
        said += f"\nA copy of before an update still holds them: delete {', '.join(copies)}."
    _conclude(said, "ledger", as_json=as_json, forgotten=count, copies=copies)


@click.command("rename")
@click.argument("old")
@click.argument("new")
@click.option("--list", "list_id", type=LIST_NUMBER, help="On this list alone.")
@_json_option
def _rename(*, old: str, new: str, list_id: int | None, as_json: bool, **_: object) -> None:
    """Move the members of the stream OLD to the name NEW that it has now."""
    if old == new:
        raise click.UsageError(
            "OLD and NEW are the same name. Write the name that the stream had, and then the one that it "
            "has now."
        )
    if not new.strip():
        raise click.UsageError("NEW is empty: write the name that the stream has now.")
    with _changing(as_json) as ledger:
        ledger.hold(_lists_with_members(ledger, old, list_id))
        count = ledger.rename_stream(list_id, old, new)
    said = f"Renamed: {counted(count, 'member')} of stream {old!r} are members of stream {new!r}."
    _conclude(said, "ledger", as_json=as_json, renamed=count)


@click.command("release")
@click.argument("stream")
@click.option("--list", "list_id", type=LIST_NUMBER, required=True, help="The list they are on.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json_option
def _release(*, stream: str, list_id: int, yes: bool, as_json: bool, **_: object) -> None:
    """Release the members of a STREAM that comes no more: who is brought by no other one is to be removed.

    They are pending removals then, which `target-activecampaign mirror` carries out.
    """
    with _changing(as_json) as ledger:
        ledger.hold(_lists_with_members(ledger, stream, list_id))
        if not yes:
            _confirm(f"Release the members of stream {stream!r} on list {list_id}?")
        count = ledger.release_stream(list_id, stream, SystemClock().epoch_seconds())
    said = (
        f"Released: {counted(count, 'member')} of stream {stream!r} are pending removals from list "
        f"{list_id}; `target-activecampaign mirror` takes them off."
    )
    _conclude(said, "mirror --dry-run", as_json=as_json, released=count, list=list_id)


@click.command("rekey")
@_json_option
def _rekey(*, as_json: bool, **_: object) -> None:
    """Let the ledger open with the api_key of the configuration after that was renewed.

    The old one is taken from the environment variable TARGET_ACTIVECAMPAIGN_OLD_API_KEY.
    """
    with errors_shown(as_json=_wants_json(as_json)):
        access = _access()
        old = os.environ.get(OLD_API_KEY, "").strip()
        if not old:
            raise SettingsError(
                [f"{OLD_API_KEY}: put the api_key into it with which the ledger opened so far"]
            )
        from target_activecampaign.ledger.data_key import rekey  # noqa: PLC0415 - likewise

        needed = rekey(access.url, account=access.account, old_api_key=Secret(old), api_key=access.api_key)
    said = "The ledger opens with the new api_key." if needed else "It opens with this api_key already."
    _conclude(said, "ledger", as_json=as_json, changed=needed)


@contextlib.contextmanager
def _changing(as_json: bool) -> Iterator[Ledger]:  # noqa: FBT001 - as click hands it over
    """Yield the ledger, to be changed; an error of ours ends the command."""
    with errors_shown(as_json=_wants_json(as_json)), contextlib.closing(_access().open()) as ledger:
        yield ledger


def _conclude(sentence: str, next_step: str, *, as_json: bool, **document: object) -> None:
    if _wants_json(as_json):
        click.echo(json.dumps({"ok": True, **document}))
        return
    click.echo(sentence)
    click.echo(f"Next: {command_here(next_step)}", err=True)


def _wants_json(as_json: bool) -> bool:  # noqa: FBT001 - as click hands it over
    """Tell whether JSON is asked for, before the subcommand or behind it."""
    group = click.get_current_context().parent
    return as_json or bool(group and group.params.get("as_json"))


def _lists_with_members(ledger: Ledger, stream: str, list_id: int | None) -> set[int]:
    """Return the lists to which a stream brings somebody, or of which one says no; of all or of one."""
    everything = [*ledger.member_counts(), *ledger.opt_out_counts()]
    counts = [(on, name) for on, name, _ in everything if list_id in {None, on}]
    lists = {on for on, name in counts if name == stream}
    if not lists:
        names = ", ".join(sorted({repr(name) for _, name in counts})) or "none"
        where = "" if list_id is None else f" on list {list_id}"
        raise click.ClickException(
            f"The ledger has no members of stream {stream!r}{where}. Nothing was changed. "
            f"Streams that have members{where}: {names}"
        )
    return lists


def _access() -> Access:
    settings = parse_settings(configuration(), os.environ)
    url = settings.ledger_url
    if url is None:
        raise SettingsError(["ledger_url: name the ledger, like sqlite:///ledger.db"])
    return Access(url, settings.account, settings.api_key)


def _lines_of(figures: Figures) -> Iterator[str]:
    yield f"Ledger of {figures.account}, version {figures.version}, written by {counted(figures.runs, 'run')}"
    for list_id, held in figures.lists.items():
        doubt = f", {held.in_doubt:,} of them in doubt" if held.in_doubt else ""
        yield f"list {list_id}: {counted(held.contacts, 'contact')}{doubt}{_times_of(held)}"
        for stream, count in held.members.items():
            yield f"  {counted(count, 'member')} by stream {stream!r}"
        for cause, count in held.pending.items():
            yield f"  {counted(count, 'pending removal')} ({cause})"
        for reason, count in held.left_alone.items():
            yield f"  {count:,} left on the list ({reason})"
        for stream, count in held.opt_outs.items():
            yield f"  records of stream {stream!r} that say no: {count:,} (subscription)"


def _times_of(held: ListFigures) -> str:
    if held.oldest is None or held.newest is None:
        return ""
    return f"; confirmed from {_moment(held.oldest)} to {_moment(held.newest)}"


def _moment(seconds: int) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _read_addresses(lines: t.TextIO, *, yes: bool) -> set[str]:
    if not yes:
        raise click.UsageError(
            "Add --yes: standard input holds the addresses, so nobody can be asked. Nothing was forgotten."
        )
    emails: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        email = normalise_email(line)
        if email is None:
            raise click.ClickException(
                f"Line {number} of standard input is no address. Write one a line, and nothing else. "
                "Nothing was forgotten."
            )
        emails.update(
            (email, with_unicode_domain(email))
        )  # the latter was one's identity in earlier versions
    return emails


def _ask(list_id: int | None, *, members: bool, yes: bool) -> None:
    where = "every list" if list_id is None else f"list {list_id}"
    what = "contacts and members" if members else "contacts"
    if not yes:
        _confirm(f"Forget all {what} of {where}?")


def _confirm(question: str) -> None:
    try:
        click.confirm(question, abort=True, err=True)  # standard output is for the result
    except click.Abort:
        click.echo(err=True)
        raise click.ClickException(
            "That was no yes, so nothing was changed. Where nobody can answer, add --yes"
        ) from None
