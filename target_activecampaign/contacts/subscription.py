"""Owns how a record says whether its person wants the list, and the value of a record that says no. Pure.

A person who is taken off a list does not come back by an import, and one who said no must not be mailed. So
a word that nobody gave a meaning to is neither: it is no value.
"""

from __future__ import annotations

import typing as t
from decimal import Decimal

from msgspec import UNSET

from target_activecampaign.config.subscription_words import EMPTY, folded
from target_activecampaign.contacts.text import UnfitValueError, trim

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_TOO_LARGE = 10**9  # for a word; to write the digits of any number would take for ever


class OptOut(t.NamedTuple):
    """Says that a record's person does not want the list. Nothing else of the record is sent.

    Attributes:
        email: The identity.
    """

    email: str


def read_wish(value: object, words: Mapping[str, bool]) -> bool | None:
    """Return whether somebody wants the list; `None` where that is not said.

    A null and blank text say it where a person gave them this meaning; nothing at all never does.

    Args:
        value: A JSON value, or a `Decimal`.
        words: Word, folded, to whether it subscribes. A number without fraction is the word of its digits.

    Raises:
        UnfitValueError: If it is anything else.
    """
    if value is UNSET:
        return None
    if value is None:
        return words.get(EMPTY)
    if isinstance(value, bool):
        return value
    word = folded(trim(value)) if isinstance(value, str) else _digits_of(value)
    if word == EMPTY:
        return words.get(EMPTY)
    if word is None or word not in words:
        raise UnfitValueError("is none of subscription_words")
    return words[word]


def says_no(value: object, words: Mapping[str, bool]) -> bool:
    """Tell whether somebody does not want the list; what can't be read does not say so."""
    try:
        return read_wish(value, words) is False
    except UnfitValueError:
        return False


def _digits_of(value: object) -> str | None:
    """Return the digits of a number without fraction, `None` of anything else."""
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if not isinstance(value, (int, float, Decimal)) or not -_TOO_LARGE < value < _TOO_LARGE:
        return None
    return str(int(value)) if value == int(value) else None
