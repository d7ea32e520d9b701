"""Owns how values of people are hidden in a preview that others may see."""

from __future__ import annotations

import typing as t

from target_activecampaign.cli.terminal import masked
from target_activecampaign.preview.change import Cause

if t.TYPE_CHECKING:
    from target_activecampaign.preview.change import Change
    from target_activecampaign.preview.shown import ShownRecord, ShownValue

_ABOUT_TEXT = frozenset({Cause.REJECTED, Cause.LEFT_OUT})


class Mask:
    """Hides values of people, or shows them as they are."""

    def __init__(self, *, hides: bool) -> None:
        """Start.

        Args:
            hides: Whether values are hidden.
        """
        self._hides = hides

    def text(self, text: str) -> str:
        """Return text of a record: an address as `a…@example.com`, of other text the first character."""
        return masked(text) if self._hides and text else text

    def sent(self, value: ShownValue) -> str:
        """Return what is sent for a value; what is the account's own, like an option, is of no person."""
        return value.sent if value.is_public else self.text(value.sent)

    def why(self, change: Change) -> str:
        """Return a reason, without the record's own text."""
        return change._replace(what=self.text(change.what)).text if change.is_of_record else change.text

    def key(self, record: ShownRecord, name: str) -> str:
        """Return the value of a record's key; one that is mapped is a value of a person."""
        is_mapped = any(value.column == name for value in record.values)
        text = record.key[name]
        return self.text(text) if is_mapped or "@" in text else text
