"""Owns the files that a setup writes: settings, key and what git leaves out; each whole, for its owner only.

A file is written beside its place and moved there whole. Nothing that stood in `.env` or `.gitignore` goes.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
import typing as t
from pathlib import Path

from dotenv.parser import parse_stream

from target_activecampaign.config.environment import PREFIX
from target_activecampaign.errors import OutputError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.config.secret import Secret

CONFIG_FILE, VARIABLES_FILE, IGNORE_FILE = "config.json", ".env", ".gitignore"
BACKUP_FILE = f"{CONFIG_FILE}.bak"
KEY_VARIABLE = f"{PREFIX}API_KEY"
REPORTS_FOLDER = "reports"
IGNORED = (".env", "*.csv", "rejects*", "reports/", "ledger.db*")
"""What holds people or the key, and stands in `.gitignore`."""

_FOR_THE_OWNER = 0o600
_LAST_PERMISSIONS = 0o777
_PLAIN = re.compile(r"[\w.-]+", re.ASCII)


def write_config(folder: Path, settings: Mapping[str, t.Any], old: Mapping[str, t.Any] | None) -> None:
    """Write `config.json`; the one before is kept as `config.json.bak`, without the key.

    Args:
        folder: Where.
        settings: Without the key.
        old: What the file held before; `None` where there was none.

    Raises:
        OutputError: If one of them can't be written.
    """
    if old is not None:
        kept = {name: value for name, value in old.items() if name != "api_key"}
        _write(folder / BACKUP_FILE, _as_text(kept), _FOR_THE_OWNER)
    _write(folder / CONFIG_FILE, _as_text(settings), _FOR_THE_OWNER)


def write_key(folder: Path, key: Secret) -> None:
    """Write the key into `.env`, beside the variables that stand there.

    Raises:
        OutputError: If it can't be written.
    """
    path = folder / VARIABLES_FILE
    line = f"{KEY_VARIABLE}={_quoted(key.reveal())}\n"
    kept = [
        binding.original.string
        for binding in parse_stream(io.StringIO(_read(path)))
        if binding.key != KEY_VARIABLE
    ]
    before = "".join(kept)
    if before.strip() and not before.endswith("\n"):
        before += "\n"
    _write(path, before + line, _FOR_THE_OWNER)


def write_ignored(folder: Path, names: Iterable[str]) -> list[str]:
    """Add lines to `.gitignore` that it lacks; returns those.

    Raises:
        OutputError: If it can't be written.
    """
    path = folder / IGNORE_FILE
    before = _read(path)
    known = {line.strip() for line in before.splitlines()}
    lacking = [name for name in names if name not in known]
    if lacking:
        if before and not before.endswith("\n"):
            before += "\n"
        _write(path, before + "\n".join(lacking) + "\n", _permissions_of(path))
    return lacking


def make_reports_folder(folder: Path) -> None:
    """Make the folder of the reports, for its owner.

    Raises:
        OutputError: If it can't be made.
    """
    try:
        (folder / REPORTS_FOLDER).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder {REPORTS_FOLDER} can't be made: {_reason(error)}. Move away what stands there, or "
            "set up another folder: --folder. Nothing was sent"
        ) from None


def write_new(path: Path, text: str) -> None:
    """Write a file that was not there.

    Raises:
        OutputError: If it can't be written.
    """
    _write(path, text, _FOR_THE_OWNER)


def _as_text(settings: Mapping[str, t.Any]) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _quoted(key: str) -> str:
    """Return a value as `.env` files hold it."""
    if _PLAIN.fullmatch(key):
        return key
    return "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(
            f"{path.name} can't be read, so it was left as it is: {_reason(error)}. Mend it, or move it "
            "away, then run this again"
        ) from None


def _permissions_of(path: Path) -> int:
    return path.stat().st_mode & _LAST_PERMISSIONS if path.exists() else _FOR_THE_OWNER


def _write(path: Path, text: str, permissions: int) -> None:
    """Put a whole file into its place; a link stays one, and what it leads to is replaced."""
    place = Path(os.path.realpath(path))
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=place.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                Path(file.name).chmod(permissions)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(place)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise
    except OSError as error:
        raise OutputError(
            f"{path.name} can't be written: {_reason(error)}. Make room, or set up another "
            "folder: --folder. Nothing was sent"
        ) from None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is no UTF-8 text"
