"""The page on troubleshooting: every message of the program has an entry, and every entry has a message."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from support.program_messages import VARIES, find_messages

if t.TYPE_CHECKING:
    from support.program_messages import Message

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"


class Entry(t.NamedTuple):
    """A cause: the messages that tell of it, and what to do.

    Attributes:
        title: In words of the reader.
        quotes: Of messages; `…` stands for what varies.
        advice: What stands below them.
    """

    title: str
    quotes: list[str]
    advice: str


def read_groups() -> dict[str, str]:
    """Return the text below each heading of the second level."""
    _, *groups = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {title: text for title, _, text in (group.partition("\n") for group in groups)}


def read_entries() -> list[Entry]:
    found = []
    for text in read_groups().values():
        _, *entries = re.split(r"^### ", text, flags=re.MULTILINE)
        for entry in entries:
            title, _, rest = entry.partition("\n")
            quotes = re.findall(r"^- `([^`]+)`", rest, flags=re.MULTILINE)
            advice = re.sub(r"^- `[^`]+`", "", rest, flags=re.MULTILINE)
            found.append(Entry(title, [" ".join(quote.split()) for quote in quotes], advice.strip()))
    return found


ENTRIES = read_entries()
QUOTES = [quote for entry in ENTRIES for quote in entry.quotes]


def tells_of(quote: str, message: Message) -> bool:
    """Tell whether a quote has the beginning of a message and nothing else, or holds all of it."""
    is_begun = message.beginning in quote
    return (is_begun and has_in_order(message.text, quote)) or has_in_order(quote, message.text)


def has_in_order(text: str, wanted: str) -> bool:
    """Tell whether a text has the words of another one between what varies, in their order."""
    place = 0
    for piece in filter(None, (piece.strip() for piece in wanted.split(VARIES))):
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def test_every_message_of_the_program_has_an_entry() -> None:
    lacking = [
        f"{message.place}: {message.text}"
        for message in find_messages()
        if not any(tells_of(quote, message) for quote in QUOTES)
    ]
    told = (
        "docs/troubleshooting.md has no entry for these messages. Quote each there in a line of its own, "
        "with … for what varies, below the cause that it tells of:\n"
    )
    assert not lacking, told + "\n".join(lacking)


def test_every_entry_quotes_messages_that_the_program_has() -> None:
    gone = [quote for quote in QUOTES if not any(tells_of(quote, message) for message in find_messages())]
    told = "the program says these no more: correct the quotes in docs/troubleshooting.md, or delete them:\n"
    assert not gone, told + "\n".join(gone)


def test_a_message_is_quoted_once() -> None:
    assert [quote for quote in QUOTES if QUOTES.count(quote) > 1] == []


def test_every_entry_says_what_to_do() -> None:
    assert [entry.title for entry in ENTRIES if not entry.quotes or len(entry.advice.split()) < 5] == []


@pytest.mark.parametrize("title", list(read_groups()))
def test_every_group_begins_with_what_is_safe(title: str) -> None:
    assert read_groups()[title].lstrip().startswith("**Safe:**")


def test_the_walk_finds_messages_of_each_kind() -> None:
    """An error, a problem of a setting, a warning, a helper that makes errors, a cause in a table, click."""
    texts = [message.text for message in find_messages()]
    for known in (
        "the input is no Singer stream: line 1 looks like …",
        'must be an array of strings, like ["vip"]',
        "the end of the run can't be shown (…). Its exit code and its report say how it ended",
        "its server is a standby, which takes no changes; name the primary server",
        "the host's name has no address",
        "There is no input. Name a file with --input FILE, or pipe a tap in.",
    ):
        assert known in texts
