"""Owns the addresses that the account excludes: exact ones, and endings like `@spam.example`."""

from __future__ import annotations

import json
import typing as t

from target_activecampaign.sandbox.state.table import Table

if t.TYPE_CHECKING:
    from collections.abc import Iterable

MATCH_TYPES = ("exact", "end", "begin")
"""`exact` and `end` are shown in the exclusions reference. The help centre has a third, assumed to be called
`begin`."""
CHANNELS = ("all", "allEmail", "email", "allSms", "several")
"""Exclusions reference, `email` in one example only. `allSms` does not touch email imports (assumed)."""


class Exclusion(t.NamedTuple):
    """One rule: the phrase in lower case, its match type, and its lists (empty for all)."""

    phrase: str
    match_type: str
    lists: frozenset[int]

    def matches(self, address: str) -> bool:
        """Tell whether the rule matches `address`, given in lower case."""
        if self.match_type == "exact":
            return address == self.phrase
        if self.match_type == "end":
            return address.endswith(self.phrase)
        return address.startswith(self.phrase)


class ExclusionRules:
    """Rules, grouped so that any number of the usual ones is tested at once."""

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
        """Tell whether a rule excludes `address`, given in lower case, from `lists`."""
        if address in self._exact or address.endswith(self._endings):
            return True
        for rule in self._others:
            if rule.matches(address) and (not rule.lists or not rule.lists.isdisjoint(lists)):
                return True
        return False


class Exclusions(Table):
    """The account's exclusion list."""

    name = "exclusion"

    def add(
        self, phrase: str, match_type: str = "exact", channel: str = "allEmail", lists: tuple[int, ...] = ()
    ) -> int:
        """Exclude addresses and return the rule's id.

        Raises:
            ValueError: The API does not know the match type or the channel.
        """
        if match_type not in MATCH_TYPES or channel not in CHANNELS:
            raise ValueError(
                f"an exclusion takes match type {', '.join(MATCH_TYPES)} and channel {', '.join(CHANNELS)}"
            )
        return self._storage.write(
            "insert into exclusion (match_phrase, match_type, channel, lists) values (?, ?, ?, ?)",
            (phrase, match_type, channel, json.dumps(lists)),
        )

    def for_email(self) -> ExclusionRules:
        """Return the rules for email imports."""
        return ExclusionRules(
            Exclusion(row["match_phrase"].lower(), row["match_type"], frozenset(json.loads(row["lists"])))
            for row in self.all()
            if row["channel"] != "allSms"
        )
