"""Owns how a file that an earlier run wrote as its report is found and read, for commands."""

from __future__ import annotations

import glob
import json
import math
import typing as t
from pathlib import Path

from target_activecampaign.config.names import shown_text
from target_activecampaign.errors import InputError
from target_activecampaign.installation import how_to_update

if t.TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = 1
"""Form of a report, where it names one, up to which this version reads it."""
_LARGEST_BYTES = 16 * 2**20
_LARGEST_NUMBER = 2**63
_KEYS = ("read", "rejected", "started_at", "exit_code")
_START_OF_RUN = "{time}"
_MOST_NAMED = 5


def read_report(path: Path) -> dict[str, t.Any]:
    """Return the report in a file; of a folder, the newest in it.

    Raises:
        InputError: If there is none, or it is none that this version can read.
    """
    if path.is_dir():
        return read_report(newest_report(path / "*.json"))
    name = shown_text(str(path))
    document = _parse(_read(path, name), name, path)
    missing = [key for key in _KEYS if key not in document] if isinstance(document, dict) else list(_KEYS)
    if not isinstance(document, dict) or missing:
        found = "it has no " + ", no ".join(missing) if isinstance(document, dict) else "it is no JSON object"
        raise InputError(f"{name} is no report of a run: {found}. {_remedy(path)}")
    schema = document.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise InputError(
            f"{name} was written by a newer version of the loader (form {shown_text(str(schema), 20)}; this "
            f"one reads {SCHEMA}). Update: {how_to_update()}"
        )
    return document


def newest_report(pattern: Path) -> Path:
    """Return the report of the latest run.

    Args:
        pattern: As `report_path` names it: `{time}` in it stands for the start of a run; or a folder's
            `*.json`.

    Raises:
        InputError: If there is no report.
    """
    found = _matching(pattern)
    if found:
        return max(found, key=lambda path: (path.stat().st_mtime_ns, str(path)))
    raise InputError(
        f"There is no report yet: no file is called {shown_text(str(pattern))}. A run writes one at its "
        "end where report_path is set; run first, or name a file: target-activecampaign report FILE"
    )


def _matching(pattern: Path) -> list[Path]:
    text = str(pattern)
    if pattern.name == "*.json":
        searched = f"{glob.escape(str(pattern.parent))}/*.json"
    else:
        searched = glob.escape(text).replace(_START_OF_RUN, "*")
    return [path for path in map(Path, glob.glob(searched)) if path.is_file()]  # noqa: PTH207 - of any folder


def _read(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{name} is no report of a run: it has over 16 MiB. {_remedy(path)}")
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file {name}. {_remedy(path)}") from None
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}. {_remedy(path)}") from None
    if not content.strip():
        raise InputError(f"{name} is empty: its run did not come to its end. {_remedy(path)}")
    return content


def _parse(content: bytes, name: str, path: Path) -> object:
    if content.lstrip()[:1] == b"<":
        raise InputError(f"{name} is a page, not a report. Open it, or name the .json file beside it.")
    try:
        return json.loads(content, parse_constant=_refuse, parse_float=_finite, parse_int=_drawable)
    except UnicodeDecodeError:
        raise InputError(f"{name} is no report of a run: it is no text in UTF-8. {_remedy(path)}") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name} is no report of a run: it is no JSON (line {error.lineno}, column {error.colno}). "
            f"{_remedy(path)}"
        ) from None
    except (ValueError, RecursionError):
        raise InputError(f"{name} is no report of a run: its JSON can't be read. {_remedy(path)}") from None


def _refuse(name: str) -> t.NoReturn:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _drawable(text: str) -> int:
    number = int(text)
    return number if abs(number) <= _LARGEST_NUMBER else _refuse(text)


def _remedy(path: Path) -> str:
    """Name the reports beside a file, the latest first."""
    others = [one for one in _reports_in(path.parent) if one != path]
    if not others:
        return "Name the file that report_path wrote."
    named = ", ".join(shown_text(str(one)) for one in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED:,} more" if len(others) > _MOST_NAMED else ""
    return f"Reports beside it: {named}{more}."


def _reports_in(folder: Path) -> list[Path]:
    files = _by_time(folder.glob("*.json")) if folder.is_dir() else []
    return [path for path in files[: 4 * _MOST_NAMED] if _looks_like_report(path)]


def _by_time(paths: Iterable[Path]) -> list[Path]:
    return sorted((path for path in paths if path.is_file()), key=lambda one: -one.stat().st_mtime_ns)


def _looks_like_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            beginning = file.read(_LARGEST_BYTES)
        return isinstance(document := json.loads(beginning), dict) and all(key in document for key in _KEYS)
    except (OSError, ValueError, RecursionError):
        return False
