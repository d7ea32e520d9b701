"""Owns the file of the run's report, which takes the place of an earlier report and of nothing else."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from pathlib import Path

from target_activecampaign.config.settings import START_OF_RUN
from target_activecampaign.errors import OutputError, SettingsError
from target_activecampaign.reporting.own_outputs import (
    existing_folder,
    is_no_plain_file,
    open_as_it_is,
    remedy_of,
    require_room_in_folder,
)

if t.TYPE_CHECKING:
    import datetime as dt

_OTHERS_OF_THE_SECOND = tuple(f"-{number}" for number in range(2, 100))
_LARGEST_REPORT_BYTES = 16 * 2**20
_KEYS_OF_A_REPORT = {"read", "rejected", "started_at", "exit_code"}


def path_at(path: Path, started_at: dt.datetime) -> Path:
    """Return the path of the report of one run: `{time}` in it stands for the start, in UTC.

    A report of another run that began in the same second stays.
    """
    text = str(path)
    if START_OF_RUN not in text:
        return path
    moment = f"{started_at:%Y-%m-%dT%H-%M-%S}"
    names = (Path(text.replace(START_OF_RUN, moment + end)) for end in ("", *_OTHERS_OF_THE_SECOND))
    return next((name for name in names if not name.exists()), Path(text.replace(START_OF_RUN, moment)))


def make_folder(path: Path) -> None:
    """Make the folder of a report, where a run names it by its time and there is none yet.

    Raises:
        OutputError: If it can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"report_path: can't make the folder {path.parent}: {error.strerror}; {remedy_of(error)}"
        ) from None


def check_report_path(path: Path, *, makes_folder: bool = False) -> None:
    """Check, before anything is sent, that a report can be written, and replaces a report at the most.

    Args:
        path: Of the report.
        makes_folder: Whether a folder that is missing is to be made later (`make_folder`).

    Raises:
        OutputError: If it can't be written.
        SettingsError: If another file is there.
    """
    if is_no_plain_file(path):
        return
    if path.is_file() and not _is_report(path):
        raise SettingsError(
            [f"report_path: {path} is there and is no report; name another file, or move it away"]
        )
    require_room_in_folder("report_path", existing_folder(path) / path.name if makes_folder else path)


def write_report(path: Path, report: dict[str, t.Any]) -> None:
    """Write the report in one step, so that no reader sees half of it.

    Raises:
        OutputError: If it can't be written.
    """
    try:
        text = json.dumps(report, indent=2) + "\n"
        if is_no_plain_file(path):
            with os.fdopen(open_as_it_is(path), "w", encoding="utf-8") as output:
                output.write(text)
        else:
            # A link that lies in the way is replaced, not followed: somebody else may have put it there.
            _write_in_one_step(path, text)
    except OSError as error:
        raise OutputError(
            f"report_path: can't write {path}: {error.strerror}; {remedy_of(error)}. "
            "What was delivered stays so"
        ) from None


def _is_report(path: Path) -> bool:
    """Tell whether a file is an earlier run's report, or empty."""
    try:
        if not path.stat().st_size:
            return True
        report = json.loads(path.read_bytes()) if path.stat().st_size <= _LARGEST_REPORT_BYTES else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(report, dict) and report.keys() >= _KEYS_OF_A_REPORT


def _write_in_one_step(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
