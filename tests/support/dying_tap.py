"""A tap of the SDK (FULL_TABLE) that may die: `dying_tap.py ROWS ROWS_BETWEEN_STATES [ROWS_BEFORE_DEATH]`.

A tap of the SDK writes a STATE after each 10,000 records. This one runs in the environment of the tests.
"""

from __future__ import annotations

import sys
import typing as t

from singer_sdk import Stream, Tap
from singer_sdk import typing as th

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class People(Stream):
    rows: t.ClassVar[int]
    rows_before_death: t.ClassVar[int]
    name = "people"
    primary_keys = ("id",)
    schema: t.ClassVar[dict[str, t.Any]] = th.PropertiesList(
        th.Property("id", th.IntegerType), th.Property("email", th.StringType)
    ).to_dict()

    def get_records(self, context: Mapping[str, t.Any] | None) -> Iterator[dict[str, t.Any]]:
        for number in range(self.rows):
            if number == self.rows_before_death:
                raise ConnectionResetError
            yield {"id": number, "email": f"person{number}@example.com"}


class DyingTap(Tap):
    name = "dying-tap"
    config_jsonschema: t.ClassVar[dict[str, t.Any]] = {"properties": {}}

    def discover_streams(self) -> list[Stream]:
        return [People(self)]


if __name__ == "__main__":
    numbers = [int(argument) for argument in [*sys.argv[1:], "-1"]]
    People.rows, People.STATE_MSG_FREQUENCY, People.rows_before_death = numbers[:3]
    DyingTap.cli([])
