"""Runs a command at a terminal as a person does, and returns what the person sees at its end."""

from __future__ import annotations

import os
import typing as t

import pexpect
import pyte

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

COLUMNS = 100
"""What commands are told."""
WIDE, HIGH = 400, 260
"""The terminal itself is wider, so that it breaks no line of a log."""
PATIENCE_SECONDS = 90
_LEFT_OUT = ("CI", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH")


class CommandFailedError(Exception):
    """A command ended otherwise than it should; holds what stood on its terminal."""


def record(
    command: Sequence[str],
    folder: Path,
    environment: dict[str, str],
    answers: Iterable[tuple[str, str]] = (),
    before_answer: Callable[[str], None] = lambda _: None,
) -> str:
    """Run a command and return the text of its terminal.

    Args:
        command: The program and its arguments.
        folder: Where it runs; the one above is its home.
        environment: Variables beside those of this process.
        answers: What is waited for, and what is typed then.
        before_answer: Called with what will be typed.

    Raises:
        CommandFailedError: If its exit code is not 0.
    """
    screen = _Screen()
    child = pexpect.spawn(
        command[0],
        list(command[1:]),
        cwd=str(folder),
        env={**_environment(folder), **environment},
        timeout=PATIENCE_SECONDS,
        dimensions=(HIGH, WIDE),
    )
    child.logfile_read = screen
    try:
        for waited, typed in answers:
            child.expect_exact(waited)
            before_answer(typed)
            child.sendline(typed)
        child.expect(pexpect.EOF)
        child.close()
    except pexpect.ExceptionPexpect as error:
        raise CommandFailedError(f"{type(error).__name__}\n{screen.text}") from None
    finally:
        child.terminate(force=True)
    if child.exitstatus != 0:
        raise CommandFailedError(f"exit code {child.exitstatus}\n{screen.text}")
    return screen.text


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: text
        for name, text in os.environ.items()
        if name not in _LEFT_OUT and not name.startswith("TARGET_ACTIVECAMPAIGN_")
    }
    return {**kept, "HOME": str(folder.parent), "TERM": "xterm", "COLUMNS": str(COLUMNS)}


class _Screen:
    """A terminal that keeps all that was drawn, as a person reads it."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(WIDE, HIGH)
        self._stream = pyte.ByteStream(self._screen)

    def write(self, data: bytes) -> None:
        self._stream.feed(data)

    def flush(self) -> None:
        """Nothing waits."""

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip() + "\n"
