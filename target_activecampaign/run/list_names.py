"""Owns which lists of the account the settings mean, by number or by name. Pure."""

from __future__ import annotations

import html
import typing as t
import unicodedata

from target_activecampaign.api.service_words import without_addresses
from target_activecampaign.config.names import nearest_name, shown_name, shown_text
from target_activecampaign.errors import Problem

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from target_activecampaign.api.responses import AccountList

_MOST_LISTS_SHOWN = 10
_LONGEST_NAME = 60
_ALL = "All lists: target-activecampaign lists"


def find_lists(names: Iterable[str], lists: Collection[AccountList]) -> tuple[dict[str, int], list[Problem]]:
    """Find the lists that the settings name.

    Args:
        names: As they stand in the settings.
        lists: All that the key may see.

    Returns:
        Name to number, and a sentence for each name that does not mean one list.
    """
    found: dict[str, int] = {}
    problems = []
    for name in names:
        numbers = sorted({one.id for one in _named(name, lists)})
        if len(numbers) == 1:
            found[name] = numbers[0]
        elif numbers:
            shown = ", ".join(map(str, numbers))
            problems.append(
                Problem(
                    "list_id",
                    f'several lists are called "{shown_name(name)}": {shown}',
                    "write the number of the one that you mean",
                    map(str, numbers),
                )
            )
        else:
            problems.append(_unknown(f'"{shown_name(name)}"', _nearest(name, lists), lists))
    return found, problems


def problems_of_lists(list_ids: Iterable[int], lists: Collection[AccountList]) -> list[Problem]:
    """Return what is wrong with lists as places for contacts, a sentence for each.

    Args:
        list_ids: Of the settings.
        lists: All that the key may see.
    """
    by_number = {one.id: one for one in lists}
    problems = []
    for list_id in list_ids:
        one = by_number.get(list_id)
        if one is None:
            namesake = next(iter(_named(str(list_id), lists)), None)
            problems.append(_unknown(str(list_id), namesake, lists))
        elif not one.is_for_email:
            problems.append(
                Problem(
                    "list_id",
                    f"list {list_id} ({shown_list(one)}) is for {shown_text(one.channel, _LONGEST_NAME)}, "
                    "not for email: to be on it counts as consent that nobody gave",
                    f"choose one of these: {_known(lists)}",
                )
            )
    return problems


def _unknown(meant: str, near: AccountList | None, lists: Iterable[AccountList]) -> Problem:
    """Return the problem of a list that the account has not, with the nearest one or else what it has."""
    what = f"the account has no list {meant} that this key may see"
    if near is None:
        return Problem("list_id", what, f"It has: {_known(lists)}. {_ALL}")
    return Problem(
        "list_id", what, f"Nearest: {shown_list(near)} ({near.id}). {_ALL}", [without_addresses(near.name)]
    )


def _named(name: str, lists: Iterable[AccountList]) -> Sequence[AccountList]:
    """Return the lists of a name: to the letter, else as a person reads it."""
    lists = list(lists)
    exact = [one for one in lists if one.name == name]
    return exact or [one for one in lists if _as_read(one.name) == _as_read(name)]


def _as_read(name: str) -> str:
    """Return a name as a page shows it: accents composed, blanks as one, HTML's escapes read."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(name)).split())


def _nearest(name: str, lists: Iterable[AccountList]) -> AccountList | None:
    by_name = {one.name: one for one in lists if one.is_for_email}
    near = nearest_name(name, by_name)
    return None if near is None else by_name[near]


def _known(lists: Iterable[AccountList]) -> str:
    usable = sorted((one for one in lists if one.is_for_email), key=lambda one: one.id)[:_MOST_LISTS_SHOWN]
    return ", ".join(f"{one.id} {shown_list(one)}" for one in usable) or "none"


def shown_list(one: AccountList) -> str:
    """Return the name of a list in quotes: somebody may have written an address into it."""
    return f'"{shown_text(without_addresses(one.name), _LONGEST_NAME)}"'
