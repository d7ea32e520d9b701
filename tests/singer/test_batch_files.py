"""A file of a BATCH message that is not whole is refused: STATE would pass over its rows."""

from __future__ import annotations

import gzip
import typing as t

import pytest

from target_activecampaign.errors import InputError
from target_activecampaign.singer.batch_files import iterate_rows

if t.TYPE_CHECKING:
    from pathlib import Path

WHOLE = gzip.compress(b'{"email":"p@example.com"}\n' * 50, mtime=0)


def read(path: Path, **encoding: str) -> list[bytes]:
    return list(iterate_rows(encoding, [path.as_uri()], None, InputError))


@pytest.mark.parametrize(
    "content", [WHOLE[:5], WHOLE[:-4], WHOLE + b"garbage", b"no gzip", WHOLE[:20] + b"x" + WHOLE[21:]]
)
def test_a_file_in_gzip_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rows").write_bytes(content)
    with pytest.raises(InputError, match="file 1 can't be read: it is damaged, cut, or no gzip file"):
        read(tmp_path / "rows", format="jsonl", compression="gzip")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_file_of_no_bytes_is_refused(tmp_path: Path, form: str) -> None:
    (tmp_path / "rows").touch()
    with pytest.raises(InputError, match="file 1 can't be read: it is empty"):
        read(tmp_path / "rows", format=form)


def test_a_file_in_gzip_that_is_whole_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(WHOLE)
    assert len(read(tmp_path / "rows", format="jsonl", compression="gzip")) == 50
