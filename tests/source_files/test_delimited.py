"""A CSV is read row by row: each value stays in its column, and each row has the number that it has there."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.errors import SourceFileError
from target_activecampaign.source_files import open_source

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.source_files import SourceFile


@pytest.fixture
def write(tmp_path: Path) -> t.Callable[..., SourceFile]:
    def write_and_open(
        text: str, name: str = "shop.csv", encoding: str = "utf-8", **options: str
    ) -> SourceFile:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return open_source(path, **options)

    return write_and_open


Write: t.TypeAlias = "t.Callable[..., SourceFile]"


def messages_of(source: SourceFile) -> list[tuple[int, dict[str, t.Any]]]:
    """Return the messages with the number of their line."""
    lines = source.messages().read1().split(b"\n")
    return [(number, json.loads(line)) for number, line in enumerate(lines, start=1) if line.strip()]


def refusal(write: Write, text: str, **options: str) -> str:
    with pytest.raises(SourceFileError) as refused:
        write(text, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("|", "a.txt")]
)
def test_the_delimiter_is_the_one_by_which_rows_are_as_wide_as_the_header(
    write: Write, delimiter: str, name: str
) -> None:
    rows = [
        ["e-mail", "amount", "note"],
        ["ada@example.com", '"1,5; 2|3\t4"', "x"],
        ["bo@example.com", "", ""],
    ]
    source = write("\n".join(delimiter.join(row) for row in rows), name)
    assert source.delimiter == delimiter
    assert [row for _, row in source.rows()] == [
        {"e-mail": "ada@example.com", "amount": "1,5; 2|3\t4", "note": "x"},
        {"e-mail": "bo@example.com", "amount": None, "note": None},
    ]


def test_decimal_commas_are_no_delimiter() -> None:
    from target_activecampaign.source_files.delimiter import find_delimiter  # noqa: PLC0415

    lines = ["e-mail;amount\n", *[f"p{number}@example.com;{number},50\n" for number in range(50)]]
    assert find_delimiter(lines) == ";"
    assert find_delimiter(["e-mail\n", "ada@example.com\n"]) == ","


def test_the_line_by_which_excel_names_the_delimiter_is_none_of_people(write: Write) -> None:
    source = write("sep=|\r\ne-mail|name\r\nada@example.com|Ada, Bo\r\n")
    assert list(source.rows()) == [(3, {"e-mail": "ada@example.com", "name": "Ada, Bo"})]
    assert [number for number, _ in messages_of(source)] == [2, 3]


def test_a_named_delimiter_counts(write: Write) -> None:
    assert write("a;b,c\n1;2,3\n", delimiter="comma").headers == ("a;b", "c")
    assert "--delimiter: write comma" in refusal(write, "a,b\n1,2\n", delimiter=":")


def test_rows_have_the_numbers_of_their_lines_in_an_editor(write: Write) -> None:
    text = '\n"na\nme",e-mail\nAda,ada@example.com\n\n"Bo\r\nB.\nC",bo@example.com\n,\nCy,cy@example.com\n'
    places = {line.split(",")[1]: number for number, line in enumerate(text.splitlines(), 1) if "@" in line}
    # The row of Bo begins two lines before its address.
    places["bo@example.com"] -= 2
    source = write(text)
    assert {row["e-mail"]: number for number, row in source.rows()} == places
    numbers = [number for number, message in messages_of(source) if message["type"] == "RECORD"]
    assert numbers == list(places.values())


def test_old_line_ends_are_read(write: Write) -> None:
    assert [number for number, _ in write("a,b\r1,2\r3,4\r").rows()] == [2, 3]


def test_quotes_inside_a_text_are_read(write: Write) -> None:
    ((_, row),) = write('a,b\n"say ""hi"", you",x "y" z\n').rows()
    assert row == {"a": 'say "hi", you', "b": 'x "y" z'}


def test_every_value_is_text_and_a_blank_cell_is_null(write: Write) -> None:
    (_, schema), (_, record) = messages_of(write("id,zip,empty\n1,01234,\n"))
    assert schema["stream"] == "shop"
    assert schema["schema"]["properties"] == {
        name: {"type": ["string", "null"]} for name in ("id", "zip", "empty")
    }
    assert record["record"] == {"id": "1", "zip": "01234", "empty": None}


def test_what_a_short_row_lacks_is_absent_and_no_null(write: Write) -> None:
    source = write("e-mail,name,town\nada@example.com\nbo@example.com,Bo,Ulm\n")
    assert next(source.rows())[1] == {"e-mail": "ada@example.com"}
    assert messages_of(source)[1][1]["record"] == {"e-mail": "ada@example.com"}
    (problem,) = source.problems
    assert (problem.kind, problem.count, problem.rows) == ("short", 1, (2,))
    assert "1 row (2): fewer cells than the header" in problem.text


def test_a_row_with_too_many_cells_is_no_record_of_its_columns(write: Write) -> None:
    source = write("e-mail,name\nada@example.com,Love, Ada\nbo@example.com,Bo\n")
    assert [number for number, _ in source.rows()] == [3]
    assert messages_of(source)[1] == (
        2,
        {"type": "RECORD", "stream": "shop", "record": ["ada@example.com", "Love", " Ada"]},
    )
    assert [(one.kind, one.rows) for one in source.problems] == [("long", (2,))]
    assert source.count_rows() == 2


def test_a_row_that_the_file_ends_in_is_no_record_of_its_columns(write: Write) -> None:
    whole = write("e-mail,name,town\nada@example.com,Ada,Ulm")
    assert (whole.problems, len(list(whole.rows()))) == ((), 1)
    source = write("e-mail,name,town\nada@example.com,Ada,Ulm\nbo@example.co")
    assert [number for number, _ in source.rows()] == [2]
    assert messages_of(source)[2][1]["record"] == ["bo@example.co"]
    assert [(one.kind, one.rows) for one in source.problems] == [("cut", (3,))]


def test_a_column_of_texts_with_commas_is_one_where_the_delimiter_is_named(write: Write) -> None:
    source = write("name\nLovelace, Ada\nByron, Anne\n", delimiter="semicolon")
    assert [row["name"] for _, row in source.rows()] == ["Lovelace, Ada", "Byron, Anne"]


def test_a_row_of_blanks_is_none(write: Write) -> None:
    source = write("e-mail,name\nada@example.com,Ada\n   \n , \n,\n")
    assert (source.count_rows(), source.problems) == (1, ())


def test_only_line_ends_divide_lines(write: Write) -> None:
    ((_, row),) = write("e-mail;name\nada@example.com;A\u2028d\x0ca\x85\n").rows()
    assert row["name"] == "A\u2028d\x0ca\x85"


def test_blank_cells_behind_the_last_column_are_nothing(write: Write) -> None:
    source = write("e-mail;name;;\nada@example.com;Ada;;\nbo@example.com;Bo\ncy@example.com;Cy;;x\n")
    assert source.headers == ("e-mail", "name")
    assert [number for number, _ in source.rows()] == [2, 3]
    assert [(one.kind, one.rows) for one in source.problems] == [("long", (4,))]


def test_rows_inside_a_quote_that_nobody_closed_are_not_lost_in_silence(write: Write) -> None:
    source = write('a,b,c\n1,"x,y\n2,p,q\n3,r",s\n4,t,u\n')
    assert [number for number, _ in source.rows()] == [5]
    assert [(one.kind, one.rows) for one in source.problems] == [("swallowed", (2,))]
    notes = write('a,b,c\n1,"Dear Ada,\nhow are you,\nBo",s\n')
    assert notes.problems == ()


@pytest.mark.parametrize("text", ['a,b\n1,"x\n2,y\n', 'a,b\n1,"' + "x" * 200_000 + "\n2,y\n"])
def test_a_quote_that_does_not_end_is_said_with_its_row(write: Write, text: str) -> None:
    with pytest.raises(SourceFileError, match=r"shop.csv, row 2: .*quote .* is opened .*not closed"):
        list(write(text).rows())


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("a,,c", "row 1 (header): column 2 has no name"),
        ("a,,,d", "columns 2 and 3 have no name"),
        ("a,b,a,b ,a", 'columns 1, 3 and 5 are named alike, "a"; columns 2 and 4 are named alike, "b"'),
        (",,,", "row 1: the first row names no column"),
        ("Customers of 2026\nid,e-mail,name", "the rows below have more, so it is a title and no header"),
        ("Customers of 2026,,\nid,e-mail,name", "the rows below have more, so it is a title and no header"),
        ("ada@example.com,Ada", "the first row holds an address, so it is a person and no header"),
    ],
)
def test_a_header_must_name_each_column_once(write: Write, header: str, said: str) -> None:
    words = refusal(write, f"{header}\n1,2,3\n")
    assert said in words
    assert "ada@" not in words


def test_a_phone_export_with_line_breaks_and_empty_columns_is_read(write: Write) -> None:
    headers = ["First Name", "Last Name", "Notes", "Labels", "E-mail 1 - Label", "E-mail 1 - Value"]
    headers += [
        f"{kind} {number} - Value" for kind in ("Phone", "Address", "Website") for number in range(1, 5)
    ]
    row = ["Ada", "Lovelace", '"Met, in ""Turin""\r\nCall: back"', "* myContacts", "", "ada@example.com"]
    row += ["+39 011 1234567", *[""] * 11]
    source = write(",".join(headers) + "\r\n" + ",".join(row) + "\r\n", "contacts.csv")
    ((number, record),) = source.rows()
    assert (number, record["E-mail 1 - Value"], record["Phone 1 - Value"]) == (
        2,
        "ada@example.com",
        "+39 011 1234567",
    )
    assert record["Notes"] == 'Met, in "Turin"\r\nCall: back'
    assert source.problems == ()


def test_the_key_is_the_first_column_by_name_and_none_where_it_repeats(write: Write) -> None:
    assert write("name,Customer ID,e-mail\nx,1,a\ny,2,b\n").key == "Customer ID"
    assert write("customer_id,id\n1,7\n2,7\n").key is None, "never another column by chance"
    assert write("id,e-mail\n1,a\n,b\n").key is None, "not filled"
    assert write("e-mail,name\na,b\n").key is None


def test_a_named_key_has_to_tell_the_rows_apart(write: Write) -> None:
    source = write("nr,id\n1,7\n2,7\n")
    source.use_key("nr")
    assert messages_of(source)[0][1]["key_properties"] == ["nr"]
    with pytest.raises(
        SourceFileError, match=r'column "id" of shop\.csv is empty in a row, or holds a value twice'
    ):
        source.use_key("id")
    with pytest.raises(SourceFileError, match=r'no column "no"\. It has "nr", "id"'):
        source.use_key("no")


def test_many_values_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from target_activecampaign.source_files import source_key  # noqa: PLC0415

    monkeypatch.setattr(source_key, "_COMPARED_AT_ONCE", 10)
    different, repeated = source_key.Uniqueness(), source_key.Uniqueness()
    for number in range(100):
        different.add(str(number))
        repeated.add(str(number % 99))
    assert (different.holds, repeated.holds) == (True, False)


def test_rejected_rows_are_the_records_that_they_were(write: Write) -> None:
    source = write(
        "id;e-mail;_reason;_detail;_source\n1;ada@example.com;email_invalid;no @;customers\n", "rejects.csv"
    )
    assert source.headers == ("id", "e-mail")
    assert source.is_part
    (_, schema), (_, record) = messages_of(source)
    assert (schema["stream"], record["stream"]) == ("customers", "customers")
    assert record["record"] == {"id": "1", "e-mail": "ada@example.com"}
    assert set(schema["schema"]["properties"]) == {"id", "e-mail"}


def test_rejected_rows_of_two_files_are_sent_apart(write: Write) -> None:
    words = refusal(write, "id,_source\n1,customers\n2,members\n", name="rejects.csv")
    assert 'rows of several files ("customers", "members", column _source)' in words


def test_some_rows_alone_keep_their_numbers(write: Write) -> None:
    lines = write("a\n1\n2\n3\n").messages({3}).read1().split(b"\n")
    assert [number for number, line in enumerate(lines, 1) if b"RECORD" in line] == [3]


def test_a_file_that_grows_while_it_is_read_is_noticed(write: Write) -> None:
    source = write("a\n1\n2\n")
    rows = source.rows()
    next(rows)
    with source.path.open("a") as file:
        file.write("3\n")
    with pytest.raises(SourceFileError, match=r"shop\.csv was changed while it was read"):
        list(rows)


def test_rows_are_streamed(write: Write) -> None:
    import tracemalloc  # noqa: PLC0415

    source = write("id,note\n" + "".join(f"{number},{'x' * 90}\n" for number in range(20_000)))
    assert source.count_rows() == 20_000
    tracemalloc.start()
    read = source.messages()
    while read.read1():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < source.path.stat().st_size / 2
