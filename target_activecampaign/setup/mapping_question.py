"""Owns the step of the mapping: the draft as a table, each line to be changed, and the country of numbers."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import folded_name, nearest_name, shown_text
from target_activecampaign.contacts.custom_fields import CustomField, find_custom_field, takes_options
from target_activecampaign.setup.consent_columns import has_opposite_booleans
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.setup.draft import (
    ATTRIBUTE_NAMES,
    EMAIL,
    SUBSCRIPTION,
    TAGS,
    Draft,
    DraftError,
    Place,
)
from target_activecampaign.setup.mapping_table import mapping_table
from target_activecampaign.setup.suggestions import suggest

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_activecampaign.setup.columns import Column
    from target_activecampaign.setup.dialogue import Dialogue

_MOST_NAMED = 10
_BEFORE = "config.json"
_FILE = "file"
_NOTHING = frozenset({"n", "-", "no", "nothing", "none"})
_HELP = (
    "Type the number at the left of a column to say where it goes, or press Enter to go on. A column without "
    "a place stays in your file. Every person needs an address, so one column goes to email. Are columns or "
    f"letters wrong? Type {_FILE}: you are asked again how the file is read."
)


class MisreadFileError(Exception):
    """The person sees by the columns that the file is to be read in another way."""


class MappingQuestion:
    """Asks what goes where.

    Attributes:
        draft: As far as it was agreed on.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        columns: Mapping[str, Column],
        fields: Sequence[CustomField],
        tags: Sequence[str],
        key: str | None,
    ) -> None:
        """Suggest a draft.

        Args:
            dialogue: Asks.
            columns: Of the file.
            fields: Of the account.
            tags: Of the account.
            key: The column that tells rows apart.
        """
        self.draft: Draft = suggest(columns, fields, key)
        self._dialogue = dialogue
        self._columns = columns
        self._fields = fields
        self._tags = {folded_name(tag) for tag in tags}

    def take_setting(self, setting: Mapping[str, t.Any]) -> None:
        """Put columns where a configuration before has them; those that the file lacks are said."""
        pairs = [(name, column) for name, column in setting.items() if name != "custom_fields"]
        custom = setting.get("custom_fields")
        pairs += list(custom.items()) if isinstance(custom, dict) else []
        for name, column in pairs:
            if problem := self._take(name, column):
                self._dialogue.say(f"config.json maps {shown_text(name)} {problem}.", indent=2)

    def _take(self, name: str, column: object) -> str:
        """Put a column where a configuration before has it; returns why not, else nothing."""
        if not isinstance(column, str) or column not in self._columns:
            return f'from "{shown_text(str(column), 60)}", which this file lacks'
        try:
            place = self.read_place(name)
            self._require_fit(place, column)
        except AnswerError as error:
            return f'from "{shown_text(column)}". {error}'.rstrip(".")
        line = self.draft.lines[self.draft.number_of(column) - 1]
        if line.found_by == _BEFORE and line.place != place:
            taken = shown_text(line.place.shown) if line.place else "nothing"
            return (
                f'from "{shown_text(column)}", too, which goes to {taken} already. A column goes to one '
                "place here; write the other one into config.json afterwards"
            )
        self.put(place, column, _BEFORE)
        return ""

    def take_options(self, mapping: Iterable[tuple[str, str]]) -> None:
        """Put columns where `--map` says.

        Raises:
            AnswerError: If there is no such column or field.
        """
        for name, column in mapping:
            if column and column not in self._columns:
                near = nearest_name(column, self._columns)
                shown = ", ".join(shown_text(one) for one in self._columns)
                hint = f'Nearest: "{shown_text(near)}". ' if near else ""
                raise AnswerError(f'No column "{shown_text(column)}". {hint}Columns: {shown}')
            place = self.read_place(name)
            self._require_fit(place, column)
            self.put(place, column, "--map")

    def _require_fit(self, place: Place | None, column: str) -> None:
        """Make sure that a column whose `true` is a no is not read as one whose `true` is a yes.

        Raises:
            AnswerError: Then.
        """
        if place == Place(SUBSCRIPTION) and column and has_opposite_booleans(self._columns[column]):
            raise AnswerError(
                f"JSON's own true always means that mail is wanted, and in {shown_text(column)} it means the "
                'opposite. Write "yes" and "no" as texts into the file, then map it'
            )

    def put(self, place: Place, column: str, found_by: str) -> None:
        """Put a column to a place, and take away what was there.

        Args:
            place: Where to.
            column: Its header; empty for none.
            found_by: Why.
        """
        holder = self.draft.holder_of(place)
        if holder is not None and holder != column:
            self.draft = self.draft.changed(self.draft.number_of(holder), None)
        if column:
            self.draft = self.draft.changed(self.draft.number_of(column), place, found_by)

    def show(self) -> None:
        """Show the draft as a table."""
        for line in mapping_table(self.draft, self._columns, self._dialogue.width):
            self._dialogue.show(line)

    def ask(self) -> None:
        """Show the draft, and change lines until the person has none to change.

        Raises:
            UsageError: If nobody is there and no column goes to email.
            MisreadFileError: If the file is to be read in another way.
        """
        self.show()
        question = Question(
            "Change a line (number), or Enter if it is right", "--map email=COLUMN", default="", help=_HELP
        )
        while (number := self._dialogue.ask(question, self._read_line)) is not None:
            self._change(number)

    def _read_line(self, answer: str) -> int | None:
        if not answer:
            if self.draft.column_of(EMAIL) is None:
                raise AnswerError(
                    "No column goes to email yet, and every person needs an address. Is the file read "
                    f"wrongly? Type: {_FILE}"
                )
            return None
        if answer in self._columns and not answer.isdecimal():
            return self.draft.number_of(answer)
        if answer.lower() == _FILE:
            raise MisreadFileError
        if not answer.isdecimal() or not 1 <= int(answer) <= len(self.draft.lines):
            raise AnswerError(f"Type a number from 1 to {len(self.draft.lines)}, or press Enter.")
        return int(answer)

    def _change(self, number: int) -> None:
        column = self._columns[self.draft.lines[number - 1].column]
        if column.words:
            words = column.words
            self._dialogue.say(
                f"{shown_text(column.name)} holds {len(words):,} different words. {self.new_tags(words)}"
            )
            question = Question("[t] tags  [f] a field  [n] nothing", "--map", indent="    ")
            answer = self._dialogue.ask(question, _read_choice)
            if answer != "f":
                self._try(number, Place(TAGS) if answer == "t" else None)
                return
        name = shown_text(column.name)
        question = Question(f"{name} -> field title, or n", "--map", indent="    ", help=self._places_help())
        self._dialogue.ask(question, lambda answer: self._place_line(number, answer))

    def _try(self, number: int, place: Place | None) -> None:
        try:
            self.draft = self.draft.changed(number, place)
        except DraftError as error:
            self._dialogue.say(str(error))

    def _place_line(self, number: int, answer: str) -> None:
        if not answer:
            raise AnswerError("Type the title of a field, an attribute like first_name, or n for nothing.")
        place = None if answer.lower() in _NOTHING else self.read_place(answer)
        self._require_fit(place, self.draft.lines[number - 1].column)
        try:
            self.draft = self.draft.changed(number, place)
        except DraftError as error:
            raise AnswerError(str(error)) from None
        self._say_options(number)

    def _say_options(self, number: int) -> None:
        """Say which values of a column are no options of the field that it goes to now."""
        line = self.draft.lines[number - 1]
        field = line.place.field if line.place else None
        if field is not None and field.options is not None and takes_options(field.type):
            shown = ", ".join(shown_text(one.label, 30) for one in field.options[:_MOST_NAMED])
            self._dialogue.say(f"{shown_text(field.title)} has {len(field.options):,} options: {shown}.")

    def read_place(self, name: str) -> Place:
        """Return the attribute or field of a name.

        Raises:
            AnswerError: If there is none, or it means several.
        """
        folded = folded_name(name).replace(" ", "_")
        if folded in ATTRIBUTE_NAMES:
            return Place(folded)
        found = find_custom_field(name, self._fields)
        if isinstance(found, CustomField):
            return Place(field=found)
        shown = shown_text(name, 60)
        if not found.message.startswith("the account has no field"):
            raise AnswerError(f"{found.message}. {found.fix}".rstrip(" .") + ".")
        near = nearest_name(name, [*ATTRIBUTE_NAMES, *(field.title for field in self._fields)])
        hint = f' Nearest: "{shown_text(near, 60)}".' if near else ""
        titles = ", ".join(shown_text(field.title, 40) for field in self._fields[:_MOST_NAMED]) or "none"
        more = ", …" if len(self._fields) > _MOST_NAMED else ""
        raise AnswerError(f'No field "{shown}".{hint} Fields: {titles}{more} (target-activecampaign fields)')

    def new_tags(self, words: Iterable[str]) -> str:
        """Return the sentence on the words that are no tags of the account yet."""
        new = [word for word in words if folded_name(word) not in self._tags]
        if not new:
            return "As tags, all are known to the account."
        named = ", ".join(shown_text(word, 30) for word in sorted(new, key=str.casefold)[:_MOST_NAMED])
        more = f", +{len(new) - _MOST_NAMED}" if len(new) > _MOST_NAMED else ""
        return f"As tags, {len(new)} {'is' if len(new) == 1 else 'are'} new to the account: {named}{more}."

    def _places_help(self) -> str:
        attributes = ", ".join(ATTRIBUTE_NAMES)
        return (
            f"Attributes: {attributes}. Custom fields go by title, tag or id; a new one is made in "
            "ActiveCampaign under Contacts > Fields. n leaves the column in your file."
        )


def _read_choice(answer: str) -> str:
    choice = answer.lower()[:1]
    if choice not in {"t", "f", "n"}:
        raise AnswerError("Type t, f or n.")
    return choice
