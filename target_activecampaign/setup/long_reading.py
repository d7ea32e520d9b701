"""Owns a word to somebody who waits while a large file is read: after two seconds, then every ten."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from target_activecampaign.clock import SystemClock
from target_activecampaign.config.names import shown_text

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.clock import Clock
    from target_activecampaign.setup.dialogue import Dialogue

_LONGEST = 200
_SECONDS_TO_FIRST_WORD = 2
_SECONDS_BETWEEN_WORDS = 10


@contextlib.contextmanager
def told_while(dialogue: Dialogue, doing: str, clock: Clock | None = None) -> Iterator[None]:
    """Say from time to time what is still being done, until the block is left. Nothing is asked within it.

    Args:
        dialogue: Says it.
        doing: Like `Reading all rows of people.csv`.
        clock: The machine's by default.
    """
    has_ended = threading.Event()
    arguments = (dialogue, shown_text(doing, _LONGEST), clock or SystemClock(), has_ended)
    thread = threading.Thread(target=_tell, args=arguments, name="long-reading", daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def _tell(dialogue: Dialogue, doing: str, clock: Clock, has_ended: threading.Event) -> None:
    start, pause = clock.now(), _SECONDS_TO_FIRST_WORD
    while not clock.wait(has_ended, pause):
        dialogue.say(f"{doing}: {clock.now() - start:.0f} s so far.")
        pause = _SECONDS_BETWEEN_WORDS
