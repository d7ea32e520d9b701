"""Automations: the word on them where a run creates many contacts and nobody chose whether they run."""

from __future__ import annotations

import logging
from collections import Counter

logger = logging.getLogger(__name__)

_MANY = 100  # contacts created on one list; fewer are a usual day's


class AutomationsNotice:
    """Counts contacts that imports created, by list, and warns at the first list with many."""

    def __init__(self, *, is_chosen: bool, is_dry_run: bool) -> None:
        """Count from 0.

        Args:
            is_chosen: Whether `exclude_automations` is set, to whichever value: then nothing is said.
            is_dry_run: Whether the contacts are those that a run would create.
        """
        self._is_silent = is_chosen
        self._verb = "would create" if is_dry_run else "creates"
        self._created: Counter[int] = Counter()

    def count(self, list_id: int, created: int) -> None:
        """Count contacts that an import created on a list."""
        if self._is_silent:
            return
        self._created[list_id] += created
        if self._created[list_id] > _MANY:
            self._is_silent = True
            logger.warning(
                "exclude_automations: this run %s more than %d contacts on list %d, and the account's "
                "automations for new contacts run for each of them. Set it to true if that is not wanted, "
                "else to false",
                self._verb,
                _MANY,
                list_id,
            )
