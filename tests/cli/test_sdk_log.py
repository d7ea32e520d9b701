"""People see none of the SDK's noise, and its metrics where they asked for them."""

from __future__ import annotations

import io
import json
import logging
import typing as t

import pytest
from singer_sdk.metrics import get_metrics_logger

from target_activecampaign.cli.sdk_log import quiet_sdk
from target_activecampaign.cli.sdk_metrics import LoadMetrics
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = {"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
NOISE = ("Skipping parse of env var", "Parsing env var", "completed processing")
FIGURES: dict[str, t.Any] = {
    "requests_by": [
        {"endpoint": "POST /import/bulk_import", "status": 200, "requests": 4},
        {"endpoint": "GET /import/info", "status": None, "requests": 1},
    ]
}
OURS, METRICS = TargetActiveCampaign.logger, get_metrics_logger()


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    before = [(logger, logger.level, list(logger.filters)) for logger in (OURS, METRICS)]
    METRICS.setLevel(logging.NOTSET)
    for logger, _, _ in before:
        logger.filters.clear()  # as commands of other tests leave them
    yield
    for logger, level, filters in before:
        logger.setLevel(level)
        logger.filters[:] = filters


def log_of_a_run(level: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> str:
    """Return what a target logs at a level that reads nothing, with the metrics of a load."""
    monkeypatch.setenv("TARGET_ACTIVECAMPAIGN_LOGLEVEL", level)
    OURS.setLevel(level)
    for from_environment in (False, True):
        target = TargetActiveCampaign(config=CONFIG, parse_env_config=from_environment)
    monkeypatch.setattr(TargetActiveCampaign, "process_endofpipe", lambda _: None)
    target.listen(t.cast("t.Any", io.BytesIO()))
    OURS.info("kept")
    metrics = LoadMetrics()
    metrics.end_import("people", 2.5)
    metrics.end(FIGURES, exit_code=0)
    return caplog.text


def test_the_sdk_still_says_all_of_it_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    text = log_of_a_run("INFO", monkeypatch, caplog)
    assert [words for words in (*NOISE, "METRIC") if words not in text] == []


def test_the_noise_and_the_metrics_are_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quiet_sdk(TargetActiveCampaign.name)
    assert log_of_a_run("INFO", monkeypatch, caplog).count("\n") == 1
    assert "kept" in caplog.text


def test_both_are_there_at_debug(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    quiet_sdk(TargetActiveCampaign.name)
    text = log_of_a_run("DEBUG", monkeypatch, caplog)
    assert [words for words in (*NOISE, "METRIC") if words not in text] == []


def test_metrics_are_there_where_a_configuration_of_the_log_names_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    METRICS.setLevel(logging.INFO)
    quiet_sdk(TargetActiveCampaign.name)
    text = log_of_a_run("INFO", monkeypatch, caplog)
    assert not any(words in text for words in NOISE)
    told = [message for message in caplog.messages if "METRIC" in message]
    points = [json.loads(message.partition("METRIC: ")[2]) for message in told]
    assert [(point["type"], point["metric"], point["value"]) for point in points[:-1]] == [
        ("timer", "batch_processing_time", 2.5),
        ("counter", "batch_count", 1),
        ("counter", "http_request_count", 4),
        ("counter", "http_request_count", 1),
    ]
    tags = [{name: tag for name, tag in point["tags"].items() if name != "pid"} for point in points]
    assert tags == [
        {"stream": "people", "status": "succeeded"},
        {"stream": "people"},
        {"endpoint": "POST /import/bulk_import", "http_status_code": 200},
        {"endpoint": "GET /import/info", "http_status_code": None},
        {"job_type": "load", "status": "succeeded"},
    ]
    assert points[-1]["metric"] == "job_duration"


@pytest.mark.parametrize(("exit_code", "status"), [(0, "succeeded"), (3, "failed")])
def test_a_load_that_failed_says_so(exit_code: int, status: str, caplog: pytest.LogCaptureFixture) -> None:
    METRICS.setLevel(logging.INFO)
    LoadMetrics().end({}, exit_code)
    (message,) = caplog.messages
    assert f'"status":"{status}"' in message
