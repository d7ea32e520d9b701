"""Owns the step of what shall happen: a tag for all, automations, and what an empty cell does."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from target_activecampaign.config.names import folded_name, nearest_name, shown_text
from target_activecampaign.setup.dialogue import AnswerError, Question

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.setup.given import Given

_LONGEST_TAG = 100
_TAG_HELP = (
    "A tag is a handle to find these people again, like shop-2026. One that does not exist is made, for "
    "good; several go with commas between. Enter for none."
)


@dataclass(frozen=True)
class Choices:
    """What shall happen.

    Attributes:
        tags: For everybody.
        automations: Whether they start.
        keeps: Whether the contact keeps what it has where a cell is empty.
    """

    tags: tuple[str, ...]
    automations: bool
    keeps: bool


def ask_choices(dialogue: Dialogue, given: Given, tags: Sequence[str], old: Mapping[str, t.Any]) -> Choices:
    """Ask for each choice.

    Args:
        dialogue: Asks.
        given: Options.
        tags: Of the account.
        old: The configuration before; empty without one.
    """
    chosen = _ask_tags(dialogue, given, tags, [str(tag) for tag in old.get("tags") or ()])
    automations = dialogue.confirm(
        "Shall automations start? They start for joining the list, for tags and for changed fields.",
        default=old.get("exclude_automations") is False,
        given=given.automations,
    )
    keeps = dialogue.confirm(
        "Keep what the contact has where your cell is empty?",
        default=old.get("on_null") != "clear",
        given=None if given.on_null is None else given.on_null == "keep",
    )
    return Choices(chosen, automations, keeps)


def _ask_tags(dialogue: Dialogue, given: Given, tags: Sequence[str], old: Sequence[str]) -> tuple[str, ...]:
    known = {folded_name(tag): tag for tag in tags}

    def read(answer: str) -> tuple[str, ...]:
        if answer == "-":
            return ()
        wanted = [part.strip() for part in answer.split(",") if part.strip()]
        return tuple(dict.fromkeys(_read_tag(dialogue, tag, known) for tag in wanted))

    hint = "Enter for none" if not old else "- for none"
    question = Question(
        f"A tag for all of them ({hint})", "--tag TAG", default=", ".join(old), help=_TAG_HELP
    )
    return dialogue.ask(question, read, given.tag)


def _read_tag(dialogue: Dialogue, tag: str, known: Mapping[str, str]) -> str:
    if len(tag) > _LONGEST_TAG or not tag.isprintable():
        raise AnswerError(f"A tag has up to {_LONGEST_TAG} characters, on one line.")
    if folded_name(tag) in known:
        return known[folded_name(tag)]
    near = nearest_name(tag, known.values(), least_likeness=0.75)
    shown = shown_text(tag, 60)
    said = f'The account has no tag "{shown}"; it will be made.'
    if near is None or not dialogue.asks:
        dialogue.say(said)
        return tag
    question = f'{said} Nearest: "{shown_text(near, 60)}". Keep "{shown}"?'
    if dialogue.confirm(question, default=True, indent="    "):
        return tag
    raise AnswerError("")
