"""Owns the words by which a record says whether somebody wants a list: the defaults, and how they are set.

It must not know records.
"""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from target_activecampaign.config.names import folded_name

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.config.section import Section

DEFAULT_WORDS: Mapping[bool, tuple[str, ...]] = MappingProxyType(
    {
        True: ("true", "subscribed", "yes", "1", "active"),
        False: ("false", "unsubscribed", "no", "0", "cleaned"),
    }
)
"""Words that subscribe, and words that take off the list, where the setting does not name others."""

EMPTY = ""
"""Stands among the words that subscribe where a person says so: for a null or blank text, not for nothing."""

_NAMES = {True: "true", False: "false"}


def folded(word: str) -> str:
    """Return a word without the blanks around it, in one letter case and one form of its accents."""
    return folded_name(word)


def read_subscription_words(section: Section) -> Mapping[str, bool]:
    """Read the setting `subscription_words`; a half that is not set keeps its default.

    Returns:
        Word, folded, to whether it subscribes.
    """
    words = section.section("subscription_words") if section.has("subscription_words") else None
    halves = {wants: _read_half(words, wants) for wants in (True, False)}
    if words is not None:
        _refuse_words_in_both(words, halves)
    return MappingProxyType({word: wants for wants, some in halves.items() for word in some})


def _read_half(words: Section | None, wants: bool) -> frozenset[str]:  # noqa: FBT001 - a key of the defaults
    name = _NAMES[wants]
    if words is None or not words.has(name):
        return _all_folded(DEFAULT_WORDS[wants])
    if words.is_empty(name):
        words.add_problem(name, "is empty; write the words, or leave it out for its default")
    # A value that got lost looks like one that was never there: nobody is taken off for that.
    return _all_folded(words.texts(name, takes_empty=wants))


def _all_folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(folded, words))


def _refuse_words_in_both(words: Section, halves: Mapping[bool, frozenset[str]]) -> None:
    if not halves[True] & halves[False]:
        return
    unset = [name for name in _NAMES.values() if not words.has(name)]
    default = f" (the default words of {unset[0]} hold it: set them too)" if unset else ""
    set_name = next(name for name in _NAMES.values() if words.has(name))
    words.add_problem(set_name, f"has a word that means the opposite as well{default}; keep one of the two")
