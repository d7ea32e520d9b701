"""Rows of Parquet files as records: values of the same kinds as in JSON Lines, one row after another."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
import typing as t
from decimal import Decimal

import pyarrow as pa
import pytest
from fuzz.entries import FakeRun
from pyarrow import parquet

from target_activecampaign.errors import InputError
from target_activecampaign.singer.batch_files import iterate_rows
from target_activecampaign.singer.json_values import parse_json
from target_activecampaign.singer.parquet import iterate_parquet
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.contacts.contact import Contact, Origin, Rejection

UTC = dt.timezone.utc
SCHEMA: dict[str, t.Any] = {
    "properties": {
        "email": {"type": ["string", "null"]},
        "first_name": {"type": ["string", "null"]},
        "at": {"type": "string", "format": "date-time"},
    }
}


def rows_of(columns: dict[str, t.Any]) -> list[t.Any]:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return [parse_json(row) for row in iterate_parquet(file)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array(["Zo\u00eb", None]), "Zo\u00eb"),
        (pa.array([2**62, None]), 2**62),
        (pa.array([1.5, None]), Decimal("1.5")),
        (pa.array([True, None]), True),
        (pa.array([Decimal("1.10"), None]), Decimal("1.10")),
        (pa.array([dt.date(2024, 2, 29), None]), "2024-02-29"),
        (pa.array([dt.datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), None]), "2024-02-29T01:02:03Z"),
        (pa.array([1_709_168_523_000_000_001, None], pa.timestamp("ns", "UTC")), "2024-02-29T01:02:03Z"),
        (pa.array([dt.time(1, 2), None]), "01:02:00"),
        (pa.array([["a", None], None]), ["a", None]),
        (pa.array([{"city": "Bonn"}, None]), {"city": "Bonn"}),
        (pa.array([b"\xff", None]), "/w=="),
        (pa.array([float("nan"), None]), None),
        (pa.array(["a", None]).dictionary_encode(), "a"),
    ],
)
def test_values_are_those_of_json(column: pa.Array, value: object) -> None:
    assert rows_of({"a": column}) == [{"a": value}, {"a": None}]


def test_rows_come_a_few_at_a_time() -> None:
    file = io.BytesIO()
    parquet.write_table(pa.table({"a": list(range(100_000))}), file, row_group_size=100_000)
    before = pa.total_allocated_bytes()
    most = 0
    for number, row in enumerate(iterate_parquet(file)):
        assert number == json.loads(row)["a"]
        most = max(most, pa.total_allocated_bytes() - before)
    assert number == 99_999
    assert most < 3 * 2**20


class Outcomes(FakeRun):
    """Keeps what becomes of each record."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, int | None]] = []

    def deliver(self, contact: Contact, origin: Origin) -> None:
        super().deliver(contact, origin)
        self.seen.append((contact.email, origin.row))

    def set_aside(self, rejection: Rejection, origin: Origin) -> None:
        super().set_aside(rejection, origin)
        self.seen.append((rejection.reason.value, origin.row))


def read_batch(path: Path, format_: str = "parquet", compression: str | None = None) -> Outcomes:
    run = Outcomes()
    target = TargetActiveCampaign(
        config={"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    )
    target.current_run = t.cast("t.Any", run)
    encoding = {"format": format_, "compression": compression}
    messages = [
        {"type": "SCHEMA", "stream": "people", "schema": SCHEMA},
        {"type": "BATCH", "stream": "people", "encoding": encoding, "manifest": [path.as_uri()]},
    ]
    lines = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
    target.listen(t.cast("t.Any", io.BytesIO(lines)))
    return run


def test_each_row_has_its_outcome_as_in_json_lines(tmp_path: Path) -> None:
    at = dt.datetime(2024, 2, 29, tzinfo=UTC)
    table = pa.table({"email": ["ada@example.com", None, "bo@example.com"], "at": [at, at, None]})
    parquet.write_table(table, tmp_path / "rows.parquet", compression="gzip")
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(row, default=dt.datetime.isoformat) + "\n" for row in table.to_pylist())
    )
    seen = read_batch(tmp_path / "rows.parquet", compression="gzip").seen
    assert seen == [("ada@example.com", 1), ("email_missing", 2), ("bo@example.com", 3)]
    assert seen == read_batch(tmp_path / "rows.jsonl", "jsonl").seen


@pytest.mark.parametrize(
    ("keeps", "why"), [(0, "it is empty"), (100, "it is damaged, cut"), (-100, "it is damaged, cut")]
)
def test_a_broken_file_ends_the_run_by_its_line(tmp_path: Path, keeps: int, why: str) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"email": ["ada@example.com"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:keeps] if keeps else b"")
    words = f"line 2 of the input is a BATCH message whose file 1 can't be read: {why}"
    with pytest.raises(InputError, match=words):
        read_batch(path)


def test_a_broken_page_is_named_by_the_row_before_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = pa.table({"email": [f"person{number}@example.com" for number in range(2000)]})
    parquet.write_table(table, path, row_group_size=1000, use_dictionary=False, compression="none")
    data = bytearray(path.read_bytes())
    second = parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data[second : second + 40] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(
        InputError, match=r"file 1 can't be read: it is damaged.* no Parquet file\. .*, after row 1000"
    ):
        read_batch(path)


def test_without_the_extra_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"email": ["ada@example.com"]}), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    rows = iterate_rows({"format": "parquet"}, [path.as_uri()], None, InputError)
    with pytest.raises(InputError, match=r"needs an extra: .*install.*parquet\]"):
        next(rows)


def test_a_bit_that_flipped_is_noticed_where_pages_have_checksums(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = pa.table({"email": ["ada@example.com", "bob@example.com"]})
    parquet.write_table(
        table,
        path,
        write_page_checksum=True,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
    )
    content = bytearray(path.read_bytes())
    content[content.index(b"ada@")] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="file 1 can't be read: it is damaged, cut, or no Parquet file"):
        list(iterate_rows({"format": "parquet"}, [path.as_uri()], None, InputError))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**62, 0], pa.timestamp("us")),
        pa.array([2**62, 0], pa.timestamp("us", "UTC")),
        pa.array([2**40, 0], pa.timestamp("s")),
        pa.array([2**30, 0], pa.date32()),
    ],
)
def test_a_time_that_python_does_not_know_concerns_its_property_alone(column: pa.Array) -> None:
    first, second = rows_of({"email": ["ada@example.com", "bob@example.com"], "at": column})
    assert first["email"] == "ada@example.com"
    assert first["at"].isdigit()  # no time that it is not
    assert second["at"].startswith("1970-01-01")
