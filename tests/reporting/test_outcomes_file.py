"""The file of outcomes says of each record once what became of it, in the order of its key's records."""

from __future__ import annotations

import datetime as dt
import typing as t
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.outcome_counts import outcomes_in

from target_activecampaign.contacts.contact import Origin
from target_activecampaign.errors import OutputError, SettingsError
from target_activecampaign.reporting.outcomes_file import OutcomesFile

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.reporting.outcomes_file import StreamOutcomes

SCHEMA = {"properties": {"id": {"type": ["integer", "null"]}}}
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc)


class Records:
    """A file of outcomes, and records in it by their place in the input."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = OutcomesFile(path, lambda: NOON)
        self.origins: list[Origin] = []
        self._streams: dict[str, StreamOutcomes] = {}

    def read(self, *keys: object, stream: str = "people") -> None:
        taking = self._streams.setdefault(stream, self.file.open_stream(stream, ["id"], SCHEMA, ()))
        for key in keys:
            self.origins.append(Origin(stream, len(self.origins)))
            taking.take_one(self.origins[-1], {"id": key})

    def end(self, *places: int, outcome: t.Any = "delivered", **more: t.Any) -> None:  # noqa: ANN401
        self.file.write([self.origins[place] for place in places], outcome, **more)

    def written(self) -> list[tuple[object, str]]:
        self.file.sync()
        return [(one["id"], one["outcome"]) for one in outcomes_in(self.path)]


@pytest.fixture
def records(tmp_path: Path) -> t.Iterator[Records]:
    records = Records(tmp_path / "outcomes")
    yield records
    if not records.file._is_closed:
        records.file.close()


def test_a_record_has_outcome_reason_import_and_time(records: Records) -> None:
    records.read(7)
    records.end(0, outcome="rejected", reason="too_large", import_id="import-1")
    records.file.sync()
    assert outcomes_in(records.path) == [
        {
            "stream": "people",
            "id": 7,
            "outcome": "rejected",
            "reason": "too_large",
            "import_id": "import-1",
            "at": "2026-01-01T12:00:00.000+00:00",
        }
    ]


def test_the_schema_of_a_stream_stands_once_before_its_records(records: Records) -> None:
    records.read(1, 2)
    records.read(3, stream="vip")
    records.read(None)
    records.end(0, 2, 1, 3)
    records.file.sync()
    kinds = [line[10:13] for line in records.path.read_text().splitlines()]
    assert kinds == ["SCH", "REC", "SCH", "REC", "REC", "SCH", "REC"]


def test_a_record_waits_for_an_earlier_one_of_its_key(records: Records) -> None:
    records.read(1, 2, 1, 1)
    records.end(2, outcome="rejected")
    records.end(1)
    assert records.written() == [(2, "delivered")]
    records.end(0)
    assert records.written() == [(2, "delivered"), (1, "delivered"), (1, "rejected")]
    records.end(3, outcome="superseded")
    assert records.written()[-1] == (1, "superseded")


def test_a_key_is_another_one_in_another_stream_and_null_is_none(records: Records) -> None:
    records.read(1, None, None)
    records.read(1, stream="vip")
    records.end(2, 3)
    assert records.written() == [(None, "delivered"), (1, "delivered")]


def test_what_has_no_outcome_at_the_end_is_unsettled(records: Records) -> None:
    records.read(1, 2, 1)
    records.end(2)
    records.file.close()
    assert [(one["id"], one["outcome"]) for one in outcomes_in(records.path)] == [
        (1, "unsettled"),
        (1, "delivered"),
        (2, "unsettled"),
    ]


def test_an_outcome_that_comes_after_the_end_changes_nothing(records: Records) -> None:
    records.read(1)
    records.file.close()
    records.end(0)
    assert len(outcomes_in(records.path)) == 1


def test_nothing_is_kept_of_records_whose_outcomes_are_written(records: Records) -> None:
    records.read(1, 1, 1, None, 2)
    records.end(1, 2, 3, 4, 0)
    file = records.file
    assert not any([file._records, file._first, file._behind])


@pytest.mark.parametrize("change", ["delete", "cut"])
def test_a_file_that_is_gone_or_cut_is_noticed_before_the_next_state(records: Records, change: str) -> None:
    records.read(1)
    records.end(0)
    records.file.sync()
    if change == "delete":
        records.path.unlink()
    else:
        records.path.write_bytes(b"")
    with pytest.raises(OutputError, match=r"outcomes_path: can't write .* while the run was writing"):
        records.file.sync()


def test_a_second_run_is_refused_the_file_of_the_first(records: Records) -> None:
    with pytest.raises(SettingsError, match=r"outcomes_path: .* is being written by another run"):
        OutcomesFile(records.path, lambda: NOON)


@settings(max_examples=20)
@given(steps=st.lists(st.tuples(st.sampled_from([1, 2, None]), st.integers(0, 5)), max_size=30))
def test_any_order_of_outcomes_leaves_each_record_once_and_a_key_s_records_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int | None, int]]
) -> None:
    records = Records(tmp_path_factory.mktemp("any") / "outcomes")
    without: list[int] = []
    for key, ended in steps:
        without.append(len(records.origins))
        records.read(key)
        if ended < len(without):
            place = without.pop(ended)
            records.end(place, reason=str(place))
    records.file.close()
    written = outcomes_in(records.path)
    assert Counter(one["id"] for one in written) == Counter(key for key, _ in steps)
    for key in (1, 2):
        places = [place for place, (own, _) in enumerate(steps) if own == key]
        reasons = [None if place in without else str(place) for place in places]
        assert [one["reason"] for one in written if one["id"] == key] == reasons
