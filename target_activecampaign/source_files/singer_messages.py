"""Owns how a file of Singer messages is read: as it is, by its records for those who look at rows."""

from __future__ import annotations

import typing as t

import msgspec

from target_activecampaign.errors import SourceFileError
from target_activecampaign.source_files.encoding import Encoding
from target_activecampaign.source_files.source_file import SourceFile, make_scan
from target_activecampaign.source_files.source_key import Uniqueness

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from target_activecampaign.source_files.source_file import Scan


def open_singer(path: Path, _delimiter: str | None, _encoding: str | None) -> SingerMessagesFile:
    """Open a file of Singer messages; see `open_source`."""
    return SingerMessagesFile(path, Encoding("utf-8", "UTF-8"))


class SingerMessagesFile(SourceFile):
    """A file of Singer messages; its columns are the properties of its first SCHEMA."""

    has_rows = False  # its places are lines of messages

    def __init__(self, path: Path, encoding: Encoding) -> None:
        """Read the first SCHEMA.

        Raises:
            SourceFileError: If there is none.
        """
        super().__init__(path, encoding)
        schema = next((value for _, value in self._parse() if value.get("type") == "SCHEMA"), None)
        if schema is None:
            raise SourceFileError(f"{self.name} holds no SCHEMA message. Write the output of a tap into it")
        self.stream = str(schema.get("stream", self.stream))
        properties = (schema.get("schema") or {}).get("properties") or {}
        self.headers = tuple(properties)
        keys = schema.get("key_properties") or []
        self._own_key: str | None = keys[0] if len(keys) == 1 else None

    def rows(self) -> Iterator[tuple[int, dict[str, t.Any]]]:
        """Yield the records of the first stream, as in `SourceFile`."""
        for number, value in self._parse():
            if value.get("type") == "RECORD" and value.get("stream") == self.stream:
                record = value.get("record")
                if isinstance(record, dict):
                    yield number, record

    def iterate_messages(self, only: Collection[int] | None = None) -> Iterator[bytes]:
        """Yield the lines as they are; those of other records than `only` names are blank."""
        self._require_unchanged()
        if only is None:
            with self.path.open("rb") as file:
                yield from file
        else:
            for number, value in self._parse():
                is_left_out = value.get("type") == "RECORD" and number not in only
                yield b"\n" if is_left_out else msgspec.json.encode(value) + b"\n"
        self._require_unchanged()

    def _parse(self) -> Iterator[tuple[int, dict[str, t.Any]]]:
        self._require_unchanged()
        decode = msgspec.json.Decoder().decode
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    value = decode(line)
                except (msgspec.DecodeError, RecursionError):
                    value = None
                if not isinstance(value, dict):
                    raise SourceFileError(
                        f"{self.name}, line {number}: this is no Singer message. For a table, save it as .csv"
                    )
                yield number, value
        self._require_unchanged()

    def _scan_file(self) -> Scan:
        candidate, values, count = self._named_key or self._own_key, Uniqueness(), 0
        for _, record in self.rows():
            count += 1
            if candidate is not None:
                values.add(record.get(candidate))
        return make_scan(count, candidate, values)
