"""Owns the SDK's metrics of a load, beside the `record_count` of each sink: batches, requests, the job."""

from __future__ import annotations

import os
import threading
import typing as t

from singer_sdk.metrics import (
    Counter,
    Metric,
    Point,
    Status,
    Tag,
    Timer,
    batch_counter,
    get_metrics_logger,
    log,
)

if t.TYPE_CHECKING:
    from collections.abc import Mapping


class LoadMetrics:
    """Measures one load, from now on until `end`.

    A batch is an import: `batch_processing_time` is the time from its submission until it was seen to have
    ended, `batch_count` counts them by stream. `http_request_count` is by endpoint and status.
    """

    def __init__(self) -> None:
        """Start to measure."""
        self._timer = Timer(Metric.JOB_DURATION, {Tag.JOB_TYPE: "load"})
        self._batches: dict[str, Counter] = {}
        self._lock = threading.Lock()

    def end_import(self, stream: str, seconds: float) -> None:
        """Measure an import that ended; for use in any thread."""
        tags: dict[str, t.Any] = {Tag.STREAM: stream, Tag.STATUS: Status.SUCCEEDED, Tag.PID: os.getpid()}
        log(get_metrics_logger(), Point("timer", Metric.BATCH_PROCESSING_TIME, round(seconds, 3), tags))
        with self._lock:
            if stream not in self._batches:
                self._batches[stream] = batch_counter(stream)
            self._batches[stream].increment()

    def end(self, figures: Mapping[str, t.Any], exit_code: int) -> None:
        """Measure what is known at the end.

        Args:
            figures: As `Report.as_json` gives them; empty where the run did not begin.
            exit_code: The run's.
        """
        with self._lock:
            for counter in self._batches.values():
                counter.exit()
        for one in figures.get("requests_by", ()):
            tags = {Tag.ENDPOINT: one["endpoint"], Tag.HTTP_STATUS_CODE: one["status"]}
            with Counter(Metric.HTTP_REQUEST_COUNT, tags) as counter:
                counter.increment(one["requests"])
        self._timer.tags[Tag.STATUS] = Status.FAILED if exit_code else Status.SUCCEEDED
        self._timer.__exit__(None, None, None)
