"""Owns how one object of the configuration is read by its JSON schema, and the wording of its problems.

It knows kinds (string, integer, boolean, array, object), bounds and unknown names. It must not know what a
setting is for. No problem repeats a value: a key or an address may stand in the wrong place.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

from target_activecampaign.config.names import nearest_name, shown_name
from target_activecampaign.errors import Problem

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

Explain: t.TypeAlias = "Callable[[str, object], str | None]"

LARGEST_INTEGER = 10**9
"""No setting has a use for more; it keeps sums, database columns and waits in range (assumed)."""

_NUMBER = re.compile(r"[+-]?[\s\d.,_]*\d[\s\d.,_]*")  # or what was meant as one
_LONGEST_COMPARED = 60  # characters of an unknown name; comparing takes their square
_LEAST_LIKENESS = 0.6


class Section:
    """One object of the configuration, read setting by setting.

    A null counts as "not set". For a setting that is wrong a method adds a problem and returns the default,
    so that reading goes on and every problem is found.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        schema: Mapping[str, t.Any],
        problems: list[str],
        path: str = "",
        explain: Explain | None = None,
    ) -> None:
        """Refuse the names that the schema does not know.

        Args:
            values: The object as the user wrote it.
            schema: Its JSON schema, made by `setting_schema`.
            problems: Where problems of this object and of those below it are added.
            path: Where the object stands, with a final dot; empty at the top.
            explain: Says what is likely wrong with an unknown name and its value, where it knows.
        """
        self._values = values
        self._properties: Mapping[str, Mapping[str, t.Any]] = schema["properties"]
        self._schema_of_others: Mapping[str, t.Any] | None = schema.get("additionalProperties") or None
        self._problems = problems
        self._path = path
        if self._schema_of_others is None:
            self._refuse_unknown_names(explain or (lambda _name, _value: None))

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the object, in the user's order, those with a null included."""
        return tuple(self._values)

    def has(self, name: str) -> bool:
        """Tell whether the setting is given and no null."""
        return self._values.get(name) is not None

    def add_problem(self, name: str, problem: str, nearest: Iterable[str] = ()) -> None:
        """Add a problem.

        Args:
            name: Of the setting.
            problem: What is wrong with it, a semicolon, and what to write instead.
            nearest: What may have been meant.
        """
        message, _, fix = problem.partition("; ")
        self._problems.append(Problem(f"{self._path}{shown_name(name)}", message, fix, nearest))

    def text(self, name: str) -> str | None:
        """Return a text without the blanks around it, or None if it is not set or wrong."""
        text = self.verbatim(name)
        return None if text is None else text.strip()

    def required_text(self, name: str, remedy: str) -> str:
        """Return a text without the blanks around it, or "" after a problem."""
        if not self.has(name):
            self.add_problem(name, f"is missing; {remedy}")
        return self.text(name) or ""

    def verbatim(self, name: str) -> str | None:
        """Return a text with the blanks around it (names of properties may have them), or None."""
        value = self._values.get(name)
        problem = None if value is None else problem_of_text(value)
        if problem is None:
            return t.cast("str | None", value)
        self.add_problem(name, problem)
        return None

    def texts(self, name: str, *, takes_empty: bool = False) -> tuple[str, ...]:
        """Return the texts of an array, trimmed and each once, in the user's order.

        Args:
            name: Of the setting.
            takes_empty: Whether an empty text is one of them.
        """
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)):
            self.add_problem(name, 'must be an array of strings, like ["vip"]')
            return ()
        for position, entry in enumerate(value, start=1):
            if not (takes_empty and entry == "") and (problem := problem_of_text(entry)):
                self.add_problem(name, f"entry {position} {problem}")
        return tuple(dict.fromkeys(entry.strip() for entry in value if isinstance(entry, str)))

    def is_empty(self, name: str) -> bool:
        """Tell whether the setting is an array without entries."""
        return self._values.get(name) in ([], ())

    def choice(self, name: str) -> str:
        """Return one of the words that the schema lists."""
        words: list[str] = self._schema_of(name)["enum"]
        value = self._values.get(name)
        if isinstance(value, str) and value in words:
            return value
        if value is not None:
            self.add_problem(name, f"must be {' or '.join(words)}")
        return t.cast("str", self._schema_of(name)["default"])

    def optional_choice(self, name: str) -> str | None:
        """Return one of the words that the schema lists, or None if it is not set or wrong."""
        words: list[str] = self._schema_of(name)["enum"]
        value = self._values.get(name)
        if value is None or value in words:
            return value
        self.add_problem(name, f"must be {', '.join(words[:-1])} or {words[-1]}")
        return None

    def boolean(self, name: str) -> bool:
        """Return true or false; words that mean them are taken from the environment alone."""
        value = self._values.get(name)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.add_problem(name, "must be true or false, without quotes")
        return bool(self._schema_of(name).get("default"))

    def is_true(self, name: str) -> bool:
        """Tell whether the setting is true; the caller adds the problem where it is not."""
        return self._values.get(name) is True

    def is_false(self, name: str) -> bool:
        """Tell whether the setting is false."""
        return self._values.get(name) is False

    def integer(self, name: str) -> int:
        """Return an integer of a setting that has a default."""
        value = self.optional_integer(name)
        return t.cast("int", self._schema_of(name)["default"]) if value is None else value

    def optional_integer(self, name: str) -> int | None:
        """Return an integer within the schema's bounds, or None if it is not set or wrong."""
        return self._integer(name)

    def _integer(self, name: str, alternative: str = "") -> int | None:
        value = self._values.get(name)
        if value is None:
            return None
        schema = self._schema_of(name)
        least, most = schema.get("minimum", -LARGEST_INTEGER), schema.get("maximum", LARGEST_INTEGER)
        number = _integer_of(value)
        if number is not None and least <= number <= most:
            return number
        self.add_problem(name, f"must be an integer from {least} to {most}{alternative}")
        return None

    def number_or_name(self, name: str) -> int | str | None:
        """Return an integer within the schema's bounds, or else a name; None if it is not set or wrong.

        Digits as text are a number.
        """
        value = self._values.get(name)
        if not isinstance(value, str) or _NUMBER.fullmatch(value):
            return self._integer(name, ", or a name")
        return self.text(name)

    def section(self, name: str, explain: Explain | None = None) -> Section | None:
        """Return the object below `name`, or None after a problem; see `__init__` for `explain`."""
        value = self._values.get(name)
        if not isinstance(value, dict):
            self.add_problem(name, "must be an object; write { } with its settings inside")
            return None
        path = f"{self._path}{shown_name(name)}."
        return Section(value, self._schema_of(name), self._problems, path, explain)

    def unread(self, name: str) -> object:
        """Return a setting that the SDK reads, with only its type checked; None if it is wrong."""
        kinds = self._schema_of(name)["type"]
        if "boolean" in kinds:
            return self.boolean(name)
        if "integer" in kinds:
            return self.optional_integer(name)
        value = self._values.get(name)
        kind, words = (dict, "an object") if "object" in kinds else (str, "a string")
        if not isinstance(value, kind):
            self.add_problem(name, f"must be {words}")
            return None
        return value

    def _schema_of(self, name: str) -> Mapping[str, t.Any]:
        return self._properties.get(name, self._schema_of_others or {})

    def _refuse_unknown_names(self, explain: Explain) -> None:
        for name, value in self._values.items():
            if name not in self._properties:
                near = _nearest(name, self._properties)
                problem = explain(name, value) or _problem_of_unknown(name, near)
                self.add_problem(name, problem, filter(None, [near]))


_RENAMED = {"mirror_max_removal_percent": "max_removal_percent"}


def _problem_of_unknown(name: str, near: str | None) -> str:
    if name in _RENAMED:
        return f"is called {near} now; write that"
    return f"is no setting; {f'write {near}' if near else 'take it out'}"


def problem_of_text(value: object) -> str | None:
    """Return why a value is no usable text, and what to write instead; None if it is one."""
    if not isinstance(value, str):
        return "must be a string"
    if not value.strip():
        return "is empty; write a value or leave it out"
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value.strip()):
        return "holds a line break or a control character; take it out"
    return None


def _integer_of(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # Digits arrive as a string from the environment and from Meltano. The length is bounded because
    # Python refuses to convert thousands of digits.
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= len(str(LARGEST_INTEGER)):
            return int(digits)
    return None


def _nearest(name: str, known: Collection[str]) -> str | None:
    if (new_name := _RENAMED.get(name)) in known:
        return new_name
    return nearest_name(name[:_LONGEST_COMPARED], known, least_likeness=_LEAST_LIKENESS)
