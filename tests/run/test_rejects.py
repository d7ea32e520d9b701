"""In which form rejected records are kept follows from the setting's ending and from where they come."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.contacts.contact import Origin, Reason, Rejection
from target_activecampaign.errors import OutputError, SettingsError
from target_activecampaign.run.rejects import open_rejects
from target_activecampaign.source_files import open_source

if t.TYPE_CHECKING:
    from pathlib import Path

REJECTION = Rejection(Reason.EMAIL_INVALID, "e-mail: not an address")


def origin_of(record: str) -> Origin:
    return Origin("shop", 2, None, '{"type":"RECORD","stream":"shop","record":' + record + "}", "{}")


def test_a_csv_for_the_records_of_a_tap_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"rejects\.csv would be a CSV.*Name it rejects\.singer"):
        open_rejects(tmp_path / "rejects.csv", None)
    assert not list(tmp_path.iterdir())


def test_values_stand_in_the_rows_as_they_were(tmp_path: Path) -> None:
    source, path = tmp_path / "shop.csv", tmp_path / "rejects.CSV"
    source.write_text("a|b|c\n1|2|3\n")
    rows = open_rejects(path, open_source(source))
    rows.write(origin_of('{"a":"=1+1","b":"x|\\"y\\"\\r\\nz","c":null}'), REJECTION)
    rows.write(origin_of('["1","2","3","4"]'), REJECTION)
    rows.write(origin_of('["1"]'), REJECTION)
    rows.close()
    assert path.read_bytes().decode("utf-8-sig") == (
        "a|b|c|_reason|_detail|_source\r\n"
        '=1+1|"x|""y""\r\nz"||email_invalid|e-mail: not an address|shop\r\n'
        "1|2|3|email_invalid|the row has 4 cells, the header 3|shop|4\r\n"
        "1|||email_invalid|the row has 1 cell, the header 3|shop\r\n"
    )


def test_rows_that_somebody_took_away_are_noticed(tmp_path: Path) -> None:
    source, path = tmp_path / "shop.csv", tmp_path / "rejects.csv"
    source.write_text("a,b\n1,2\n")
    rows = open_rejects(path, open_source(source))
    rows.write(origin_of('{"a":"1","b":"2"}'), REJECTION)
    rows.sync()
    path.unlink()
    with pytest.raises(OutputError, match="rejects_path: can't write"):
        rows.sync()
    with pytest.raises(OutputError):
        rows.write(origin_of('{"a":"1","b":"2"}'), REJECTION)
    rows.close()
