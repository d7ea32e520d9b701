"""A file of `--input` is read as it is, or unpacked where it is in gzip."""

from __future__ import annotations

import gzip
import typing as t

import pytest

from target_activecampaign.errors import InputError
from target_activecampaign.singer.input_file import open_input
from target_activecampaign.singer.reader import iterate_chunks

if t.TYPE_CHECKING:
    from pathlib import Path

LINES = b'{"type":"STATE"}\n{}\n'


def read(path: Path) -> list[t.Any]:
    with path.open("rb") as file:
        return [line for lines in iterate_chunks(open_input(file)) for line in lines]


PACKED = gzip.compress(LINES, mtime=0)  # the time in it would give each process other names of tests


@pytest.mark.parametrize("content", [LINES, PACKED])
def test_the_content_decides_whether_it_is_unpacked(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "input").write_bytes(content)
    assert read(tmp_path / "input") == LINES.splitlines()


@pytest.mark.parametrize(
    "content", [gzip.compress(LINES, mtime=0)[:-9], gzip.compress(LINES, mtime=0) + b"x", b"\x1f\x8b\x08"]
)
def test_a_damaged_file_is_no_end_of_the_input(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "input").write_bytes(content)
    with pytest.raises(InputError, match="the input can't be read"):
        read(tmp_path / "input")
