"""Owns how the file of `--input` is opened: as it is, or unpacked where its content is that of gzip."""

from __future__ import annotations

import typing as t

_GZIP = b"\x1f\x8b"


def open_input(file: t.IO[t.Any]) -> t.IO[t.Any]:
    """Return a file's lines, those of a file in gzip unpacked."""
    peek = getattr(file, "peek", None)
    if peek is None or not peek(len(_GZIP)).startswith(_GZIP):
        return file
    import gzip  # noqa: PLC0415 - rarely needed

    return t.cast("t.IO[bytes]", gzip.GzipFile(fileobj=file))
