"""Owns which names of the settings `streams` and `stream_maps` the input's streams have matched.

A name that matches nothing is a mistake, not an intent. It must not know a record.
"""

from __future__ import annotations

import fnmatch
import logging
import typing as t

from target_activecampaign.config.names import nearest_name, shown_name
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from target_activecampaign.config.settings import Settings

logger = logging.getLogger(__name__)

_MOST_NAMED = 10
_PATTERN = frozenset("*?[")


class StreamMatching:
    """Notes the streams of a run.

    Attributes:
        has_exported: Whether the SCHEMA of a stream came that is exported, or that tests the connection.
    """

    def __init__(self, settings: Settings) -> None:
        """Start without streams."""
        self._settings = settings
        self._of_tap: dict[str, None] = {}
        self._mapped: dict[str, None] = {}
        self.has_exported = False

    def note_schema(self, stream: str) -> None:
        """Note a stream of the input, as the tap calls it."""
        self._of_tap[stream] = None

    def note_mapped(self, stream: str, *, is_exported: bool) -> None:
        """Note a stream that stream maps do not leave out, as they call it."""
        self._mapped[stream] = None
        self.has_exported |= is_exported

    def sources_of(self, name: str) -> tuple[set[str], bool]:
        """Return the tap's streams that stream maps give a name by theirs, and whether there may be others.

        Args:
            name: As stream maps call it.
        """
        sources: set[str] = set()
        is_open = False
        for key, entry in (self._settings.sdk.get("stream_maps") or {}).items():
            if not isinstance(entry, dict):
                continue
            alias = str(entry.get("__alias__", ""))
            source = entry.get("__source__", key if alias.strip("'\" ") == name else None)
            if "__source__" in entry and key != name:
                continue
            if source is None:
                is_open |= "__stream_name__" in alias
            elif _PATTERN.isdisjoint(source):
                sources.add(source)
            else:
                is_open = True
        return sources, is_open

    def warn(self) -> None:
        """Warn of each name that no stream of the input matched."""
        for problem in self._unmatched():
            logger.warning("%s", problem)

    def judge(self, not_exported: int) -> SettingsError | None:
        """Return why a run has failed whose records are all of streams that are not exported.

        Args:
            not_exported: Number of records that were ignored or left out by stream maps.
        """
        if self.has_exported or not not_exported:
            return None
        cause = "streams: matches no stream" if self._mapped else "stream_maps: leaves out every stream"
        what = (
            f"{cause} of the input, so none of its {not_exported} records was exported, and no STATE was "
            f"passed on. Mend the names, then run again"
        )
        return SettingsError([what, *self._unmatched()])

    def _unmatched(self) -> Iterator[str]:
        """Yield a sentence for each name in the settings that no stream of the input matched."""
        if not self._of_tap:
            return
        matched = {self._settings.entry_for(stream) for stream in self._mapped}
        # Where stream maps leave out every stream, the names in `streams` had none to match.
        for name, _ in self._settings.exports if self._mapped else ():
            if name not in matched:
                yield _sentence("streams", name, name, self._mapped)
        for name, entry in (self._settings.sdk.get("stream_maps") or {}).items():
            source = entry.get("__source__", name) if isinstance(entry, dict) else name
            is_used = any(stream == source or fnmatch.fnmatch(stream, source) for stream in self._of_tap)
            if name != "__else__" and not is_used:
                yield _sentence("stream_maps", name, source, self._of_tap)


def _sentence(setting: str, name: str, wanted: str, streams: Collection[str]) -> str:
    near = nearest_name(wanted, streams)
    if near is not None:
        remedy = f"; did you mean {shown_name(near)}?"
    elif streams:
        shown = ", ".join(shown_name(stream) for stream in list(streams)[:_MOST_NAMED])
        more = ", …" if len(streams) > _MOST_NAMED else ""
        remedy = f"; the input has {shown}{more}"
    else:
        remedy = ""
    return f"{setting}.{shown_name(name)}: no stream of the input matches it{remedy}"
