"""Owns what a setup needs of the target: to look at what a file would do, and to send it."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.source_files import SourceFile


class Previewed(t.NamedTuple):
    """What sending a file would do.

    Attributes:
        lines: Some rows beside what would be sent, for a person.
        report: Of the dry run.
    """

    lines: list[str]
    report: dict[str, t.Any]


class Engine(t.Protocol):
    """The target, in this process."""

    def preview(self, config: dict[str, t.Any], source: SourceFile) -> Previewed:
        """Return what sending a file would do; nothing is sent or written."""

    def send(
        self, config: dict[str, t.Any], source: SourceFile, *, is_trial: bool
    ) -> tuple[int, dict[str, t.Any]]:
        """Send a file; returns the exit code and the report.

        Args:
            config: With the key.
            source: The file.
            is_trial: Whether the caller says what came of it, so that the run says nothing.
        """
