"""Owns the brake: how many people may be taken off a list in one run (`max_removal_percent`)."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_name

if t.TYPE_CHECKING:
    from collections.abc import Callable

_EVERYBODY = 100
FEW = 10
"""People that the brake lets go however small the list is."""


class Brake:
    """Stops removals of more people than `max_removal_percent` of a list allows."""

    def __init__(self, most_percent: int, count_subscribers: Callable[[int], int | None]) -> None:
        """Prepare.

        Args:
            most_percent: As the setting `max_removal_percent`.
            count_subscribers: Number of a list's subscribers as the account counts them; `None` where it
                does not say.
        """
        self._most_percent = most_percent
        self._count_subscribers = count_subscribers

    def problem_of_words(self, list_id: int, leaving: int, by: str) -> str | None:
        """Return why this many people can't be taken off at the source's word, if so.

        Args:
            list_id: The list.
            leaving: People who would be taken off.
            by: What says that they leave, for the message.
        """
        if leaving <= FEW or self._most_percent >= _EVERYBODY:
            return None
        subscribers = self._count_subscribers(list_id)
        if subscribers is None:
            return (
                f"max_removal_percent: {leaving} contacts would be taken off list {list_id}, and "
                f"ActiveCampaign does not say how many are on it. If that is right, set it to 100 for one run"
            )
        return self._problem(list_id, leaving, subscribers, f"by {by}")

    def problem_of_leavers(
        self, list_id: int, leaving: int, members: int, empty_stream: str | None
    ) -> str | None:
        """Return why this many members can't be taken off, if so.

        Args:
            list_id: The list.
            leaving: Members that would be taken off.
            members: Members of the list before this run.
            empty_stream: A stream that brought nobody and whose members would be taken off, if any.
        """
        if not leaving or self._most_percent >= _EVERYBODY:
            return None
        if empty_stream is not None:
            return (
                f"max_removal_percent: stream {shown_name(empty_stream)!r} is empty, so {leaving} of "
                f"{members} contacts would be taken off list {list_id}. If that is right, set it to 100 for "
                f"one run"
            )
        return None if leaving <= FEW else self._problem(list_id, leaving, members, "by the mirror")

    def _problem(self, list_id: int, leaving: int, all_of_them: int, by: str) -> str | None:
        if 100 * leaving <= self._most_percent * all_of_them:
            return None
        share = f"{100 * leaving / all_of_them:.1f} %" if all_of_them else "all"
        return (
            f"max_removal_percent: {leaving} of {all_of_them} contacts ({share}) would be taken off list "
            f"{list_id} {by}. If that is right, raise the setting for one run"
        )
