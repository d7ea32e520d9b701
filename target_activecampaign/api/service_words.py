"""Service words: what ActiveCampaign says in its own words, read from an answer of any shape. Pure.

Owns where such words stand (`message`, `errors`, `failureReasons`, …; errors reference), and how they are
shown. The rejects file may hold them as they are; a log may not, as they may quote an address.
"""

from __future__ import annotations

import json
import re
import typing as t

from target_activecampaign.config.names import shown_text

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# In the order of their worth: a reason says more than a message about the whole request.
_KEYS = (
    "failureReasons",
    "failureReason",
    "failure_reason",
    "reasons",
    "reason",
    "errors",
    "error",
    "title",
    "detail",
    "details",
    "description",
    "message",
)
_MOST_DEPTH = 5
_MOST_WORDS = 5
# In clear, as in an address of the web, in HTML, or as people write it.
_ADDRESS = re.compile(
    r"[^\s<>\"'(),:;\\]+(?:@|%40|&#0*64;|&commat;|\s*[(\[]at[)\]]\s*)[^\s<>\"'(),:;\\]+", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"\w+")


def read_words(content: object) -> str:
    """Return the words of an answer or of a part of it, shortened, on one line; empty without any."""
    words = list(dict.fromkeys(_find_words(content, 0)))
    return shown_text("; ".join(words[:_MOST_WORDS]))


def read_words_of(content: bytes) -> str:
    """Return the words of a body that may be no JSON."""
    try:
        return read_words(json.loads(content))
    except (ValueError, RecursionError):
        pass
    if content.lstrip()[:1] == b"<":
        return "a web page"
    return shown_text(content[:1_000].decode(errors="replace").strip())


def without_addresses(words: str) -> str:
    """Return words for a log: what looks like an address is left out."""
    return _ADDRESS.sub("(an address)", words)


def gist(words: str) -> str:
    """Return what two texts about different contacts share: addresses and numbers are left out."""
    return _DIGITS.sub("0", without_addresses(words).casefold())


def common_words(texts: Sequence[str], values: Iterable[str]) -> str:
    """Return for a log what texts about different contacts share; the rest is left out, word by word.

    Args:
        texts: One or more.
        values: Of these contacts: a word of one of them is left out, whichever contact it is.
    """
    hidden = {_bare(word) for text in values for word in [text, *_WORDS.findall(text)]} - {""}
    rows = [without_addresses(text).split() for text in texts]
    if len({len(row) for row in rows}) > 1:
        return "(words that differ by contact)"
    shown = [
        words[0] if len(set(words)) == 1 and not hidden & _parts(words[0]) else "(…)"
        for words in zip(*rows, strict=True)
    ]
    return " ".join(shown)


def _parts(word: str) -> set[str]:
    return {_bare(word), *map(_bare, _WORDS.findall(word))}


def _bare(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum())


def _find_words(content: object, depth: int) -> Iterator[str]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(content, str):
        if content.strip():
            yield content.strip()
    elif isinstance(content, list):
        for item in content:
            yield from _find_words(item, depth + 1)
    elif isinstance(content, dict):
        known = [content[key] for key in _KEYS if content.get(key)]
        # An object of other keys is a table, for example of addresses to reasons.
        for item in known or (content.values() if depth else ()):
            yield from _find_words(item, depth + 1)
