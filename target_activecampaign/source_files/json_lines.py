"""Owns how JSON lines are read: an object a line, its values as they are."""

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

_MARK = b"\xef\xbb\xbf"


def open_json_lines(path: Path, _delimiter: str | None, _encoding: str | None) -> JsonLinesFile:
    """Open JSON lines; see `open_source`."""
    return JsonLinesFile(path, Encoding("utf-8", "UTF-8"))


class JsonLinesFile(SourceFile):
    """A file with a JSON object a line; its columns are all names of the objects."""

    line_offset = 1  # the SCHEMA stands in a line of its own

    def __init__(self, path: Path, encoding: Encoding) -> None:
        """Read the names, for which all of the file is read."""
        super().__init__(path, encoding)
        names: dict[str, None] = {}
        for _, _, value in self._parse():
            names.update(dict.fromkeys(value))
        if not names:
            raise SourceFileError(f"{self.name} holds no object with names. Export it again")
        self.headers = tuple(names)

    def rows(self) -> Iterator[tuple[int, dict[str, t.Any]]]:
        """Yield the objects, as in `SourceFile`."""
        for number, _, value in self._parse():
            yield number, value

    def iterate_messages(self, only: Collection[int] | None = None) -> Iterator[bytes]:
        """Yield messages, as in `SourceFile`."""
        encode = msgspec.json.Encoder().encode
        schema = {
            "type": "SCHEMA",
            "stream": self.stream,
            "schema": {"type": "object", "properties": {name: {} for name in self.headers}},
            "key_properties": [self.key] if self.key else [],
        }
        yield encode(schema) + b"\n"
        start = b'{"type":"RECORD","stream":' + encode(self.stream) + b',"record":'
        next_line = 1
        for number, line, _ in self._parse():
            if only is not None and number not in only:
                continue
            yield b"\n" * (number - next_line) + start + line + b"}\n"
            next_line = number + 1

    def _parse(self) -> Iterator[tuple[int, bytes, dict[str, t.Any]]]:
        self._require_unchanged()
        decode = msgspec.json.Decoder().decode
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                line = (raw.removeprefix(_MARK) if number == 1 else raw).strip()
                if not line:
                    continue
                try:
                    value = decode(line)
                    line.decode()
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    raise self._no_object(number) from None
                if not isinstance(value, dict):
                    raise self._no_object(number)
                yield number, line, value
        self._require_unchanged()

    def _no_object(self, number: int) -> SourceFileError:
        return SourceFileError(
            f"{self.name}, line {number}: this is no JSON object. Write one object a line, all of it in UTF-8"
        )

    def _scan_file(self) -> Scan:
        candidate = self._key_candidate()
        values, count = Uniqueness(), 0
        for _, record in self.rows():
            count += 1
            if candidate is not None:
                values.add(record.get(candidate))
        return make_scan(count, candidate, values)
