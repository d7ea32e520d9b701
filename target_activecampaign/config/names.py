"""Owns how names that people, taps and accounts made up stand in messages, and which name was meant."""

from __future__ import annotations

import difflib
import typing as t
import unicodedata

if t.TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_SHOWN = 60
_LONGEST_TEXT = 200
_MOST_CANDIDATES = 5


def is_showable(name: str) -> bool:
    """Tell whether a message may hold a name: a long one may be a key, an odd one may break a log's line."""
    return name.isprintable() and len(name) <= _LONGEST_SHOWN


def shown_name(name: str) -> str:
    """Return a name for a message, or how long it is where a message may not hold it."""
    return name if name and is_showable(name) else f"(a name of {len(name)} characters)"


def shown_text(text: str, most: int = _LONGEST_TEXT) -> str:
    """Return text of the account for a message: on one line, shortened, harmless to a terminal.

    Args:
        text: A name or words that somebody made up.
        most: Characters to show before it is shortened.
    """
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    if shown.isprintable():
        return shown
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown])


def folded_name(name: str) -> str:
    """Return a name as it is compared: letter case, blanks around it and the form of its accents aside.

    Accents come as characters of their own (NFD) from some systems, and as one with their letter from others.
    """
    if name.isascii():
        return name.strip().casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


def nearest_name(name: str, known: Iterable[str], *, least_likeness: float = 0.5) -> str | None:
    """Return the known name that a misspelt one likely means, in any letter case.

    Args:
        name: As it was written.
        known: Of two that differ in letter case alone the later one counts.
        least_likeness: From 0, where any name will do, to 1 (`difflib`'s ratio).
    """
    by_folded = {folded_name(one): one for one in known}
    wanted = folded_name(name)
    near = difflib.get_close_matches(wanted, by_folded, n=_MOST_CANDIDATES, cutoff=least_likeness)
    # "Shoe colour" is meant by "Shoe size" rather than "Customer since", which has more letters of it.
    words = set(wanted.split())
    alike = [one for one in near if words & set(one.split())]
    return by_folded[(alike or near)[0]] if near else None
