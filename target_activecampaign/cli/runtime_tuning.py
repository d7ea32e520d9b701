"""Owns how the process's threads share interpreter and memory: set once, before a run as a command."""

from __future__ import annotations

import contextlib
import ctypes
import sys

# The reader's thread may keep a worker that has an answer waiting for this long. With Python's 5 ms, a run at
# limits raised 60 times reached 73 % of its pace, and 89 % with this.
_SWITCH_SECONDS = 0.0005

# By default glibc gives nearly each thread an arena of its own (mallopt(3), M_ARENA_MAX), and no other thread
# can use free memory there: 20 MB in a full run with a ledger.
_M_ARENA_MAX = -8
_ARENAS = 2

# Once memory of 32 MiB or less was given back, glibc takes the next of that size from where it can't be given
# back (mallopt(3), M_MMAP_THRESHOLD): 16 MB from the ledger's key on. A fixed threshold ends that, and needs
# one of trimming beside it.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_MAPPED_BYTES, _TRIMMED_BYTES = 1024**2, 4 * 1024**2


def prepare_process() -> None:
    """Tune the interpreter, and memory where there is glibc, for one busy thread and many that wait."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    with contextlib.suppress(AttributeError, OSError, TypeError):
        tune = ctypes.CDLL(None).mallopt
        tune(_M_ARENA_MAX, _ARENAS)
        tune(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
        tune(_M_TRIM_THRESHOLD, _TRIMMED_BYTES)
