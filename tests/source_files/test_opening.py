"""What is no file of people is refused, with the way to one."""

from __future__ import annotations

import gzip
import io
import os
import sys
import typing as t
import zipfile

import pytest

from target_activecampaign.errors import SourceFileError
from target_activecampaign.source_files import open_source

if t.TYPE_CHECKING:
    from pathlib import Path


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(SourceFileError) as refused:
        list(open_source(path).rows())
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.xlsx",
            zipped("[Content_Types].xml", "xl/workbook.xml"),
            'an Excel workbook. Save it as "CSV UTF-8',
        ),
        ("a.csv", zipped("xl/workbook.xml"), 'an Excel workbook. Save it as "CSV UTF-8'),
        ("a.ods", zipped("mimetype", "content.xml"), "LibreOffice. Save it as Text CSV in UTF-8"),
        ("a.numbers", zipped("Index/Document.iwa"), "Numbers. Export it as CSV"),
        ("a.zip", zipped("people.csv"), "a ZIP file. Unpack it"),
        ("a.csv", b"PK\x03\x04broken", "a ZIP file"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
        ("a.csv", b"%PDF-1.7\n", "a PDF. Export the table"),
        ("a.csv.gz", gzip.compress(b"a\n1\n", mtime=0), "packed by gzip"),
        ("a.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "a vCard. Export the contacts as CSV instead"),
        ("a.csv", b"\n<!DOCTYPE html><html>", "a web page, maybe a login"),
        ("a.csv", b"", "a.csv is empty. Export it again"),
        ("a.csv", b"\xef\xbb\xbf\r\n \r\n", "a.csv is empty"),
        ("a.parquet", b"x,y\n1,2\n", "ends in .csv, .tsv, .jsonl or .singer"),
    ],
)
def test_a_file_of_another_kind_is_named_with_its_remedy(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert said in refusal(path)


def test_a_missing_file_is_refused_with_the_nearest_one_or_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "Shop-Customers.csv").write_text("a\n1\n")
    (tmp_path / "notes.md").write_text("x")
    assert 'shop-custmers.csv does not exist. Did you mean "Shop-Customers.csv"?' in refusal(
        tmp_path / "shop-custmers.csv"
    )
    assert "Here are: Shop-Customers.csv." in refusal(tmp_path / "zzz.tsv")
    assert "There is no folder" in refusal(tmp_path / "nowhere" / "x.csv")


def test_a_folder_is_refused_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("a\n1\n")
    assert "is a folder. Give one file of it. In it: people.csv." in refusal(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_pipe_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no plain file, and it is read twice" in refusal(tmp_path / "pipe.csv")


def test_a_file_without_rights_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    path_type = type(path)

    def refuse(*_: object, **__: object) -> t.NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(path_type, "open", refuse)
    with pytest.raises(SourceFileError, match=r"a\.csv can't be read: Permission denied"):
        open_source(path)


def test_json_lines_are_read_by_line_with_their_values(tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text('{"id": 1, "address": {"city": "Ulm"}}\n\n{"id": 2, "e-mail": "bo@example.com"}\n')
    source = open_source(path)
    assert source.headers == ("id", "address", "e-mail")
    assert list(source.rows()) == [
        (1, {"id": 1, "address": {"city": "Ulm"}}),
        (3, {"id": 2, "e-mail": "bo@example.com"}),
    ]
    assert (source.key, source.count_rows()) == ("id", 2)
    lines = source.messages().read1().split(b"\n")
    places = [number - source.line_offset for number, line in enumerate(lines, 1) if b"RECORD" in line]
    assert places == [1, 3]


@pytest.mark.parametrize("line", ["[1]", "{", '{"a": "\\ud800"} x'])
def test_json_that_is_no_object_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text(f'{{"id": 1}}\n{line}\n')
    assert "people.jsonl, line 2: this is no JSON object" in refusal(path)


def test_messages_of_a_tap_go_as_they_are(tmp_path: Path) -> None:
    lines = [
        '{"type":"SCHEMA","stream":"shop","schema":{"properties":{"id":{}}},"key_properties":["id"]}',
        '{"type": "RECORD", "stream": "shop", "record": {"id": 1}}',
        '{"type": "STATE", "value": {}}',
    ]
    path = tmp_path / "people-2026.singer"
    path.write_text("\n".join(lines) + "\n")
    source = open_source(path)
    assert (source.stream, source.headers, source.key, source.count_rows()) == ("shop", ("id",), "id", 1)
    assert source.messages().read1() == path.read_bytes()
    assert list(source.rows()) == [(2, {"id": 1})]
    assert b'"record"' not in source.messages(()).read1()


@pytest.mark.parametrize(
    ("content", "said"),
    [("a,b\n1,2\n", "line 1: this is no Singer message"), ('{"type": "STATE"}\n', "holds no SCHEMA message")],
)
def test_what_is_no_output_of_a_tap_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "people.singer"
    path.write_text(content)
    assert said in refusal(path)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.csv", "email,name\nada@example.com,Ada\n", "name,email\nAda,ada@example.com\n"),
        ("a.jsonl", '{"email": "ada@example.com"}\n', '{"mail": "ada@example.com"}\n'),
        (
            "a.singer",
            '{"type": "SCHEMA", "stream": "a", "schema": {}}\n',
            '{"type": "SCHEMA", "stream": "b", "schema": {}}\n',
        ),
    ],
)
def test_no_row_is_read_of_a_file_that_was_replaced_after_it_was_opened(
    tmp_path: Path, name: str, before: str, after: str
) -> None:
    path = tmp_path / name
    path.write_text(before)
    source = open_source(path)
    (tmp_path / "new").write_text(after)
    (tmp_path / "new").replace(path)
    with pytest.raises(SourceFileError, match=f"{name} was changed while it was read"):
        next(iter(source.rows()), None)
    with pytest.raises(SourceFileError, match="was changed"):
        next(iter(source.iterate_messages(only=() if name == "a.csv" else None)), None)
    path.unlink()
    with pytest.raises(SourceFileError, match=f"{name} is not there any more"):
        next(iter(source.rows()), None)
