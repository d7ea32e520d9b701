"""The end of a run is one record of the log, whose fields Meltano reads without parsing a sentence."""

from __future__ import annotations

import importlib
import io
import json
import logging
import typing as t

import pytest
from singer_sdk.logging import StructuredFormatter
from support.ended_runs import ended, runs

from target_activecampaign.reporting.run_ended import log_end
from target_activecampaign.reporting.structured import log_fields
from target_activecampaign.reporting.summary import log_line

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.reporting.report import ReportJson

RUNS = runs()
NEEDED = {"level", "pid", "logger_name", "ts", "thread_name", "app_name", "message"}
"""Without one of these Meltano takes a line as plain text."""

OF_MELTANO = {"event", "level", "name", "run_id", "job_name", "string_id", "stdio", "cmd_type", "timestamp"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what our loggers say, in the form that Meltano asks for."""
    logger, text = logging.getLogger("target_activecampaign"), io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(StructuredFormatter())
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield text
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.parametrize("name", sorted(RUNS))
def test_meltano_takes_the_record_as_structured_and_a_filter_reads_its_figures(
    name: str, log: io.StringIO
) -> None:
    report = RUNS[name]
    log_end(report)
    (line,) = log.getvalue().splitlines()
    record = json.loads(line)
    assert record.keys() >= NEEDED
    assert record["message"] == log_line(report)
    fields = record["extra"]  # which Meltano puts beside its own, so that jq reads `.delivered`
    assert fields["what"] == "run_ended"
    assert (fields["delivered"], fields["new"]) == (report["delivered"], report["created"])
    assert (fields["rejected"], fields["exit_code"]) == (report["rejected"], report["exit_code"])
    assert fields["streams"] == report["streams"]
    assert OF_MELTANO.isdisjoint(fields)
    unread = set(report) - set(fields) - {"created", "timeline", "import_seconds"}
    assert unread == set()


@pytest.mark.meltano
def test_the_reader_of_meltano_itself_takes_it(log: io.StringIO) -> None:
    parsers = importlib.import_module("meltano.core.logging.parsers")  # is not everywhere
    log_end(RUNS["done"])
    read = parsers.SingerSDKLogParser().parse(log.getvalue())
    assert read is not None
    assert (read.extra["what"], read.extra["delivered"], read.level) == ("run_ended", 3_120, logging.INFO)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("done", "info"),
        ("on_limit_stop", "warning"),
        ("exit_3_contract", "error"),
        ("exit_1_import", "error"),
    ],
)
def test_the_level_says_whether_the_run_failed(name: str, level: str, log: io.StringIO) -> None:
    log_end(RUNS[name])
    assert json.loads(log.getvalue())["level"] == level


def test_long_lists_stand_in_the_report_alone(log: io.StringIO) -> None:
    report: ReportJson = ended(stream={"read": 1}, timeline=[{"seconds": 1}] * 200, import_seconds=[])
    log_end(report)
    assert json.loads(log.getvalue())["extra"].keys().isdisjoint({"timeline", "import_seconds"})


@pytest.mark.parametrize("name", ["event", "level", "message", "name", "stream_name", "run_id", "args"])
def test_a_name_that_breaks_a_reader_of_the_log_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        log_fields(logging.getLogger("target_activecampaign.test"), "progress", "text", {name: 1})
