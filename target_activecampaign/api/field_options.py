"""Owns the reading of custom fields' options, which stand beside the fields of each page. Pure.

Options that are missing, or that can't be read for sure, are unknown: then nothing says that a value is none.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from target_activecampaign.api.responses import read_object
from target_activecampaign.contacts.custom_fields import FieldOption

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.api.responses import Response
    from target_activecampaign.contacts.custom_fields import CustomField


class FieldOptions:
    """The options that the pages of `GET /fields` told (custom fields reference)."""

    def __init__(self) -> None:
        """Start without any."""
        self._found: dict[str, dict[str, FieldOption]] = {}  # by the ids of field and option
        self._expected: dict[str, set[str]] = {}  # ids of options, by the field's
        self._has_unreadable = False

    def note(self, response: Response) -> None:
        """Read the options of a page, whose fields were read without trouble."""
        page = read_object(response)
        for field in _objects(page.get("fields")):
            ids = field.get("options")
            if isinstance(ids, list):
                self._expected[str(field.get("id"))] = set(map(str, ids))
        for option in _objects(page.get("fieldOptions")):
            self._note_option(option)

    def _note_option(self, option: dict[str, t.Any]) -> None:
        field, option_id = option.get("field"), option.get("id")
        value, label = _text(option.get("value")), _text(option.get("label"))
        value = label if "value" not in option else value
        label = value if "label" not in option else label
        if field is None or value is None or label is None:
            self._has_unreadable = True
            return
        key = value if option_id is None else str(option_id)
        self._found.setdefault(str(field), {})[key] = FieldOption(value, label)

    def added_to(self, field: CustomField) -> CustomField:
        """Return a field with its options, where all of them are known."""
        found = self._found.get(str(field.id), {})
        expected = self._expected.get(str(field.id))
        is_whole = not self._has_unreadable if expected is None else expected <= found.keys()
        # One without a value stands for no choice ("Please select"): it is told, and nothing means it.
        options = tuple(option for option in found.values() if option.value.strip())
        return replace(field, options=options) if options and is_whole else field


def _objects(items: object) -> Iterator[dict[str, t.Any]]:
    values = items.values() if isinstance(items, dict) else items  # by id or by number
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        return
    for item in t.cast("t.Iterable[object]", values):
        yield item if isinstance(item, dict) else {}


def _text(value: object) -> str | None:
    """Return text, or a number as text; `None` for anything else."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
