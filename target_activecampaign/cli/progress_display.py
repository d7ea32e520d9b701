"""Owns the display of progress on a terminal: four lines that are drawn again, with the log above them.

Only for a terminal that may be redrawn, which `display_for` finds out. Must not know how a run is measured.
"""

from __future__ import annotations

import logging
import sys
import typing as t

from target_activecampaign.cli import terminal
from target_activecampaign.reporting.progress_text import progress_block

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.live import Live

    from target_activecampaign.reporting.progress import Progress
    from target_activecampaign.run.run import Run


def show_progress(run: Run, *, is_quiet: bool) -> None:
    """Choose how people are shown how far a run is: by a display, else by the lines of its log.

    Args:
        run: It has not begun.
        is_quiet: Whether nothing is shown.
    """
    if is_quiet:
        run.watch.show = lambda _: None
    elif (display := display_for(sys.stderr, lambda: run.title)) is not None:
        run.watch.show = display.show
        run.watch.at_end.append(display.close)


def display_for(stream: t.TextIO | None, title: Callable[[], str]) -> ProgressDisplay | None:
    """Return a display, or `None` where lines of the stream can't be drawn again, or `rich` is missing.

    Args:
        stream: Where it is drawn.
        title: Returns what goes where.
    """
    # Lines are drawn again by escape codes, which NO_COLOR and --no-color keep away, too.
    if stream is None or not terminal.is_redrawable(stream) or not terminal.has_colour(stream):
        return None
    try:
        return ProgressDisplay(stream, title)
    except ImportError:  # of the extra `people`
        return None


class ProgressDisplay:
    """Draws looks at a run, from the first one to `close`."""

    def __init__(self, stream: t.TextIO, title: Callable[[], str]) -> None:
        """Prepare; see `display_for`."""
        self._title = title
        self._console, self._live = _make_live(stream)
        self._stream = stream
        self._moved: list[logging.StreamHandler[t.TextIO]] = []
        self._is_closed = False

    def show(self, progress: Progress) -> None:
        """Draw a look."""
        if self._is_closed:
            return
        if not self._live.is_started:
            self._live.start()
            self._move_logs()
        # A full line would let some terminals begin another one.
        width = min(self._console.width, terminal.WIDEST) - 1
        self._live.update(_text("\n".join(progress_block(progress, self._title(), width))), refresh=True)

    def close(self) -> None:
        """Take the lines away, and give the log its stream back."""
        self._is_closed = True
        for handler in self._moved:
            handler.setStream(self._stream)
        self._moved.clear()
        if self._live.is_started:
            self._live.stop()

    def _move_logs(self) -> None:
        """Have the log's lines written above the display."""
        for handler in _handlers_of(self._stream):
            handler.setStream(t.cast("t.TextIO", _Above(self._console)))
            self._moved.append(handler)


class _Above:
    """A stream whose lines a console writes above what it draws."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._console.print(_text(line), soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        """Do nothing: whole lines are written at once."""


def _text(text: str) -> t.Any:  # noqa: ANN401 - of a library that may be missing
    from rich.text import Text  # noqa: PLC0415 - of the extra `people`

    return Text(text)


def _make_live(stream: t.TextIO) -> tuple[Console, Live]:
    from rich.console import Console  # noqa: PLC0415 - of the extra `people`
    from rich.live import Live  # noqa: PLC0415

    class SteadyConsole(Console):
        """A console that never hides the cursor: a process that is killed would leave it hidden."""

        def show_cursor(self, show: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002 - as the library's
            return False

    console = SteadyConsole(file=stream, color_system=None, highlight=False, markup=False, emoji=False)
    return console, Live(
        console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
    )


def _handlers_of(stream: t.TextIO) -> Iterator[logging.StreamHandler[t.TextIO]]:
    known = logging.root.manager.loggerDict.values()
    loggers = [logging.root, *(one for one in known if isinstance(one, logging.Logger))]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
            yield handler
