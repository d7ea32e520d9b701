"""The open points of the API's facts: a question, its readings, and the way to ask an account.

A point that the sandbox has a switch for has the switch's name and its readings.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import requests
from contract.session import UnexpectedAnswerError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from contract.workbench import Workbench

    Ask = Callable[[Workbench], "Finding"]

YES, NO, UNDECIDED = "yes", "no", "undecided"


class Finding(t.NamedTuple):
    """What an account showed.

    Attributes:
        reading: The reading that holds, one that the point does not list where none of them does, or `None`
            where nothing was shown.
        evidence: What was seen, without content.
    """

    reading: str | None
    evidence: str = ""


@dataclass(frozen=True)
class Point:
    """An open point."""

    name: str
    question: str
    readings: tuple[str, ...]
    ask: Ask

    def verdicts(self, finding: Finding) -> dict[str, str]:
        """Return yes, no or undecided for each reading."""
        if finding.reading is None:
            return dict.fromkeys(self.readings, UNDECIDED)
        return {reading: YES if reading == finding.reading else NO for reading in self.readings}


POINTS: dict[str, Point] = {}
"""All points in the order in which they are asked."""


def point(name: str, question: str, *readings: str) -> Callable[[Ask], Ask]:
    """Register a function as the way to settle a point."""

    def register(ask: Ask) -> Ask:
        POINTS[name] = Point(name, question, readings, ask)
        return ask

    return register


def ask_points(bench: Workbench, names: Collection[str]) -> Iterator[tuple[Point, Finding]]:
    """Ask an account, one point at a time; an answer that nobody foresaw leaves its point undecided."""
    for name in (name for name in POINTS if name in names):
        bench.session.point = name
        yield POINTS[name], _ask(POINTS[name], bench)


def _ask(asked: Point, bench: Workbench) -> Finding:
    try:
        return asked.ask(bench)
    except UnexpectedAnswerError as error:
        return Finding(None, str(error))
    except requests.RequestException as error:
        return Finding(None, f"no answer: {type(error).__name__}")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        lacks = f" {error}" if isinstance(error, KeyError) else ""
        return Finding(None, f"an answer in another form: {type(error).__name__}{lacks}")
