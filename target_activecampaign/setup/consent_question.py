"""Owns the question on columns that say who wants mail: whether they decide who joins the list."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.config.subscription_words import folded
from target_activecampaign.setup.consent_columns import consent_columns, read_wishes
from target_activecampaign.setup.dialogue import AnswerError, Question

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.setup.columns import Column
    from target_activecampaign.setup.consent_columns import Wishes
    from target_activecampaign.setup.dialogue import Dialogue

_WORDS_HELP = "Type the words that mean yes, with commas between. All others then mean no."


def ask_wishes(dialogue: Dialogue, columns: Mapping[str, Column], given: str | None) -> Wishes | None:
    """Return the column that decides who joins, and its words; `None` where none does.

    Args:
        dialogue: Asks.
        columns: Of the file.
        given: The column that an option names, an empty one for none; `None` where none says anything.
    """
    if given:
        wishes = read_wishes(columns[given])
        return None if wishes is None else _with_all_words(dialogue, wishes)
    for column in consent_columns(columns):
        wishes = read_wishes(column)
        if wishes is None:
            values = (
                f"more than {len(column.values):,}" if column.has_more_values else f"{len(column.values):,}"
            )
            dialogue.say(
                f"Column {shown_text(column.name)} holds {values} different values, so it can't decide who "
                "joins the list.",
                indent=2,
            )
        elif given is None and dialogue.confirm(_question_of(wishes), default=True):
            return _with_all_words(dialogue, wishes)
        else:
            dialogue.say(
                f"Column {shown_text(column.name)} is not used: all people of the file join the list, "
                f"{wishes.no_count:,} of whom it says no for."
            )
    return None


def _question_of(wishes: Wishes) -> str:
    parts = [
        f"{shown_text('/'.join(words))} {count:,}"
        for words, count in ((wishes.yes, wishes.yes_count), (wishes.no, wishes.no_count))
        if words
    ]
    held = " and ".join(parts) or ", ".join(shown_text(word) for word in wishes.unknown)
    return f"Column {shown_text(wishes.column)} holds {held}. Use it to decide who joins the list?"


def _with_all_words(dialogue: Dialogue, wishes: Wishes) -> Wishes:
    if not wishes.unknown:
        return wishes
    known = {folded(word): word for word in wishes.unknown}

    def read(answer: str) -> list[str]:
        words = [folded(word) for word in answer.split(",") if word.strip()]
        if lacking := [word for word in words if word not in known]:
            raise AnswerError(f'The column holds no "{shown_text(lacking[0], 40)}".')
        return words

    shown = ", ".join(shown_text(word, 40) for word in wishes.unknown)
    question = Question(
        f"Which of these mean yes: {shown} (Enter for none)",
        "--map subscription=",
        default="",
        help=_WORDS_HELP,
        indent="    ",
    )
    return wishes.decided(dialogue.ask(question, read))
