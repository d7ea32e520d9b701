"""Owns how the bytes of an input become lines, in memory that is bounded however long a line is."""

from __future__ import annotations

import typing as t

from target_activecampaign.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Lines: t.TypeAlias = "Sequence[str | bytes]"

LONGEST_LINE_BYTES = 16 * 2**20
"""A line is held in memory whole, and as Python objects takes up to 40 times its size (measured). Forty
times what an import may hold (assumed to be enough for any record)."""

_CHUNK_BYTES = 2**16  # what a pipe holds


def iterate_lines(file: t.IO[t.Any]) -> Iterator[t.Any]:
    """Yield the lines of a file; of one that is too long no more than what shows that."""
    read = file.readline
    most = LONGEST_LINE_BYTES + 1
    while line := read(most):
        yield line


def iterate_chunks(file: t.IO[t.Any]) -> Iterator[Lines]:
    """Yield the lines of a file as they come, some at a time.

    Raises:
        InputError: If the file can't be read.
    """
    read = getattr(file, "read1", None)
    try:
        yield from ([line] for line in iterate_lines(file)) if read is None else _split_chunks(read)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"the input can't be read: {reason}") from None


def _split_chunks(read: Callable[[int], bytes]) -> Iterator[list[bytes]]:
    """Yield lines that have come, without their ends; of one that is too long no more than what shows that.

    Args:
        read: Returns the bytes that are there, as many as it is asked for at the most; waits for the first.
    """
    begun: list[bytes] = []  # parts of the line that has not ended yet
    length = 0
    while length <= LONGEST_LINE_BYTES and (data := read(_CHUNK_BYTES)):
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = b"".join((*begun, whole[0]))
            yield whole
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
    if length:
        yield [b"".join(begun)]
