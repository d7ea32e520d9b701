"""Owns what a command says whose standard output can't be written: one sentence; nothing of a closed pipe."""

from __future__ import annotations

import contextlib
import os
import sys
import typing as t

import click

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def lost_output_said() -> Iterator[None]:
    """End the process with one sentence where the block fails at standard output; a closed pipe needs none.

    Raises:
        OSError: If something else failed.
    """
    try:
        try:
            yield
        finally:
            # What waits to be written would fail behind the last line of the program.
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        _give_up(sys.stdout)
        sys.exit(1)
    except OSError as error:
        # An error of a file has its name.
        if error.filename is not None or not _is_broken(sys.stdout):
            raise
        _give_up(sys.stdout)
        reason = error.strerror or type(error).__name__
        click.echo(
            f"Error: Standard output can't be written ({reason}): make room, or write elsewhere. What the "
            "command did stays done; its output is lost.",
            err=True,
        )
        sys.exit(1)


def _is_broken(stream: t.TextIO) -> bool:
    """Tell whether a stream can't be written: Python does not keep what failed, so a line end is tried."""
    try:
        stream.write("\n")
        stream.flush()
    except OSError:
        return True
    return False


def _give_up(stream: t.TextIO) -> None:
    """Lead a stream elsewhere: Python writes what it holds at the end, and would fail once more."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
