"""Owns what is said of a stream's mapping: the values it leaves out, and properties that no record had.

It holds names of the settings and figures alone, no content of any record.
"""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.config.names import shown_text

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_activecampaign.reporting.report import StreamFigures

logger = logging.getLogger(__name__)

_MOST_SEARCHES = 20  # values of a field for which the nearest option is looked for, until one has any


class MappingNotes:
    """Counts and says it, for one stream."""

    def __init__(self, stream: str, figures: StreamFigures) -> None:
        """Start.

        Args:
            stream: As stream maps call it.
            figures: Of this stream.
        """
        self._stream = stream
        self._figures = figures
        self._searches: dict[str, int] = {}  # that are left, by field
        self._missing: dict[str, str] = {}
        self._found: set[str] = set()
        self._lacking: set[str] = set()

    def count_left_out(
        self, field: str, problem: str, find_nearest: Callable[[], str | None] | None = None
    ) -> None:
        """Count a value that a contact goes without, and say so once for each field.

        Args:
            field: As `field_mapping` calls it, `phone` or `custom_fields.City`.
            problem: What was expected of it; never the value.
            find_nearest: Returns the account's option that the value likely means. It takes its time.
        """
        self._figures.left_out[field] += 1
        is_first = field not in self._searches
        left = self._searches.setdefault(field, _MOST_SEARCHES)
        near = find_nearest() if find_nearest is not None and left else None
        self._searches[field] = 0 if near else max(0, left - 1)
        if is_first or near:
            logger.warning(
                "field_mapping.%s: a value of stream %r is left out, %s%s. The contact goes without it, "
                "and the report counts them (left_out)",
                shown_text(field),
                self._stream,
                problem,
                f"; the nearest is {near!r}" if near else "",
            )

    def expect(self, paths: Mapping[str, str]) -> None:
        """Expect records with these properties, by the field that they are mapped to."""
        self._missing.update({field: path for field, path in paths.items() if field not in self._found})

    def note_found(self, found: Iterable[str], lacking: Iterable[str]) -> None:
        """Note the fields whose properties a record has and lacks, of those not found yet."""
        self._lacking.update(lacking)
        for field in found:
            self._found.add(field)
            self._missing.pop(field, None)

    def warn_of_missing(self) -> None:
        """Warn of each mapped property that some records lacked, and none had; all were read."""
        for field, path in self._missing.items():
            if field not in self._lacking:
                continue
            logger.warning(
                "field_mapping.%s: no record of stream %r had %s, so nothing was written. Look at its "
                "spelling, and at what the tap sends: text that holds JSON is no object",
                shown_text(field),
                self._stream,
                shown_text(repr(path)),
            )
