"""Reading Singer messages, line by line, without ever showing one.

The SDK's reader logs a line that it can't read, and raises it whole. This one names its number.
"""

from __future__ import annotations

import json
import sys
import typing as t
from collections import Counter

from singer_sdk.singerlib.encoding import GenericSingerReader
from singer_sdk.singerlib.json import deserialize_json

from target_activecampaign.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class MessageReader(GenericSingerReader[t.Any]):
    """Reads messages from lines of text or bytes.

    Attributes:
        line_number: Of the message that is being processed, from 1.
        line: The message as it came.
        guard_reading: Wraps the input, so that a signal can end a wait for the next line.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line_number = 0
        self.line: str | bytes = ""
        self.guard_reading: Callable[[Iterable[str | bytes]], Iterable[str | bytes]] = iter

    @property
    def default_input(self) -> t.IO[t.Any]:
        """Standard input, as bytes."""
        return sys.stdin.buffer

    def process_lines(
        self,
        file_input: t.IO[t.Any] | None,
        callbacks: dict[str, t.Callable[[dict[str, t.Any]], None]],
    ) -> t.Counter[str]:
        """Hand every message to the callback of its type; blank lines are skipped.

        Args:
            file_input: Lines; standard input where it is `None`.
            callbacks: Type of message to function.

        Returns:
            How many messages of each type there were.

        Raises:
            InputError: At the first line that is no Singer message.
        """
        counts: Counter[str] = Counter()
        for line in self.guard_reading(file_input or self.default_input):
            self.line_number += 1
            if not line.strip():
                continue
            self.line = line
            message = self.deserialize_json(line)
            kind = message.get("type")
            callback = callbacks.get(kind) if isinstance(kind, str) else None
            if callback is None:
                raise self.complaint("is no Singer message: its type is missing or unknown")
            callback(message)
            counts[t.cast("str", kind)] += 1
        return counts

    def deserialize_json(self, line: str | bytes) -> dict[str, t.Any]:
        """Read one line.

        Raises:
            InputError: If it is no JSON object.
        """
        try:
            message = deserialize_json(line)
        except (ValueError, RecursionError):
            raise self.complaint("is no JSON") from None
        if not isinstance(message, dict):
            raise self.complaint("is no JSON object")
        return message

    @staticmethod
    def serialize_name(name: str) -> bytes:
        """A name as a JSON string."""
        return json.dumps(name).encode()

    def require(self, message: dict[str, t.Any], **types: type) -> None:
        """Make sure that a message has what its type needs.

        Args:
            message: Of any type.
            types: Key to the type that its value must have.

        Raises:
            InputError: Naming the key.
        """
        for key, kind in types.items():
            if not isinstance(message.get(key), kind):
                raise self.complaint(
                    f"is a {message['type']} message whose {key!r} is missing or of the wrong type"
                )

    def complaint(self, what: str) -> InputError:
        """An error that names the line."""
        return InputError(
            f"line {self.line_number} of the input {what}. Look at the tap; nothing after it was read"
        )
