"""Owns how a value that must not be seen, like the API key, is held and shown.

It must not know what the secret opens.
"""

from __future__ import annotations

HIDDEN = "***"


class Secret:
    """Holds a text and shows it only to those who ask by name.

    It is no dataclass and no string on purpose: `dataclasses.asdict`, `json.dumps`, f-strings and
    tracebacks that print local variables all miss the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for a request's header and for opening the ledger."""
        return self._value

    def __repr__(self) -> str:
        """Return the same three stars for every secret."""
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        """Return the same three stars for every secret."""
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        """Compare two secrets by value, so that equal settings are equal."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return hash((Secret, self._value))
