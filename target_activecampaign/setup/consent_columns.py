"""Owns what a column says of who wants mail, and which words of it mean yes and no. Pure.

A column of consent is never left aside in silence. A word without a known meaning is asked for, not guessed.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.config.subscription_words import DEFAULT_WORDS, folded
from target_activecampaign.setup.headers import is_consent, is_opt_out

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.setup.columns import Column

_YES = "y ja oui si sí sì s vero wahr vrai verdadero waar x on t opted_in opted-in optin opt-in abonniert ok"
_NO = "n nein non nee falso falsch faux onwaar off f opted_out opted-out optout opt-out abgemeldet -"


class Wishes(t.NamedTuple):
    """The words of a column of consent.

    Attributes:
        column: Its header.
        yes: Words that mean that mail is wanted.
        no: Words that mean that it is not.
        unknown: Words without a known meaning.
        yes_count: Rows with the first kind.
        no_count: Rows with the second.
    """

    column: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    unknown: tuple[str, ...]
    yes_count: int
    no_count: int

    def decided(self, yes: Iterable[str]) -> Wishes:
        """Return the same with some unknown words as yes, and the others as no."""
        wanted = tuple(yes)
        others = tuple(word for word in self.unknown if word not in wanted)
        return self._replace(yes=self.yes + wanted, no=self.no + others, unknown=())

    def as_setting(self) -> dict[str, list[str]] | None:
        """Return the setting `subscription_words`; `None` where its defaults do."""
        halves = {True: self.yes, False: self.no}
        if all(
            {folded(word) for word in words} <= set(DEFAULT_WORDS[half]) for half, words in halves.items()
        ):
            return None
        setting = {}
        for half, words in halves.items():
            meant = [folded(word) for word in words]
            opposite = {folded(word) for word in halves[not half]}
            defaults = [word for word in DEFAULT_WORDS[half] if word not in opposite]
            setting["true" if half else "false"] = list(dict.fromkeys([*defaults, *meant]))
        return setting


def consent_columns(columns: Mapping[str, Column]) -> list[Column]:
    """Return the columns whose header sounds like consent, and which hold anything."""
    return [column for name, column in columns.items() if is_consent(name) and column.filled]


def read_wishes(column: Column) -> Wishes | None:
    """Return the words of a column; `None` where it holds more than a handful of them."""
    if not column.holds_few_words:
        return None
    yes_words = {*DEFAULT_WORDS[True], *_YES.split()}
    no_words = {*DEFAULT_WORDS[False], *_NO.split()}
    if is_opt_out(column.name):
        yes_words, no_words = no_words - {"unsubscribed"}, (yes_words - {"subscribed"}) | {"unsubscribed"}
    words = list(dict.fromkeys(folded(value) for value in column.values))
    yes = tuple(word for word in words if word in yes_words)
    no = tuple(word for word in words if word in no_words)
    unknown = tuple(word for word in words if word not in yes_words | no_words)
    counts = [
        sum(count for value, count in column.values.items() if folded(value) in some) for some in (yes, no)
    ]
    return Wishes(column.name, yes, no, unknown, counts[0], counts[1])
