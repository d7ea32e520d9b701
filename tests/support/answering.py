"""Plays the person that a setup asks: answers in order, and all that was said."""

from __future__ import annotations

import typing as t

import click

from target_activecampaign.setup import dialogue as dialogue_module
from target_activecampaign.setup.dialogue import Dialogue

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


class Person:
    """Answers questions in order; out of answers, ends the setup as Ctrl-C does.

    Attributes:
        said: All that a terminal would have shown, the answers that are not hidden included.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: Iterable[str], width: int = 100) -> None:
        self.said = ""
        self._answers = list(answers)
        monkeypatch.setattr(dialogue_module, "_prompt", self._answer)
        monkeypatch.setattr(click, "echo", self._hear)
        self.dialogue = Dialogue(can_ask=True, takes_defaults=False, width=width)

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.said.splitlines() if line.strip()]

    @property
    def answers_left(self) -> list[str]:
        return self._answers

    def _answer(self, text: str, *, is_hidden: bool) -> str:
        self.said += text
        if not self._answers:
            raise click.Abort
        answer = self._answers.pop(0)
        self.said += ("" if is_hidden else answer) + "\n"
        return answer

    def _hear(self, text: str = "", *, err: bool = False) -> None:
        assert err, "talk goes to standard error"
        self.said += f"{text}\n"
