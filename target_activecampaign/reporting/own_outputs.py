"""Owns outputs that are no plain files, which are written to as they are: devices, pipes, this process's own.

To replace one (`/dev/stderr` is a link) would put a file where others expect the device.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
import typing as t

from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    from pathlib import Path

_OWN = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_NAMED = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def own_descriptor(path: Path) -> int | None:
    """Return the number of this process's descriptor that a path names; `None` where it names none."""
    text = os.path.abspath(path)  # noqa: PTH100 - `resolve` follows the link
    own = _OWN.fullmatch(text)
    return int(own[1]) if own else _NAMED.get(text)


def is_no_plain_file(path: Path) -> bool:
    """Tell whether a path names an output that is neither made nor replaced."""
    if own_descriptor(path) is not None:
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def existing_folder(path: Path) -> Path:
    """Return the folder of a path, or the nearest one above that is there."""
    return next((folder for folder in path.parents if folder.exists()), path.parent)


def require_room_in_folder(setting: str, path: Path) -> None:
    """Check that a file can be made in the folder of a path; none is left behind.

    Raises:
        OutputError: If not.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise OutputError(
            f"{setting}: can't write in {path.parent}: {error.strerror}; {remedy_of(error)}"
        ) from None


def remedy_of(error: OSError) -> str:
    """Return what to do about a file or folder that can't be written."""
    return _REMEDIES.get(error.errno or 0, "name another path")


_REMEDIES = {
    errno.ENOENT: "make the folder, or name another path",
    errno.ENOTDIR: "a part of the path is a file; name another path",
    errno.EACCES: "give this user the right to write there, or name another path",
    errno.EPERM: "give this user the right to write there, or name another path",
    errno.EROFS: "name a path on a disk that can be written to",
    errno.ENOSPC: "make room on the disk, or name another path",
    errno.EDQUOT: "make room on the disk, or name another path",
    errno.ENAMETOOLONG: "name a shorter path",
}


def open_as_it_is(path: Path) -> int:
    """Return a descriptor that writes to an output which is no plain file.

    Raises:
        OSError: If it can't be written to, or nobody reads a pipe.
    """
    own = own_descriptor(path)
    if own is not None:
        return os.dup(own)
    # A pipe that nobody reads would hold the run for ever.
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor
