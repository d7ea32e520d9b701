"""A report is found by the pattern of `report_path`, and what is none says what it is and what to do."""

from __future__ import annotations

import json
import os
import typing as t

import pytest
from support.made_up_reports import good_night, old

from target_activecampaign.errors import InputError
from target_activecampaign.reporting.report_reading import newest_report, read_report

if t.TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, content: object, *, age: int = 0) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))
    return path


@pytest.mark.parametrize("make", [good_night, old])
def test_a_report_is_read(tmp_path: Path, make: t.Callable[[], dict[str, t.Any]]) -> None:
    assert read_report(write(tmp_path / "report.json", make())) == make()


def test_the_newest_of_a_pattern_is_found(tmp_path: Path) -> None:
    write(tmp_path / "of 2026-11-28.json", old(), age=200)
    newest = write(tmp_path / "of 2026-11-29.json", old(), age=100)
    write(tmp_path / "another.json", old())
    assert newest_report(tmp_path / "of {time}.json") == newest
    assert newest_report(tmp_path / "of 2026-11-28.json").name == "of 2026-11-28.json"


def test_signs_of_a_pattern_in_a_folder_s_name_mean_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "[a]*"
    folder.mkdir()
    (tmp_path / "a").mkdir()
    write(tmp_path / "a" / "1.json", old())
    with pytest.raises(InputError):
        newest_report(folder / "{time}.json")
    one = write(folder / "1.json", old())
    assert newest_report(folder / "{time}.json") == one


def test_of_a_folder_the_newest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "1.json", old() | {"display_name": "first"}, age=10)
    write(tmp_path / "2.json", old() | {"display_name": "second"})
    assert read_report(tmp_path)["display_name"] == "second"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: its run did not come to its end."),
        ("<!DOCTYPE html>", "is a page, not a report. Open it, or name the .json file beside it."),
        ('{"read": 1,\n "x" 2}', "is no report of a run: it is no JSON (line 2, column 6). Name the file"),
        ("[1]", "is no report of a run: it is no JSON object."),
        ("[" * 100_000, "is no report of a run: its JSON can't be read. Name"),
        (old() | {"seconds": float("inf")}, "is no report of a run: its JSON can't be read."),
        (json.dumps(old()).replace("}", ', "seconds": 1e999}', 1), "is no report of a run: its JSON"),
        (old() | {"people": float("nan")}, "is no report of a run: its JSON can't be read."),
        (old() | {"read": 10**400}, "is no report of a run: its JSON can't be read."),
        ({"read": 1, "rejected": {}}, "is no report of a run: it has no started_at, no exit_code."),
        (
            old() | {"schema": 2},
            "was written by a newer version of the loader (form 2; this one reads 1). Update:",
        ),
    ],
)
def test_what_is_no_report_says_what_it_is(tmp_path: Path, content: object, said: str) -> None:
    path = write(tmp_path / "report.json", content)
    with pytest.raises(InputError) as raised:
        read_report(path)
    assert str(raised.value).startswith(f"{path} {said}")


def test_a_missing_file_names_the_reports_beside_it(tmp_path: Path) -> None:
    names = [str(write(tmp_path / f"{number}.json", old(), age=number)) for number in range(7)]
    write(tmp_path / "other.json", {})
    with pytest.raises(InputError) as raised:
        read_report(tmp_path / "9.json")
    beside = f"Reports beside it: {', '.join(names[:5])} and 2 more."
    assert str(raised.value) == f"There is no file {tmp_path / '9.json'}. {beside}"


def test_a_missing_file_beside_nothing_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Name the file that report_path wrote\.$"):
        read_report(tmp_path / "nowhere" / "9.json")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with path.open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(InputError, match="has over 16 MiB"):
        read_report(path)


def test_a_file_that_may_not_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "report.json", old())

    def refuse(_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(InputError, match=r"report\.json can't be read: Permission denied\."):
        read_report(path)
