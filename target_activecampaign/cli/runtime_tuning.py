"""How the threads of the process share interpreter and memory: set once, before a run as a command."""

from __future__ import annotations

import contextlib
import ctypes
import sys

# How long the reader's thread may keep workers waiting that have an answer. With Python's 5 ms, a run at
# limits raised 60 times reached 73 % of its pace, and 89 % with this.
_SWITCH_SECONDS = 0.0005

# By default glibc gives nearly each thread memory of its own (mallopt(3), M_ARENA_MAX), and what is free
# there is of no use to others: 20 MB in a full run with a ledger.
_M_ARENA_MAX = -8
_ARENAS = 2


def prepare_process() -> None:
    """Set the interpreter and, where there is glibc, its memory up for one busy thread and many that wait."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
