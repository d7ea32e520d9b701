"""Owns the rejects file: every rejected record, as a Singer stream that can be mended and piped in again.

It holds the content of records, so its owner alone may read it.
"""

from __future__ import annotations

import json
import typing as t

from singer_sdk.singerlib.json import deserialize_json, serialize_json

from target_activecampaign.reporting.record_file import RecordFile

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.contacts.contact import Origin, Rejection


class RejectsFile(RecordFile):
    """Writes SCHEMA and RECORD lines, the latter with `_rejected` beside `record`."""

    def __init__(self, path: Path) -> None:
        """Create the file, which the setting `rejects_path` names; see `RecordFile`."""
        super().__init__("rejects_path", path)
        self._last_schema: str | bytes | None = None

    def write(self, origin: Origin, rejection: Rejection) -> None:
        """Write a record, and before it its stream's SCHEMA unless that was written last.

        Raises:
            OutputError: If this or an earlier write failed.
        """
        self._raise_failure()
        if origin.source is None or origin.schema is None:
            return
        lines = [_mark(_text(origin.source), rejection)]
        if origin.schema != self._last_schema:
            lines.insert(0, _text(origin.schema))
            self._last_schema = origin.schema
        self.write_lines(lines)


def _mark(source: str, rejection: Rejection) -> str:
    """Put `_rejected` into a RECORD message, and leave the rest of it to the letter."""
    rejected = {"reason": rejection.reason.value, "detail": rejection.detail}
    if '"_rejected"' in source:  # piped in again, and rejected again
        message = deserialize_json(source)
        message["_rejected"] = rejected
        return serialize_json(message)
    return f'{source.removesuffix("}")},"_rejected":{json.dumps(rejected)}}}'


def _text(line: str | bytes) -> str:
    return (line.decode("utf-8-sig", "surrogatepass") if isinstance(line, bytes) else line).strip()
