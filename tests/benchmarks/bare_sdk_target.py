"""Owns the target that benchmarks compare with: the bare SDK, which reads, validates and forgets records.

As a command: `python tests/benchmarks/bare_sdk_target.py --input FILE`.
"""

from __future__ import annotations

import typing as t

from singer_sdk import Target
from singer_sdk.sinks import RecordSink


class BareSink(RecordSink):
    """A sink that forgets its records."""

    def process_record(self, record: dict[str, t.Any], context: dict[str, t.Any]) -> None:
        """Do nothing."""


class BareTarget(Target):
    """The SDK's default reader, validator and message loop."""

    name = "target-bare"
    config_jsonschema: t.ClassVar[dict[str, t.Any]] = {"properties": {}}
    default_sink_class = BareSink


if __name__ == "__main__":
    BareTarget.cli()
