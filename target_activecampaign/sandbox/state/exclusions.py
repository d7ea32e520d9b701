"""Addresses that the account does not want: exact ones and endings such as `@spam.example`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from target_activecampaign.sandbox.state.storage import Storage

MATCH_TYPES = ("exact", "end", "begin", "contains")
"""`exact` and `end` are shown in the exclusions reference; the others are assumed."""
CHANNELS = ("all", "allEmail", "allSms", "several")
"""Exclusions reference. `allSms` does not touch email imports (assumed)."""


class Exclusion(NamedTuple):
    """One rule: the phrase in lower case, how it matches, and the lists it is about (empty: all)."""

    phrase: str
    match_type: str
    lists: frozenset[int]

    def matches(self, address: str) -> bool:
        """Tell whether the rule is about `address`, given in lower case."""
        if self.match_type == "exact":
            return address == self.phrase
        if self.match_type == "end":
            return address.endswith(self.phrase)
        if self.match_type == "begin":
            return address.startswith(self.phrase)
        return self.phrase in address


class Rules:
    """Rules, sorted so that the usual ones are all tried at once however many there are."""

    def __init__(self, rules: Iterable[Exclusion]) -> None:
        exact, endings, others = set(), [], []
        for rule in rules:
            if rule.match_type == "exact" and not rule.lists:
                exact.add(rule.phrase)
            elif rule.match_type == "end" and not rule.lists:
                endings.append(rule.phrase)
            else:
                others.append(rule)
        self._exact, self._endings, self._others = exact, tuple(endings), others

    def exclude(self, address: str, lists: Iterable[int]) -> bool:
        """Tell whether `address`, given in lower case, is unwanted on `lists`."""
        if address in self._exact or address.endswith(self._endings):
            return True
        for rule in self._others:
            if rule.matches(address) and (not rule.lists or not rule.lists.isdisjoint(lists)):
                return True
        return False


class Exclusions:
    """The account's exclusion list."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(
        self, phrase: str, match_type: str = "exact", channel: str = "allEmail", lists: tuple[int, ...] = ()
    ) -> int:
        """Exclude addresses and return the rule's id.

        Raises:
            ValueError: The match type or the channel is none that the API knows.
        """
        if match_type not in MATCH_TYPES or channel not in CHANNELS:
            message = (
                f"an exclusion takes match type {', '.join(MATCH_TYPES)} and channel {', '.join(CHANNELS)}"
            )
            raise ValueError(message)
        return self._storage.write(
            "insert into exclusion (match_phrase, match_type, channel, lists) values (?, ?, ?, ?)",
            (phrase, match_type, channel, json.dumps(lists)),
        )

    def all(self) -> list[sqlite3.Row]:
        """Return every rule, oldest first."""
        return self._storage.rows("select * from exclusion order by id")

    def get(self, exclusion: int) -> sqlite3.Row | None:
        """Return one rule, or `None`."""
        return self._storage.row("select * from exclusion where id = ?", (exclusion,))

    def for_email(self) -> Rules:
        """Return the rules that email imports meet."""
        return Rules(
            Exclusion(row["match_phrase"].lower(), row["match_type"], frozenset(json.loads(row["lists"])))
            for row in self.all()
            if row["channel"] != "allSms"
        )
