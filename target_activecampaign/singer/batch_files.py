"""Owns which files of a BATCH message may be read, and reads them row by row.

A BATCH message is the tap's word, and may name any file or URL. Without `batch_config.storage` a file must be
a plain one of this machine; with it, one below its root. Nothing is ever created.
"""

from __future__ import annotations

import typing as t
import zlib
from pathlib import Path
from urllib.parse import unquote

from upath import UPath

from target_activecampaign.errors import SettingsError
from target_activecampaign.installation import how_to_add_extra
from target_activecampaign.singer.parquet import iterate_parquet
from target_activecampaign.singer.reader import iterate_lines

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_activecampaign.errors import InputError


def iterate_rows(
    encoding: Mapping[str, t.Any],
    manifest: Sequence[t.Any],
    storage: Mapping[str, t.Any] | None,
    problem: Callable[[str], InputError],
) -> Iterator[bytes]:
    """Yield the rows of the files of one BATCH message, each the JSON of a record.

    Args:
        encoding: The message's `encoding`.
        manifest: The message's URLs of files.
        storage: `storage` of the setting `batch_config`: its `root` and `params`; `None` where it is not set.
        problem: Makes an error that names the message's line.

    Raises:
        InputError: If the format is neither JSON Lines, plain or gzip, nor Parquet, or a file may not or
            can't be read.
        SettingsError: If `storage` can't be used.
    """
    read_rows = _reader_of(encoding)
    if read_rows is None:
        raise problem(
            "is a BATCH message that is neither in JSON Lines, plain or gzip, nor in Parquet; "
            "set the tap's batch_config"
        )
    root = None if storage is None else _open_root(storage)
    number = rows = 0
    is_open = False
    try:
        for number, url in enumerate(manifest, start=1):  # noqa: B007 - the error names it
            rows = 0
            is_open = False
            with _locate(url, root).open("rb") as file:
                _require_content(file)
                is_open = True
                for row in read_rows(file):
                    rows += 1
                    yield row
    except Exception as error:  # noqa: BLE001 - each kind of storage has its own, and texts that quote
        if isinstance(error, ImportError) and error.name == "pyarrow":
            raise problem(
                f"is a BATCH message in Parquet, which needs an extra: {how_to_add_extra('parquet')}"
            ) from None
        reason = _reason_of(error, encoding if is_open else None)
        where = f", after row {rows}" if rows else ""
        raise problem(f"is a BATCH message whose file {number} can't be read: {reason}{where}") from None


def _reason_of(error: Exception, encoding: Mapping[str, t.Any] | None) -> str:
    """Return why a file can't be read, in words that quote nothing of it.

    Args:
        error: Of the system, the storage or the format.
        encoding: Of the file; `None` where it could not be opened.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if encoding is None:
        return type(error).__name__
    if isinstance(error, NotImplementedError):
        return f"it uses a part of its format that nobody knows here ({type(error).__name__})"
    is_parquet = encoding.get("format") == "parquet"
    # The errors of `pyarrow` are kinds of these, and so are those of `gzip`.
    if isinstance(error, (OSError, EOFError, ValueError, zlib.error)):
        kind = "Parquet" if is_parquet else "gzip" if encoding.get("compression") == "gzip" else "JSON Lines"
        return f"it is damaged, cut, or no {kind} file. Have the tap write it again, and look at its disk"
    return type(error).__name__


def _reader_of(encoding: Mapping[str, t.Any]) -> Callable[[t.Any], Iterator[bytes]] | None:
    """Return a function that reads the rows of a file; `None` for a format that is not known."""
    form, compression = encoding.get("format"), encoding.get("compression")
    if form == "parquet":
        return iterate_parquet  # it knows its own compression
    if form != "jsonl" or compression not in {None, "none", "gzip"}:
        return None
    return _iterate_gzip if compression == "gzip" else iterate_lines


def _require_content(file: t.IO[bytes]) -> None:
    """Refuse a file of no bytes: a tap writes a file for records, so the disk or the upload lost them.

    Raises:
        OSError: If there is not one byte.
    """
    if not file.read(1):
        raise OSError(0, "it is empty: no tap writes a file without a record")
    file.seek(0)


def _iterate_gzip(file: t.IO[bytes]) -> Iterator[bytes]:
    import gzip  # noqa: PLC0415 - rarely needed

    with gzip.GzipFile(fileobj=file) as content:
        yield from iterate_lines(t.cast("t.IO[bytes]", content))


def _open_root(storage: Mapping[str, t.Any]) -> UPath:
    try:
        root: UPath = UPath(storage["root"], **(storage.get("params") or {}))
    except Exception as error:  # noqa: BLE001 - each kind of storage has its own, and texts that quote
        words = (
            f"batch_config: its storage can't be used ({type(error).__name__}); it must be an object with a "
            f'root, like {{"root": "file:///batches"}}, of a kind whose fsspec package is installed'
        )
        raise SettingsError([words]) from None
    return root


def _locate(url: object, root: UPath | None) -> Path | UPath:
    """Return the file that a URL means.

    SDK taps write a path into a URL as it is, so `a%20b` may be the name of a folder, and `#` a character of
    a stream's name: the path counts as it stands first, and decoded where there is no such file.

    Raises:
        OSError: If it may not be read, or is no plain file.
    """
    if root is not None:
        return _locate_below(str(url), root)
    if (path := _first_file(Path(meant) for meant in _readings(_local_path(str(url))))) is None:
        raise _no_file()
    return path


def _locate_below(url: str, root: UPath) -> Path | UPath:
    """Return the file below the root that a URL names, or that has its name where it names none here.

    A tap may write to the same storage under another address, so the folder in its URL may not be known.

    Raises:
        OSError: If it may not be read, is no plain file, or is another one than the URL names.
    """
    below = [steps for meant in _readings(url) if (steps := _steps_below(meant, root)) is not None]
    if below:
        if (path := _first_file(root.joinpath(*steps) for steps in below)) is None:
            raise _no_file()
        return path
    names = _readings(url.rpartition("/")[2])
    path = _first_file(root / _require_name(name) for name in names)
    if path is None:
        raise _no_file()
    elsewhere = _named_here(url)
    if elsewhere is not None and elsewhere.resolve() != Path(path.path).resolve():
        raise OSError(
            0, "its URL names a file outside of batch_config.storage.root, where another file has its name"
        )
    return path


def _readings(text: str) -> Iterator[str]:
    """Yield a part of a URL as it stands, and decoded."""
    yield from dict.fromkeys((text, unquote(text)))


def _steps_below(url: str, root: UPath) -> list[str] | None:
    """Return the steps from the root to the file that a URL names; `None` where that is not below it."""
    try:
        path, start = (_local_path(url), root.path) if root.protocol in {"", "file"} else (url, str(root))
    except OSError:
        return None
    if not path.startswith(start := f"{start.rstrip('/')}/"):
        return None
    return [_require_name(step) for step in path[len(start) :].split("/")]


def _named_here(url: str) -> Path | None:
    """Return the file of this machine that a URL names; `None` without one."""
    try:
        return _first_file(Path(meant) for meant in _readings(_local_path(url)))
    except OSError:
        return None


_File = t.TypeVar("_File", Path, UPath)


def _first_file(paths: Iterable[_File]) -> _File | None:
    # A device or a pipe may never come to an end.
    return next((path for path in paths if path.is_file()), None)


def _no_file() -> OSError:
    return OSError(0, "it does not exist, or is no plain file")


def _local_path(url: str) -> str:
    scheme, _, rest = url.partition(":")
    host, slash, path = rest[2:].partition("/") if rest.startswith("//") else ("", "", rest)
    if scheme.casefold() != "file" or host not in {"", "localhost"}:
        raise OSError(0, "it is no file:// URL; set batch_config.storage to read from elsewhere")
    return slash + path


def _require_name(name: str) -> str:
    if name in {"", ".", ".."} or set(name) & {"/", "\\", "\0"}:
        raise OSError(0, "its URL ends with no file name")
    return name
