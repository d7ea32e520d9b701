"""Owns the subcommands for people, and how a wrong usage of them is shown.

Must not import the Singer SDK: most of the subcommands do without it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import typing as t

import click

from target_activecampaign.cli.config_option import CONFIG_OPTION
from target_activecampaign.cli.log_redaction import log_fault
from target_activecampaign.cli.lost_output import lost_output_said
from target_activecampaign.cli.terminal import forbid_colour
from target_activecampaign.installation import how_to_add_extra
from target_activecampaign.sandbox import ExtraMissingError

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_OF_ACCOUNT = ("fields", "lists", "tags")
_PLAIN = ("check", "ledger", "mirror", "report", "runs")
"""Subcommands that need the option `--config` alone; their modules have their names."""
_WITH_A_RUN = ("init", "preview", "send")
"""Subcommands that run the target in this process, too."""
WITHOUT_TARGET = frozenset([*_OF_ACCOUNT, *_PLAIN, "sandbox"])
"""Subcommands that need neither the target nor the Singer SDK."""
_SHOWING = ("--about", "--help", "--version")
_NAMES = WITHOUT_TARGET.union(_WITH_A_RUN)


class CommandGroup(click.Group):
    """Runs the subcommand that is named."""

    def __init__(self, *args: t.Any, target_class: t.Any = None, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Make the command; see click for the arguments.

        Args:
            args: Of click's group.
            target_class: The target, for subcommands that run it in this process.
            kwargs: Of click's group.
        """
        super().__init__(*args, **kwargs)
        self.target_class = target_class

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - by click
        """Return the names of the subcommands."""
        return sorted(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - by click
        """Import and return the subcommand of this name, or None."""
        if cmd_name == "sandbox":
            from target_activecampaign.sandbox.command import command  # noqa: PLC0415

            return command
        made = self._make_subcommand(cmd_name)
        if made is not None:
            made.params.append(_NO_COLOUR)
        return made

    def _make_subcommand(self, name: str) -> click.Command | None:
        if name in _OF_ACCOUNT:
            return _make_command("account", name, CONFIG_OPTION)
        if name in _PLAIN:
            return _make_command(name, CONFIG_OPTION)
        if name in _WITH_A_RUN:
            return _make_command(name, CONFIG_OPTION, self.target_class)
        return None

    def main(self, args: Sequence[str] | None = None, *others: t.Any, **extra: t.Any) -> t.Any:  # noqa: ANN401 - handed on
        """Run the command line; output for people that can't be written ends it with a sentence."""
        words = sys.argv[1:] if args is None else args
        # That of the target itself is for STATE alone.
        is_for_people = not _NAMES.union(_SHOWING).isdisjoint(words)
        with lost_output_said() if is_for_people else contextlib.nullcontext():
            return super().main(args, *others, **extra)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: t.Any,  # noqa: ANN401 - handed on
    ) -> click.Context:
        """Make the context; what is wrong with it is one JSON document where `--json` asks for that."""
        is_json = wants_json(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            raise _as_wanted(error, is_json=is_json) from None
        context.meta[_WANTS_JSON] = is_json
        return context

    def invoke(self, ctx: click.Context) -> t.Any:  # noqa: ANN401 - as in click
        """Run what is named; an error of its usage is one JSON document where `--json` asks for that."""
        sys.excepthook = self.excepthook
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise _as_wanted(_with_remedy(error), is_json=ctx.meta.get(_WANTS_JSON, False)) from None

    def excepthook(
        self,
        exc_type: type[BaseException],
        exc_value: BaseException,  # noqa: ARG002 - never shown
        exc_traceback: TracebackType | None,
    ) -> None:
        """Log the place where the program itself failed, without the error's text: it may quote a record."""
        if issubclass(exc_type, KeyboardInterrupt):
            sys.exit(130)
        log_fault(exc_type, exc_traceback)


_WANTS_JSON = f"{__name__}.wants_json"
_NO_COLOUR = click.Option(
    ["--no-color"], is_flag=True, expose_value=False, callback=forbid_colour, help="Write without colour."
)


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether a subcommand is asked for its one JSON document: the target's output is STATE alone."""
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    is_of_people = any(word in _NAMES for word in words) or not words[:1] or not words[0].startswith("-")
    return is_of_people and "--json" in words


def failure_document(problems: Sequence[str]) -> str:
    """Return the JSON document of a command that failed."""
    return json.dumps({"ok": False, "problems": list(problems)})


class _ErrorInJson(click.ClickException):
    """An error that is shown as the command's one JSON document."""

    def __init__(self, error: click.ClickException) -> None:
        super().__init__(error.format_message())
        self.exit_code = error.exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: t.IO[t.Any] | None = None) -> None:  # noqa: ARG002 - by click
        click.echo(failure_document([self.message]))


def _with_remedy(error: click.ClickException) -> click.ClickException:
    """Return an error that also says how to add the sandbox's extra: the sandbox does not know that."""
    if not isinstance(error.__cause__, ExtraMissingError):
        return error
    return click.ClickException(f"{error.message}: {how_to_add_extra('sandbox')}")


def _as_wanted(error: click.ClickException, *, is_json: bool) -> click.ClickException:
    return _ErrorInJson(error) if is_json and not isinstance(error, _ErrorInJson) else error


def _make_command(module: str, *arguments: object) -> click.Command:
    """Return what a module of this folder makes; only the one that is asked for is imported."""
    make = importlib.import_module(f"target_activecampaign.cli.{module}").make_command
    return t.cast("click.Command", make(*arguments))
