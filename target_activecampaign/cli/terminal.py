"""Owns what the commands for people know of their terminal: colour, width, who is there to answer, masks."""

from __future__ import annotations

import os
import shutil
import sys
import typing as t

import click

WIDEST = 100
"""Characters of a line that is written for people."""
NARROW = 80
"""Below this many columns a table is written one value a line."""

_NO_COLOUR = f"{__name__}.no_colour"
_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "red", "SKIP": "cyan"}


def width() -> int:
    """Return how many characters a line may have."""
    return min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)


def has_colour(stream: t.TextIO | None) -> bool:
    """Tell whether a stream takes colour: a terminal, unless the environment or `--no-color` forbids it."""
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(_NO_COLOUR):
        return False
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def forbid_colour(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click hands it over
    """Take the colour of a command away, as its option `--no-color` asks."""
    if value:
        context.meta[_NO_COLOUR] = True


def write_line(line: str) -> None:
    """Write a line to standard output, with its colour where that is wanted, a terminal or not."""
    click.echo(line, color=has_colour(sys.stdout))


def status_word(word: str, stream: t.TextIO | None = None) -> str:
    """Return `OK`, `WARN`, `FAIL` or `SKIP`, padded to one width, in colour where the stream takes it.

    Args:
        word: One of the four.
        stream: Where it is written; standard output by default.
    """
    padded = f"{word:<4}"
    return click.style(padded, fg=_COLOURS[word]) if has_colour(stream or sys.stdout) else padded


def is_terminal(stream: t.TextIO | None) -> bool:
    """Tell whether a stream is a terminal: Python has none for one that was closed when it started."""
    return stream is not None and stream.isatty()


def is_redrawable(stream: t.TextIO | None) -> bool:
    """Tell whether lines of a stream may be drawn again: a terminal that knows how, with a person there."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def somebody_answers() -> bool:
    """Tell whether questions can be asked: standard input is a terminal."""
    return is_terminal(sys.stdin)


def hides_people(*, mask: bool, show: bool) -> bool:
    """Tell whether addresses are masked: by `--mask`, or because `CI` is set; `--show` undoes the latter."""
    return mask or bool(os.environ.get("CI") and not show)


def masked(address: str) -> str:
    """Return an address as others may see it: `a…@example.com`; of other text the first character."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}" if at else f"{address[:1]}…"
