"""Owns how a question is asked: on standard error, its answer tested at once, and help after three failures.

It must not know what is asked. A question whose answer an option gave is not asked, but tested and shown.
"""

from __future__ import annotations

import textwrap
import typing as t

import click

if t.TYPE_CHECKING:
    from collections.abc import Callable

_T = t.TypeVar("_T")

_FAILURES_BEFORE_HELP = 3
_INDENT = "  "
_YES, _NO = frozenset({"y", "yes"}), frozenset({"n", "no"})


class AnswerError(ValueError):
    """Says what is wrong with an answer, and what to write instead."""


class Question(t.NamedTuple):
    """A question, and what stands around it.

    Attributes:
        text: What is asked, without a colon.
        option: Of the command line, which answers it.
        default: What an empty answer stands for; `None` where there is none.
        shown_default: How the default is shown, where not as it is; empty for not at all.
        help: What is said after the third failure.
        is_hidden: Whether nobody may see the answer.
        indent: What stands before it.
    """

    text: str
    option: str
    default: str | None = None
    shown_default: str | None = None
    help: str = ""
    is_hidden: bool = False
    indent: str = _INDENT

    @property
    def prompt(self) -> str:
        """The question as it is written."""
        shown = self.default if self.shown_default is None else self.shown_default
        return f"{self.indent}{self.text} [{shown}]: " if shown else f"{self.indent}{self.text}: "


class Dialogue:
    """Asks a person, or takes what options say where nobody is there to answer."""

    def __init__(self, *, can_ask: bool, takes_defaults: bool, width: int) -> None:
        """Prepare.

        Args:
            can_ask: Whether somebody is there: standard input is a terminal.
            takes_defaults: Whether defaults answer what no option does (`--yes`).
            width: Of a line of text.
        """
        self.asks = can_ask and not takes_defaults
        self._can_ask = can_ask
        self._width = width

    @property
    def width(self) -> int:
        """Characters of a line."""
        return self._width

    def heading(self, text: str) -> None:
        """Begin a step."""
        click.echo(f"\n{text}", err=True)

    def say(self, text: str, *, indent: int = 4) -> None:
        """Say something, wrapped to the terminal's width."""
        blank = " " * indent
        click.echo(
            textwrap.fill(
                text,
                self._width,
                initial_indent=blank,
                subsequent_indent=blank,
                break_long_words=False,
                break_on_hyphens=False,
            ),
            err=True,
        )

    def show(self, line: str = "") -> None:
        """Show a line as it is, like one of a table."""
        click.echo(line, err=True)

    def ask(self, question: Question, read: Callable[[str], _T], given: str | None = None) -> _T:
        """Return an answer that was read without a complaint.

        Args:
            question: Asked again until its answer can be read.
            read: Returns the answer's meaning, or raises `AnswerError`.
            given: What an option says.

        Raises:
            UsageError: If there is nobody to ask, or what an option says is wrong.
            Abort: If the person ends it, by Ctrl-C or Ctrl-D.
        """
        if given is not None:
            self.show(question.prompt if question.is_hidden else f"{question.prompt}{given}")
            try:
                return read(given)
            except AnswerError as error:
                if not self.asks:
                    raise click.UsageError(f"{question.option}: {error}") from None
                self.say(str(error))
        elif not self.asks:
            return self._default_of(question, read)
        return self._ask_until_read(question, read)

    def confirm(self, text: str, *, default: bool, given: bool | None = None, indent: str = _INDENT) -> bool:
        """Return a yes or a no.

        Args:
            text: The question.
            default: What an empty answer stands for.
            given: What an option says.
            indent: What stands before it.
        """
        choice = "[Y/n]" if default else "[y/N]"
        if given is not None or not self.asks:
            answer = default if given is None else given
            self.show(f"{indent}{text} {choice} {'y' if answer else 'n'}")
            return answer

        def read(answer: str) -> bool:
            if answer.lower() not in _YES | _NO:
                raise AnswerError("Type y for yes or n for no.")
            return answer.lower() in _YES

        question = Question(text, "--yes", default="y" if default else "n")
        return self._ask_until_read(question, read, prompt=f"{indent}{text} {choice} ")

    def _default_of(self, question: Question, read: Callable[[str], _T]) -> _T:
        if question.default is None:
            raise click.UsageError(f"Nobody is there to answer. Add {question.option}.")
        self.show(f"{question.prompt}{question.default}")
        try:
            return read(question.default)
        except AnswerError as error:
            raise click.UsageError(f"{question.option}: {error}") from None

    def _ask_until_read(self, question: Question, read: Callable[[str], _T], prompt: str = "") -> _T:
        failures = 0
        while True:
            answer = _prompt(prompt or question.prompt, is_hidden=question.is_hidden)
            try:
                return read(answer or question.default or "")
            except AnswerError as error:
                if str(error):
                    self.say(str(error))
            failures += 1
            question = question._replace(shown_default=None)
            if question.help and failures % _FAILURES_BEFORE_HELP == 0:
                self.say(question.help)


def _prompt(text: str, *, is_hidden: bool) -> str:
    answer: str = click.prompt(
        text, default="", show_default=False, prompt_suffix="", err=True, hide_input=is_hidden
    )
    return answer.strip()
