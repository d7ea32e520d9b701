"""A target on the bare SDK that does nothing at all: what the benchmarks compare with.

As a command: `python tests/benchmarks/bare_sdk_target.py --input FILE`.
"""

from __future__ import annotations

import typing as t

from singer_sdk import Target
from singer_sdk.sinks import RecordSink


class BareSink(RecordSink):
    """Takes records and forgets them."""

    def process_record(self, record: dict[str, t.Any], context: dict[str, t.Any]) -> None:
        """Do nothing."""


class BareTarget(Target):
    """The SDK's reader, validator and message loop, as they are by default."""

    name = "target-bare"
    config_jsonschema: t.ClassVar[dict[str, t.Any]] = {"properties": {}}
    default_sink_class = BareSink


if __name__ == "__main__":
    BareTarget.cli()
