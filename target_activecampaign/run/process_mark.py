"""Owns the proof that a process is gone, or lives: its number alone is none, since numbers come again."""

from __future__ import annotations

import contextlib
import os
import platform
import typing as t
from pathlib import Path

_START_TIME = 19  # field 22 of /proc/PID/stat, counted after the command's name

Fate = t.Literal["gone", "alive", "unknown"]


def own_host() -> str:
    """Return the name of this machine."""
    return platform.node()


def mark_of(pid: int) -> str:
    """Return what tells a process from a later one with its number: boot, space of numbers, its start.

    Returns:
        An empty text where the system does not say so, or there is no process of this number.
    """
    with contextlib.suppress(OSError, IndexError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - it is no path
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        return f"{boot} {space} {fields.split()[_START_TIME]}"
    return ""


def fate_of(host: str, pid: int, mark: str) -> Fate:
    """Return what is proven of a process.

    Args:
        host: Where it ran.
        pid: Its number there.
        mark: As `mark_of` gave it there.
    """
    mine, theirs = mark_of(os.getpid()).split(), mark.split()
    if host != own_host() or bool(mine) != bool(theirs):
        return "unknown"
    if not mine:
        return "alive" if _exists(pid) else "gone"
    if mine[:2] != theirs[:2]:
        # In another container its number means nothing here; after a restart of the machine it is gone.
        return "unknown" if mine[0] == theirs[0] else "gone"
    return "alive" if mark_of(pid) == mark else "gone"


def _exists(pid: int) -> bool:
    """Tell whether there is a process of a number, where nothing else tells processes apart."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
