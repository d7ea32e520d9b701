"""Owns what a column says of who wants mail, and which words of it mean yes and no. Pure.

A column of consent is never left aside in silence. A word without a known meaning is asked for, not guessed.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.config.subscription_words import DEFAULT_WORDS, EMPTY, folded
from target_activecampaign.setup.consent_headers import is_refusal, is_understood, sounds_like_consent
from target_activecampaign.setup.headers import is_consent

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.setup.columns import Column

_YES = "y ja oui si sí sì s vero wahr vrai verdadero waar x on t opted_in opted-in optin opt-in abonniert ok"
_NO = (
    "n nein non nee falso falsch faux onwaar off f opted_out opted-out optout opt-out abgemeldet revoked "
    "withdrawn denied declined"
)
_STATES_OF_NO = frozenset(
    {"unsubscribed", "cleaned", "opted_out", "opted-out", "opted out", "optout", "opt-out", "abgemeldet"}
)
"""Words that name a no by themselves, whatever the header says."""
_STATES_OF_YES = frozenset({"subscribed", "opted_in", "opted-in", "opted in", "optin", "opt-in", "abonniert"})
_UNCLEAR = "active"
"""Below a header like `unsubscribed` it may be the person, or the wish to leave."""


class Wishes(t.NamedTuple):
    """The words of a column of consent.

    Attributes:
        column: Its header.
        yes: Words that mean that mail is wanted.
        no: Words that mean that it is not.
        unknown: Words without a known meaning.
        yes_count: Rows with the first kind.
        no_count: Rows with the second.
        silent_count: Rows that say neither.
        empty_count: Rows whose cell is empty.
    """

    column: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    unknown: tuple[str, ...]
    yes_count: int
    no_count: int
    silent_count: int = 0
    empty_count: int = 0

    def as_setting(self) -> dict[str, list[str]] | None:
        """Return the setting `subscription_words`; `None` where its defaults do.

        Words that the file does not hold yet mean what they mean below such a header.
        """
        halves = {True: self.yes, False: self.no}
        meant = {half: [folded(word) for word in words] for half, words in halves.items()}
        defaults = [*DEFAULT_WORDS[True], *DEFAULT_WORDS[False]]
        setting = {}
        for half, words in meant.items():
            usual = [word for word in defaults if _meaning(word, self.column, {}) is half]
            own = [word for word in usual if word not in meant[not half]]
            setting["true" if half else "false"] = list(dict.fromkeys([*own, *words]))
        is_usual = all(set(setting[name]) == set(DEFAULT_WORDS[name == "true"]) for name in setting)
        return None if is_usual else setting

    @property
    def marks_refusals(self) -> bool:
        """Whether it marks people who do not want mail, and is empty for others."""
        return bool(self.empty_count and self.no and (is_refusal(self.column) or not self.yes))


def consent_columns(columns: Mapping[str, Column]) -> list[Column]:
    """Return the columns that say who wants mail, by their header or by words like `unsubscribed`."""
    return [column for column in columns.values() if column.filled and _says_who_wants_mail(column)]


def columns_about_consent(columns: Mapping[str, Column]) -> list[Column]:
    """Return these, and all others whose header sounds like consent."""
    found = {column.name for column in consent_columns(columns)}
    return [
        column
        for name, column in columns.items()
        if name in found or (column.filled and sounds_like_consent(name))
    ]


def read_wishes(column: Column, known: Mapping[str, bool] | None = None) -> Wishes | None:
    """Return the words of a column; `None` where it holds more than a handful of them.

    A `true` of JSON always means a yes to the loader, so a column where it is a no has no words either.

    Args:
        column: Of the file.
        known: Word, folded, to whether it means yes, where a configuration says so; it goes before all.
    """
    if not column.holds_few_words or has_opposite_booleans(column):
        return None
    known = known or {}
    meant = {folded(value): _meaning(folded(value), column.name, known) for value in column.values}
    counts = dict.fromkeys((True, False, None), 0)
    for value, count in column.values.items():
        counts[meant[folded(value)]] += count
    empty = column.rows - column.filled
    counts[known.get(EMPTY)] += empty
    halves = {half: [word for word, one in meant.items() if one is half] for half in counts}
    for word, half in known.items():
        if word not in halves[half]:
            halves[half].append(word)
    silent = column.rows - counts[True] - counts[False]
    yes, no, unknown = (tuple(halves[half]) for half in (True, False, None))
    return Wishes(column.name, yes, no, unknown, counts[True], counts[False], silent, empty)


def has_opposite_booleans(column: Column) -> bool:
    """Tell whether JSON's own `true` in a column means that mail is not wanted."""
    return column.holds_booleans and is_refusal(column.name)


def can_decide(column: Column) -> bool:
    """Tell whether a column says of each person whether mail is wanted.

    One that only marks who does not want it leaves the others empty, and nothing is no yes.
    """
    wishes = read_wishes(column)
    if wishes is None or (column.holds_booleans and not is_understood(column.name)):
        return False
    if not is_refusal(column.name):
        return True
    if is_understood(column.name):
        return not wishes.silent_count and bool(wishes.yes)
    return not wishes.empty_count


def is_clear(column: Column) -> bool:
    """Tell whether the words of a column that have a meaning have it below its header."""
    return is_understood(column.name) or not plain_words(column)


def says_no(column: Column, cell: object) -> bool:
    """Tell whether a cell says that mail is not wanted; a mark, like a date of leaving, does."""
    text = folded(cell) if isinstance(cell, str) else "" if cell is None else folded(str(cell))
    if not text:
        return False
    meaning = _meaning(text, column.name, {})
    if meaning is None:
        # Below a header that nobody understands each of `yes` and `no` may be the no.
        return is_refusal(column.name) or _plain_meaning(text, column.name) is not None
    return not meaning


def plain_words(column: Column) -> dict[str, bool]:
    """Return the words like `yes` and `no` of a column, with what they mean if its header is read rightly."""
    words = {folded(value) for value in column.values} - _STATES_OF_YES - _STATES_OF_NO
    return {word: meant for word in words if (meant := _plain_meaning(word, column.name)) is not None}


def may_say_no(column: Column) -> bool:
    """Tell whether a cell of a column may say no."""
    return column.has_more_values or any(says_no(column, value) for value in column.values)


def _says_who_wants_mail(column: Column) -> bool:
    name = column.name
    if is_consent(name) or is_refusal(name):
        return True
    if not column.holds_few_words:
        return False
    words = {folded(value) for value in column.values}
    if sounds_like_consent(name) and any(_plain_meaning(word, name) is not None for word in words):
        return True
    return not words.isdisjoint(_STATES_OF_NO | (_STATES_OF_YES if sounds_like_consent(name) else set()))


def _meaning(word: str, header: str, known: Mapping[str, bool]) -> bool | None:
    """Return whether a word means that mail is wanted; `None` where nobody said."""
    if word in known:
        return known[word]
    if word in _STATES_OF_YES or word in _STATES_OF_NO:
        return word in _STATES_OF_YES
    return _plain_meaning(word, header) if is_understood(header) else None


def _plain_meaning(word: str, header: str) -> bool | None:
    """Return what a word like `yes` means below a header, if that is read rightly."""
    if word == _UNCLEAR and is_refusal(header):
        return None
    is_yes = word in DEFAULT_WORDS[True] or word in _YES.split()
    if not is_yes and word not in DEFAULT_WORDS[False] and word not in _NO.split():
        return None
    return is_yes is not is_refusal(header)
