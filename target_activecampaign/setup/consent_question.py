"""Owns the questions on columns that say who wants mail: whether they decide who joins the list.

Nobody who said no joins it without somebody saying so who saw how many they are.
"""

from __future__ import annotations

import typing as t

import click

from target_activecampaign.config.names import shown_text
from target_activecampaign.config.subscription_words import EMPTY, folded
from target_activecampaign.errors import SourceFileError
from target_activecampaign.setup.consent_columns import (
    can_decide,
    columns_about_consent,
    consent_columns,
    is_clear,
    may_say_no,
    plain_words,
    read_wishes,
    says_no,
)
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.setup.long_reading import told_while
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.setup.columns import Column
    from target_activecampaign.setup.consent_columns import Wishes
    from target_activecampaign.setup.dialogue import Dialogue

_WORDS_HELP = (
    "Type the words that mean that mail is wanted, with commas between. Beside a yes a no means that it is "
    "not; all others say neither."
)
_MOST_ROWS = 5
_WANTED, _UNKNOWN = _EMPTY_MEANS = ("wanted", "unknown")
_EMPTY_HELP = (
    f"Type {_WANTED} where everybody without a mark agreed to your mail when they joined. Type {_UNKNOWN} "
    "where you can't tell: then the column does not decide who joins."
)

Rows: t.TypeAlias = "Iterable[tuple[int, Mapping[str, t.Any]]]"


def ask_wishes(
    dialogue: Dialogue,
    columns: Mapping[str, Column],
    given: str | None,
    known: Mapping[str, bool] | None = None,
    empty: str | None = None,
) -> Wishes | None:
    """Return the column that decides who joins, and its words; `None` where none does.

    Args:
        dialogue: Asks.
        columns: Of the file.
        given: The column that an option names, an empty one for none; `None` where none says anything.
        known: Words of that column that have a meaning already.
        empty: What an option says of an empty cell: `wanted` or `unknown`.

    Raises:
        UsageError: If the option gives an empty cell a meaning that it can't have.
    """
    if given:
        return _with_all_words(
            dialogue, columns[given], _as_told(dialogue, columns[given], known or {}), empty
        )
    if given is not None:
        return None
    found = [wishes for one in consent_columns(columns) if (wishes := read_wishes(one))]
    # First the one that says no to most.
    found.sort(key=lambda one: -one.no_count)
    for wishes in found:
        column = columns[wishes.column]
        if can_decide(column) and dialogue.confirm(_question_of(wishes), default=is_clear(column)):
            return _with_all_words(dialogue, column, {}, empty)
    for wishes in found:
        column = columns[wishes.column]
        is_undecided = wishes.marks_refusals and not can_decide(column)
        if is_undecided and _ask_empty(dialogue, wishes, empty):
            return _with_all_words(dialogue, column, {}, _WANTED)
    return None


def _as_told(dialogue: Dialogue, column: Column, known: Mapping[str, bool]) -> Mapping[str, bool]:
    """Return the words of a column that somebody named; as they stand where nobody can be asked for them."""
    is_explained = any(word != EMPTY for word in known)
    if is_clear(column) or is_explained or (dialogue.asks and not column.holds_booleans):
        return known
    meant = {**plain_words(column), **known}
    for wants, meaning in ((True, "wanted"), (False, "not wanted")):
        words = sorted(word for word, one in meant.items() if one is wants and word != EMPTY)
        if words:
            said = shown_text("/".join(words))
            dialogue.say(
                f"In column {shown_text(column.name)} {said} means that mail is {meaning}.", indent=2
            )
    return meant


def _ask_empty(dialogue: Dialogue, wishes: Wishes, empty: str | None) -> bool:
    """Return whether an empty cell means that mail is wanted, which a person alone can say.

    Args:
        dialogue: Asks.
        wishes: Of a column that marks who does not want mail.
        empty: What an option says.
    """
    marks, rows = shown_text("/".join(wishes.no)), counted(wishes.no_count, "row")
    dialogue.say(
        f"Column {shown_text(wishes.column)} marks {rows} whose people want no mail ({marks}), and is empty "
        f"in {wishes.empty_count:,}. An empty cell proves nothing: it may mean that mail is wanted, or that "
        "nobody was asked.",
        indent=2,
    )

    def read(answer: str) -> bool:
        if answer.lower() not in _EMPTY_MEANS:
            raise AnswerError(f"Type {_WANTED}, if you know that, or {_UNKNOWN}.")
        return answer.lower() == _WANTED

    question = Question(
        f"An empty cell means: {_WANTED} (its person joins the list) or {_UNKNOWN}",
        "--empty-consent",
        default=_UNKNOWN,
        help=_EMPTY_HELP,
    )
    return dialogue.ask(question, read, empty)


def require_no_refusals(
    dialogue: Dialogue,
    columns: Mapping[str, Column],
    rows: Callable[[], Rows],
    wishes: Wishes | None,
    *,
    is_told: bool,
) -> None:
    """Make sure that people who said no join the list only where somebody says so.

    Args:
        dialogue: Asks.
        columns: Of the file.
        rows: Returns those of the file, each with its line.
        wishes: Those of the column that decides who joins; `None` without one.
        is_told: Whether an option said which column decides, so that it is only said.

    Raises:
        UsageError: If nobody is there to say so.
        SourceFileError: If they are not to join.
    """
    agreed: set[int] = set()
    unused = []
    for column in columns_about_consent(columns):
        if wishes is not None and column.name == wishes.column:
            continue
        refused = []
        if may_say_no(column):
            with told_while(dialogue, f"Reading column {column.name}"):
                refused = _refused_rows(column, rows, wishes)
        if refused and not agreed.issuperset(refused):
            _ask_refused(dialogue, column, refused, is_told=is_told)
            agreed.update(refused)
        elif not refused:
            unused.append(shown_text(column.name))
    if unused:
        dialogue.say(f"Not used to decide who joins the list: {', '.join(unused)}.", indent=2)


def _refused_rows(column: Column, rows: Callable[[], Rows], wishes: Wishes | None) -> list[int]:
    """Return the lines of people who would join and have a no in a column."""
    refused = (number for number, row in rows() if says_no(column, row.get(column.name)))
    if wishes is None:
        return list(refused)
    wanted = {folded(word) for word in wishes.yes}
    return [
        number
        for number, row in rows()
        if _word_of(row.get(wishes.column)) in wanted and says_no(column, row.get(column.name))
    ]


def _word_of(cell: object) -> str:
    """Return the word of a cell, empty for an empty one."""
    return EMPTY if cell is None else folded(str(cell))


def _ask_refused(dialogue: Dialogue, column: Column, refused: list[int], *, is_told: bool) -> None:
    named = ", ".join(f"{row:,}" for row in refused[:_MOST_ROWS])
    more = " …" if len(refused) > _MOST_ROWS else ""
    name, rows = shown_text(column.name), counted(len(refused), "row")
    says = "says" if is_clear(column) else "may say"
    said = f"Column {name} {says} that mail is not wanted in {rows} ({named}{more})"
    if is_told:
        dialogue.say(
            f"{said}, whose people join the list all the same, as --map subscription says.", indent=2
        )
        return
    remedy = _remedy(column)
    if not dialogue.asks:
        raise click.UsageError(
            f"{said}, and their people would join the list. {remedy}; --map subscription= lets them join."
        )
    dialogue.say(f"{said}, and their people would join the list.", indent=2)
    if not dialogue.confirm("Let them join all the same?", default=False):
        raise SourceFileError(f"{remedy}. Nothing was written, nothing was sent")


def _remedy(column: Column) -> str:
    """Return what a person can do so that nobody who said no in a column joins."""
    name, wishes = shown_text(column.name), read_wishes(column)
    mend = f"Take these rows out of the file, or write yes or no for everybody into column {name}"
    parts = [f"{mend}, then run this again"]
    if wishes is not None and wishes.marks_refusals:
        parts.append(
            f"Where an empty cell means that mail is wanted, say that with --empty-consent {_WANTED}"
        )
    if not is_clear(column):
        parts.append(f"Where its words decide who joins, say that with --map subscription={name}")
    return ". ".join(parts)


def _question_of(wishes: Wishes) -> str:
    parts = [
        f"{shown_text('/'.join(words))} {count:,}"
        for words, count in ((wishes.yes, wishes.yes_count), (wishes.no, wishes.no_count))
        if words
    ]
    held = " and ".join(parts) or ", ".join(shown_text(word) for word in wishes.unknown)
    return f"Column {shown_text(wishes.column)} holds {held}. Use it to decide who joins the list?"


def _with_all_words(
    dialogue: Dialogue, column: Column, known: Mapping[str, bool], empty: str | None
) -> Wishes | None:
    known = _with_empty(column, known, empty)
    wishes = read_wishes(column, known)
    if wishes is None:
        return None
    if wishes.unknown:
        yes = dict.fromkeys(_ask_words(dialogue, wishes.unknown), True)
        wishes = read_wishes(column, {**_opposites(column, yes), **known, **yes}) or wishes
    count = wishes.silent_count
    if count:
        say = "says neither: its person is" if count == 1 else "say neither: their people are"
        dialogue.say(f"{counted(count, 'row')} {say} sent, and not put on the list.")
    return wishes


def _opposites(column: Column, yes: Iterable[str]) -> dict[str, bool]:
    """Return the words that mean a no since others, like `no` beside `yes`, are said to mean a yes."""
    plain = plain_words(column)
    halves = {plain[word] for word in yes if word in plain}
    if len(halves) != 1:
        return {}
    return {word: False for word, half in plain.items() if half not in halves}


def _with_empty(column: Column, known: Mapping[str, bool], empty: str | None) -> Mapping[str, bool]:
    """Return the words that are known with what an option says of an empty cell.

    Raises:
        UsageError: If the column marks who wants mail: an empty cell is no yes then.
    """
    if empty is None:
        return known
    others = {word: wants for word, wants in known.items() if word != EMPTY}
    if empty == _UNKNOWN:
        return others
    wishes = read_wishes(column, others)
    if wishes is not None and wishes.empty_count and not wishes.marks_refusals:
        name = shown_text(column.name)
        if not wishes.yes:
            raise click.UsageError(
                f"--empty-consent: the marks in column {name} have no known meaning, so nobody can tell what "
                "its empty cells mean. Write yes or no for everybody into it, then run this again."
            )
        raise click.UsageError(
            f"--empty-consent: column {name} marks who wants mail, so an empty cell can't "
            f"mean a yes. Write --empty-consent {_UNKNOWN}: these people are sent, and not put on the list."
        )
    return {**others, EMPTY: True}


def _ask_words(dialogue: Dialogue, unknown: Sequence[str]) -> list[str]:
    def read(answer: str) -> list[str]:
        words = [folded(word) for word in answer.split(",") if word.strip()]
        if lacking := [word for word in words if word not in unknown]:
            raise AnswerError(f'The column holds no "{shown_text(lacking[0], 40)}".')
        return words

    shown = ", ".join(shown_text(word, 40) for word in unknown)
    question = Question(
        f"Which of these mean that mail is wanted: {shown} (Enter for none)",
        "--map subscription=",
        default="",
        help=_WORDS_HELP,
        indent="    ",
    )
    return dialogue.ask(question, read)
