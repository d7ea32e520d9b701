"""Fields of a log record have names that `logging`, the SDK and Meltano take."""

from __future__ import annotations

import datetime as dt
import json
import logging
import typing as t

import pytest
from singer_sdk.logging import StructuredFormatter
from support.quick_target import captured_log

from target_activecampaign.reporting.progress import Progress
from target_activecampaign.reporting.report import Report
from target_activecampaign.reporting.structured import log_fields

NOW = dt.datetime(2026, 5, 19, 12, tzinfo=dt.timezone.utc)
REPORT = Report("Shop", NOW).as_json(ended_at=NOW, requests=0, waited_seconds=0, exit_code=0)
FIELDS: dict[str, dict[str, t.Any]] = {"progress": Progress(1).as_fields(), "run_ended": REPORT}


def logged(what: str, fields: dict[str, t.Any]) -> dict[str, t.Any]:
    with captured_log(StructuredFormatter()) as log:
        log_fields(logging.getLogger("target_activecampaign.test"), what, "100 % of {them}", fields)
    found: dict[str, t.Any] = json.loads(log.getvalue())
    return found


@pytest.mark.parametrize("what", FIELDS)
def test_all_our_records_with_fields_are_read_back_from_a_json_log(what: str) -> None:
    record = logged(what, FIELDS[what])
    assert record["message"] == "100 % of {them}"
    assert record["extra"]["what"] == what
    lost = {name for name in FIELDS[what] if name not in record["extra"]}
    assert lost == {"created"} & FIELDS[what].keys()
    assert ("created" in FIELDS[what]) == ("new" in record["extra"])


@pytest.mark.parametrize("what", FIELDS)
def test_no_field_of_ours_has_a_name_that_silences_meltano(what: str) -> None:
    """With Meltano 4.4, an extra named `event` or `level` makes all that follows vanish."""
    names = logged(what, FIELDS[what])["extra"].keys()
    lost = {"event", "level", "timestamp", "name", "run_id", "job_name", "string_id", "stdio", "cmd_type"}
    assert names.isdisjoint(lost)


@pytest.mark.parametrize("name", ["event", "level", "message", "name", "stream_name", "run_id", "args"])
def test_a_name_that_breaks_a_reader_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        log_fields(logging.getLogger("target_activecampaign.test"), "progress", "text", {name: 1})
