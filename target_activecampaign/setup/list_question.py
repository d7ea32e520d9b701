"""Owns the step of the list: which one the people join, by number, id or name."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import folded_name, nearest_name, shown_text
from target_activecampaign.errors import SettingsError
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.api.responses import AccountList
    from target_activecampaign.setup.account import Account
    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.setup.given import Given

_MOST_SHOWN = 20
_MOST_NAMED = 10
_LONGEST_NAME = 40
_HELP = (
    'Type the number at the left, "id 3" for an id, or the list\'s name. A new list is made in '
    "ActiveCampaign under Contacts > Lists; Ctrl-C ends this without a trace."
)


def ask_list(dialogue: Dialogue, given: Given, account: Account, old: int | str | None) -> AccountList:
    """Ask until one list for email is meant.

    Args:
        dialogue: Asks.
        given: Options.
        account: Whose lists they are.
        old: Of the configuration before.

    Raises:
        SettingsError: If the account has no list for email.
    """
    every = account.lists()
    lists = sorted((one for one in every if one.is_for_email), key=lambda one: one.id)
    if not lists:
        problem = (
            "the account has no list for email that this key may see. Make one in ActiveCampaign under "
            "Contacts > Lists, then run this again. Nothing was written"
        )
        raise SettingsError([problem])
    choice = _Choice(dialogue, account, lists)
    choice.show_first()
    _say_others(dialogue, len(every) - len(lists))
    default = _default_of(lists, old)
    question = Question("Number, id or name", "--list LIST", default, help=_HELP)
    return dialogue.ask(question, choice.read_option if given.list is not None else choice.read, given.list)


class _Choice:
    """The lists that were shown, in their order.

    More than twenty are not shown at once: what matches an answer is.
    """

    def __init__(self, dialogue: Dialogue, account: Account, lists: Sequence[AccountList]) -> None:
        self._dialogue = dialogue
        self._account = account
        self._lists = lists
        self._shown: Sequence[AccountList] = ()

    def show_first(self) -> None:
        if len(self._lists) <= _MOST_SHOWN:
            self._show(self._lists)
        else:
            self._dialogue.say(
                f"The account has {len(self._lists):,} lists. Type a part of the name to see those.", indent=2
            )

    def _show(self, lists: Sequence[AccountList]) -> None:
        self._shown = lists
        names = [shown_text(one.name, _LONGEST_NAME) for one in lists]
        counts = [self._account.subscriber_count(one.id) for one in lists]
        figures = ["?" if count is None else f"{count:,}" for count in counts]
        widest, id_width, figure_width = (
            max(map(len, texts)) for texts in (names, [str(one.id) for one in lists], figures)
        )
        for number, (one, name, figure) in enumerate(zip(lists, names, figures, strict=True), start=1):
            self._dialogue.show(
                f"  {number:>2}  {name:<{widest}}  id {one.id!s:<{id_width}}  {figure:>{figure_width}} active"
            )

    def read_option(self, answer: str) -> AccountList:
        """Return the list of `--list`, where digits are an id, as in the settings."""
        found = [one for one in self._lists if str(one.id) == answer.strip()]
        return found[0] if found else self.read(answer)

    def read(self, answer: str) -> AccountList:
        """Return the list that an answer means.

        Raises:
            AnswerError: If it means none, or several.
        """
        text = answer.strip()
        if not text:
            raise AnswerError("Type the number, the id or the name of a list.")
        named = [one for one in self._lists if one.name == text]
        named = named or [one for one in self._lists if folded_name(one.name) == folded_name(text)]
        if len(named) > 1:
            ids = " and ".join(f'"{shown_text(one.name, _LONGEST_NAME)}" with id {one.id}' for one in named)
            raise AnswerError(f'Several lists are called so: {ids}. Type "id {named[0].id}" for the first.')
        if named:
            return named[0]
        digits = text.lower().removeprefix("id").strip()
        if digits.isdecimal():
            return self._of_number(digits, is_id=not text.isdecimal())
        return self._nearest(text)

    def _of_number(self, digits: str, *, is_id: bool) -> AccountList:
        if not is_id and 1 <= int(digits) <= len(self._shown):
            return self._shown[int(digits) - 1]
        for one in self._lists:
            if str(one.id) == digits:
                return one
        raise AnswerError(f"No list has the number or id {digits}. {self._named()}")

    def _named(self) -> str:
        some = ", ".join(
            f'"{shown_text(one.name, _LONGEST_NAME)}" (id {one.id})' for one in self._lists[:_MOST_NAMED]
        )
        more = len(self._lists) - _MOST_NAMED
        return f"Lists: {some}, and {more:,} more." if more > 0 else f"Lists: {some}."

    def _nearest(self, text: str) -> AccountList:
        shown = shown_text(text, _LONGEST_NAME)
        matching = [one for one in self._lists if folded_name(text) in folded_name(one.name)]
        if len(self._lists) > _MOST_SHOWN and matching:
            self._show(matching[:_MOST_SHOWN])
            more = len(matching) - _MOST_SHOWN
            raise AnswerError(f"{counted(more, 'more')} match. Type more of the name." if more > 0 else "")
        by_name = {one.name: one for one in self._lists}
        near = nearest_name(text, by_name)
        if near is None:
            raise AnswerError(f'No list is named "{shown}". {self._named()}')
        found = by_name[near]
        number = f"{self._shown.index(found) + 1}, " if found in self._shown else ""
        meant = f'No list is named "{shown}". Did you mean {number}"{shown_text(near, _LONGEST_NAME)}"?'
        if not self._dialogue.asks:
            raise AnswerError(f"{meant} Its id is {found.id}.")
        if self._dialogue.confirm(meant, default=True, indent="    "):
            return found
        raise AnswerError("")


def _default_of(lists: Sequence[AccountList], old: int | str | None) -> str | None:
    if old is None:
        return None
    found = [one for one in lists if str(one.id) == str(old) or one.name == old]
    return found[0].name if len(found) == 1 else None


def _say_others(dialogue: Dialogue, others: int) -> None:
    if others:
        are = "is" if others == 1 else "are"
        it = "it" if others == 1 else "them"
        dialogue.say(
            f"({counted(others, 'SMS list')} {are} not shown: this import can't put people on {it}.)",
            indent=2,
        )
