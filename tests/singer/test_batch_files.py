"""A file of a BATCH message that is not whole is refused: STATE would pass over its rows."""

from __future__ import annotations

import gzip
import typing as t
import uuid

import pytest
from upath import UPath

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


ROW = b'{"email":"p@example.com"}'


@pytest.mark.parametrize(
    "name", ["a%20b", "Kunden #1?", "50%", "%41", "a+b", "x:y", "[1]", "ä ö", "a;b=1&c", "%2e%2e"]
)
@pytest.mark.parametrize("write", [lambda path: f"file://{path}", lambda path: path.as_uri()])
@pytest.mark.parametrize("has_root", [False, True])
def test_a_path_in_a_url_counts_as_it_stands_and_decoded(
    tmp_path: Path, name: str, write: t.Callable[[Path], str], *, has_root: bool
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    file = folder / f"{name}-1.jsonl"
    file.write_bytes(ROW)
    assert located([write(file)], folder if has_root else None) == [ROW]


def test_of_two_files_the_one_that_stands_in_the_url_is_meant(tmp_path: Path) -> None:
    (tmp_path / "a%20b").write_bytes(ROW)
    (tmp_path / "a b").write_bytes(ROW + b"\n" + ROW)
    assert located([f"file://{tmp_path}/a%20b"]) == [ROW]
    assert located([f"FILE://localhost{tmp_path}/a%20b"]) == [ROW]
    assert located([f"{tmp_path}/a%20b"], tmp_path) == [ROW]


OTHER = b'{"email":"other@example.com"}'


@pytest.mark.parametrize("start", ["file://", "file://localhost", "file:"])
def test_a_file_in_a_folder_below_the_root_is_the_one_that_its_url_names(tmp_path: Path, start: str) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "rows").write_bytes(OTHER)
    with pytest.raises(InputError, match="it does not exist"):
        located([f"{start}{tmp_path}/a b/rows"], tmp_path)
    (tmp_path / "a b/rows").write_bytes(ROW)
    assert located([f"{start}{tmp_path}/a b/rows", f"{start}{tmp_path}/a%20b/rows"], tmp_path) == [ROW, ROW]


def test_a_file_outside_of_the_root_is_not_taken_for_one_of_its_name(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "rows").write_bytes(OTHER)
    (tmp_path / "rows").write_bytes(ROW)
    with pytest.raises(
        InputError, match=r"outside of batch_config\.storage\.root, where another file has its"
    ):
        located([f"file://{tmp_path}/rows"], root)


def test_a_file_of_another_address_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(ROW)
    (tmp_path / "link").symlink_to(tmp_path)
    urls = ["file:///nowhere/rows", "s3://bucket/folder/rows", f"file://{tmp_path}/link/rows"]
    assert located(urls, tmp_path) == [ROW] * 3
    assert located([f"file://{tmp_path}/rows"], tmp_path / "link") == [ROW]


def test_a_url_of_a_remote_root_names_the_file_below_it() -> None:
    root = UPath(f"memory://{uuid.uuid4()}")
    (root / "a").mkdir(parents=True)
    (root / "rows").write_bytes(OTHER)
    (root / "a/rows").write_bytes(ROW)
    assert located([f"{root}/a/rows"], root) == [ROW]
    with pytest.raises(InputError, match="it does not exist"):
        located([f"{root}/b/rows"], root)


@pytest.mark.parametrize(
    "url",
    ["file://{0}/%2E%2E/rows", "file://{0}/a/../../rows", "file://{0}/..%2Frows", "file://{0}/", "s3://b/.."],
)
def test_a_url_leads_out_of_the_root_neither_as_it_stands_nor_decoded(tmp_path: Path, url: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "rows").write_bytes(ROW)
    with pytest.raises(InputError, match="file 1 can't be read"):
        located([url.format(root)], root)


@pytest.mark.parametrize(
    "url", ["{0}/rows", "http://localhost{0}/rows", "file://elsewhere{0}/rows", "file:", ""]
)
def test_only_a_file_of_this_machine_is_read_without_a_root(tmp_path: Path, url: str) -> None:
    (tmp_path / "rows").write_bytes(ROW)
    with pytest.raises(InputError, match="file 1 can't be read"):
        located([url.format(tmp_path)])


def located(manifest: list[str], root: Path | UPath | None = None) -> list[bytes]:
    storage = None if root is None else {"root": str(root)}
    return list(iterate_rows({"format": "jsonl"}, manifest, storage, InputError))
