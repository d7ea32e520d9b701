"""Owns the fields of a structured log record: figures that no sentence has to be parsed for."""

from __future__ import annotations

import logging
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_RENAMED = {"created": "new"}
"""`created` is `logging`'s own: the time of a record."""

_OF_LOGGING = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_OF_THE_SDK = {"app_name", "level", "logger_name", "metric_info", "pid", "stream_name", "thread_name", "ts"}
_OF_MELTANO = {
    "cmd_type",
    "event",
    "job_name",
    "plugin_exception",
    "plugin_logger",
    "run_id",
    "stdio",
    "string_id",
    "timestamp",
}
RESERVED = _OF_LOGGING | _OF_THE_SDK | _OF_MELTANO
"""Names that `logging`, the SDK's formatter or Meltano's reader use themselves: `event` and `level` silence
a loader for the rest of its run, others raise or are lost."""


def log_fields(what: str, figures: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the `extra` of a log record.

    Args:
        what: The kind of record, which `jq` selects by.
        figures: Name to a value that JSON knows.

    Raises:
        ValueError: If a name is reserved.
    """
    fields = {"what": what, **{_RENAMED.get(name, name): value for name, value in figures.items()}}
    if taken := RESERVED & fields.keys():
        raise ValueError(f"reserved in log records: {sorted(taken)}")
    return fields
