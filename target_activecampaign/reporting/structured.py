"""Owns log records that carry figures as fields beside their text, so that no sentence has to be parsed.

The Singer SDK's formatter writes the fields of a record as `extra` of a JSON line. Meltano lifts them into
its own records, and some names break that: with an extra named `event` or `level` it drops the record and all
that follow. So those names are refused here.
"""

from __future__ import annotations

import logging
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping

INSTEAD = {"created": "new"}
"""Figures of the report whose names `logging` keeps for itself, and how a record calls them."""

OF_LOGGING = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Names that `logging` refuses, or that break what formats the record."""

OF_READERS = frozenset(
    {
        "event",
        "level",
        "app_name",
        "cmd_type",
        "job_name",
        "plugin_logger",
        "run_id",
        "stdio",
        "stream_name",
        "string_id",
        "timestamp",
    }
)
"""Names that Meltano loses, writes over or breaks at (seen with Meltano 4.4), or the SDK takes for itself."""


def log_fields(
    logger: logging.Logger, what: str, text: str, fields: Mapping[str, t.Any], level: int = logging.INFO
) -> None:
    """Log a text with fields for machines.

    Args:
        logger: Of the module that says it.
        what: What the record is, as its field `what`: `progress` or `run_ended`.
        text: For people; nothing in it is formatted.
        fields: JSON values by name; `created` is called `new` in the record.
        level: Of the record.

    Raises:
        ValueError: If a name of a field breaks a reader of the log.
    """
    extra = {"what": what, **{INSTEAD.get(name, name): value for name, value in fields.items()}}
    if bad := sorted(extra.keys() & (OF_LOGGING | OF_READERS)):
        raise ValueError(f"fields of a log record can't be called {', '.join(bad)}")
    logger.log(level, "%s", text, extra=extra)
