"""What letters a file holds is known from its bytes, or asked: a guess would write wrong names."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.errors import SourceFileError
from target_activecampaign.source_files import open_source

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.source_files import SourceFile

GERMAN = "id;e-mail;name\r\n1;ada@example.com;Jörg Müller-Lüdenscheidt, Größe „5 €“\r\n"


def open_bytes(folder: Path, content: bytes, encoding: str | None = None) -> SourceFile:
    path = folder / "shop.csv"
    path.write_bytes(content)
    return open_source(path, encoding=encoding)


def refusal(folder: Path, content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(SourceFileError) as refused:
        list(open_bytes(folder, content, encoding).rows())
    return str(refused.value)


@pytest.mark.parametrize(
    ("codec", "shown"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_what_a_german_excel_writes_comes_right(tmp_path: Path, codec: str, shown: str) -> None:
    source = open_bytes(tmp_path, GERMAN.encode(codec))
    assert (source.encoding, source.delimiter, source.headers) == (shown, ";", ("id", "e-mail", "name"))
    assert [row["name"] for _, row in source.rows()] == ["Jörg Müller-Lüdenscheidt, Größe „5 €“"]
    assert source.encoding_evidence.is_certain


def test_one_short_word_is_enough(tmp_path: Path) -> None:
    source = open_bytes(tmp_path, "a;b\n1;x\n2;Müller\n".encode("cp1252"))
    evidence = source.encoding_evidence
    assert (evidence.shown, evidence.row, evidence.word, evidence.is_certain) == (
        "Windows-1252",
        3,
        "Müller",
        True,
    )


@pytest.mark.parametrize("word", ["Peña", "Hélène", "Søren", "João", "Niccolò"])
def test_letters_that_neighbours_have_elsewhere_are_read_and_in_doubt(tmp_path: Path, word: str) -> None:
    source = open_bytes(tmp_path, f"a;b\n1;Jörg\n2;{word}\n".encode("cp1252"))
    assert source.encoding == "Windows-1252"
    assert not source.encoding_evidence.is_certain
    assert (source.encoding_evidence.row, source.encoding_evidence.word) == (3, word)
    named = open_bytes(tmp_path, f"a;b\n2;{word}\n".encode("cp1252"), "windows-1252")
    assert named.encoding_evidence.is_certain


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1250", "Łukasz;Dąbrowska;Łódź"),
        ("cp1250", "Dvořák"),
        ("cp1250", "Erdős"),
        ("cp1254", "Işçi;Gökşin"),
        ("cp1257", "Jūratė"),
        ("cp1251", "Иван;Петров;Москва"),
        ("cp1253", "Γιώργος;Αθήνα"),
        ("mac_roman", "Jörg;Müller"),
        ("cp850", "Jörg;Müller"),
        ("cp932", "山田;太郎"),
    ],
)
def test_other_encodings_never_pass_for_certain(tmp_path: Path, codec: str, text: str) -> None:
    content = f"a;b;c\n{text}\n".encode(codec)
    is_certain, words = True, ""
    try:
        is_certain = open_bytes(tmp_path, content).encoding_evidence.is_certain
    except SourceFileError as refused:
        words = str(refused)
    assert not is_certain or 'save it as "CSV UTF-8"' in words
    assert text[:3] not in words
    named = open_bytes(tmp_path, content, codec)
    assert next(named.rows())[1]["a"] == text.split(";", maxsplit=1)[0]


def test_a_file_of_two_encodings_is_refused_with_the_row(tmp_path: Path) -> None:
    content = "a;b\n1;Müller\n".encode() + "2;Jörg\n".encode("cp1252")
    assert "row 3: this row is no UTF-8, and rows before it are" in refusal(tmp_path, content)


def test_a_file_that_was_cut_in_a_letter_is_refused(tmp_path: Path) -> None:
    assert "its end is missing" in refusal(tmp_path, "a;b\n1;ü".encode()[:-1])


def test_nul_bytes_are_no_text(tmp_path: Path) -> None:
    assert "row 3: a NUL byte" in refusal(tmp_path, b"a;b\n1;2\n3;\x00\n" + b"x" * 400)
    assert "looks like UTF-16 without a mark" in refusal(tmp_path, GERMAN.encode("utf-16-le"))


def test_a_wrong_name_of_an_encoding_is_said(tmp_path: Path) -> None:
    assert '--encoding: "klingon" is no encoding' in refusal(tmp_path, b"a\n1\n", "klingon")
    assert '--encoding: "base64" is no encoding' in refusal(tmp_path, b"a\n1\n", "base64")


def test_an_encoding_that_does_not_fit_is_said(tmp_path: Path) -> None:
    assert "it is no UTF-8" in refusal(tmp_path, "a;b\n1;Jörg\n".encode("cp1252"), "utf-8")
