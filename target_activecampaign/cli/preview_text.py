"""Owns how a preview stands in a terminal: records, the table of fields, the sum and the plan."""

from __future__ import annotations

import textwrap
import typing as t

from target_activecampaign.cli.terminal import NARROW, WIDEST
from target_activecampaign.config.names import shown_text
from target_activecampaign.preview.shown import MOST_COMPARED
from target_activecampaign.wording import about_minutes, counted, share

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_activecampaign.cli.preview_mask import Mask
    from target_activecampaign.preview.coverage import FieldCoverage, Remark, StreamCoverage
    from target_activecampaign.preview.session import Preview
    from target_activecampaign.preview.shown import Choice, ShownRecord, ShownValue

_GAP = "  "
_MOST_OF_CELL = {0: 20, 1: 26, 2: 20, 3: 26}
_NARROWEST_CELL = 24
_BELOW = " " * 14
_MOST_WORDS = 3
_MOST_PLACES = 2
_MOST_LINES = 5  # of columns that are not mapped
_STATES = {
    "kept": "(stays as it is)",
    "cleared": "(emptied)",
    "left_out": "(left out)",
    "none": "-",
}


def record_lines(preview: Preview, mask: Mask, width: int, *, is_file: bool) -> list[str]:
    """Return the records that are shown, each with its values.

    Args:
        preview: What the run would do.
        mask: Hides values of people.
        width: Characters of a line.
        is_file: Whether records are rows of a file.
    """
    rows = [[_cells(value, mask) for value in record.values] for record in preview.shown]
    widths = _widths([cells for some in rows for cells in some])
    lines: list[str] = []
    for record, cells in zip(preview.shown, rows, strict=True):
        lines.append(f"{place_of(record, mask, is_file=is_file)}: {_verdict(record)}")
        if record.detail:
            lines.append(f"  {shown_text(record.detail, WIDEST)}")
        lines += _narrow(_VALUE_NAMES, cells) if width < NARROW else _wide(cells, widths, width)
    return lines


_VALUE_NAMES = ("column", "value", "field", "sent", "why")


def wrapped(line: str, width: int) -> list[str]:
    """Return a sentence as lines that are not too long."""
    return textwrap.wrap(line, width, subsequent_indent="  ") if len(line) > width else [line]


def place_of(record: ShownRecord, mask: Mask, *, is_file: bool) -> str:
    """Return what a record is called: `row 18, key 1001`."""
    origin = record.origin
    where = (
        f"row {origin.line}" if is_file else f"stream {shown_text(repr(origin.stream))}, line {origin.line}"
    )
    if origin.row is not None:
        where += f", row {origin.row}"
    keys = ", ".join(shown_text(mask.key(record, name)) for name in record.key)
    return f"{where}, key {keys}" if keys else where


def _verdict(record: ShownRecord) -> str:
    left_out = f" without {counted(record.left_out, 'value')}" if record.left_out else ""
    known = {True: " (a contact now)", False: " (no contact yet)", None: ""}[record.is_contact]
    if record.outcome == "rejected":
        return f"would be rejected: {record.reason}"
    if record.is_removal:
        return (
            f"would be taken off the list{known}" if record.outcome == "delivered" else "nobody to take off"
        )
    verdicts = {
        "delivered": f"would be sent{left_out}",
        "unchanged": "unchanged, so nothing would be sent",
        "superseded": "a repeat, merged into a later row of the same person",
        "held_back": "would be held back: " + _LIMITS.get(record.reason or "", "over a limit"),
    }
    return verdicts.get(record.outcome, "without an answer") + known


_LIMITS = {
    "account_limit_guard": "no room in the contract",
    "profile_limit": "over profile_limit",
    "removals_stopped": "too many removals (max_removal_percent)",
}


def _cells(value: ShownValue, mask: Mask) -> list[str]:
    raw = mask.text(value.raw) or ("(empty)" if value.column else "(for all)")
    sent = mask.sent(value) if value.state == "sent" else _state_of(value)
    why = ", ".join(mask.why(change) for change in value.changes)
    if value.now is not None:
        now = f"now {mask.text(value.now) or '(empty)'}"
        why = f"{why}; {now}" if why else now
    cells = [value.column, raw, value.name, sent, why]
    return [shown_text(cell, _MOST_OF_CELL.get(place, WIDEST)) for place, cell in enumerate(cells)]


def _state_of(value: ShownValue) -> str:
    return "(none)" if value.name == "tags" and value.state == "kept" else _STATES[value.state]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _wide(
    rows: Iterable[Sequence[str]], widths: Sequence[int], width: int, right: frozenset[int] = frozenset()
) -> list[str]:
    """Return rows as columns; the last cell goes on below itself, or below all, where there is no room."""
    lines = []
    for *cells, last in rows:
        padded = [
            cell.rjust(size) if place in right else cell.ljust(size)
            for place, (cell, size) in enumerate(zip(cells, widths, strict=False))
        ]
        start = f"  {_GAP.join(padded)}{_GAP}"
        room = width - len(start)
        if len(last) > room < _NARROWEST_CELL and width < WIDEST:
            lines.append(start.rstrip())
            lines += textwrap.wrap(last, width, initial_indent=_BELOW, subsequent_indent=_BELOW)
            continue
        first, *others = textwrap.wrap(last, max(room, _NARROWEST_CELL)) if last else [""]
        lines.append(f"{start}{first}".rstrip())
        lines += [" " * len(start) + other for other in others]
    return lines


def _narrow(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as one value a line, with a blank line between rows."""
    lines: list[str] = []
    for cells in rows:
        lines += [f"  {name}: {cell}" for name, cell in zip(names, cells, strict=True) if cell]
        lines.append("")
    return lines


# The table of fields

_HEADER = ("field", "column", "filled", "differ", "longest", "to look at")
_EXAMPLES = ("ordinary", "longest value")
_NUMBERS = frozenset({2, 3, 4})


def field_lines(
    preview: Preview, mask: Mask, width: int, *, is_file: bool, has_examples: bool = False
) -> list[str]:
    """Return the table of fields over all records, for each stream.

    Args:
        preview: What the run would do.
        mask: Hides values of people.
        width: Characters of a line.
        is_file: Whether records are rows of a file.
        has_examples: Whether an ordinary and the longest value stand beside each field.
    """
    lines: list[str] = []
    for coverage in preview.streams:
        if len(preview.streams) > 1:
            lines.append(f"stream {shown_text(repr(coverage.name))}")
        repeats = preview.report["streams"].get(coverage.name, {}).get("superseded", 0)
        lines += _table(coverage, repeats, mask, width, is_file=is_file, has_examples=has_examples)
        lines += [*_lines_of_new_tags(coverage), *_line_of_unmapped(coverage, width), ""]
    return lines[:-1]


def _table(  # noqa: PLR0913 - what a table is made of
    coverage: StreamCoverage, repeats: int, mask: Mask, width: int, *, is_file: bool, has_examples: bool
) -> list[str]:
    header, rows = list(_HEADER), []
    if has_examples:
        header[5:5] = _EXAMPLES
    for field in coverage.fields:
        looks = ", ".join(_looks(field, repeats if field.name == "email" else 0, mask, is_file=is_file))
        examples = [_example(mask.text(text)) for text in (field.ordinary, field.longest_value)]
        cells = [
            shown_text(field.name, 20),
            shown_text(field.column, 20),
            share(field.filled, coverage.records),
            ("" if field.is_exact else "about ") + f"{field.distinct:,}",
            f"{field.longest:,}",
            *(examples if has_examples else ()),
            looks,
        ]
        rows.append(cells)
    if width < NARROW:
        return _narrow(header, rows)
    widths = _widths([header, *rows])
    return [line[2:] for line in _wide([header, *rows], widths, width + 2, right=_NUMBERS)]


def _example(text: str) -> str:
    return shown_text(text, 24)


def _looks(field: FieldCoverage, repeats: int, mask: Mask, *, is_file: bool) -> Iterator[str]:
    remarks = sorted(field.remarks.values(), key=lambda one: _REMARKS.index(one.kind))
    for remark in remarks:
        yield _look(remark, mask, is_file=is_file)
    if repeats:
        yield counted(repeats, "repeat")


_REMARKS = (
    "email_invalid",
    "email_missing",
    "excluded",
    "capitals",
    "phone_unreadable",
    "left_out",
    "no_such_option",
    "new_tag",
)


def _look(remark: Remark, mask: Mask, *, is_file: bool) -> str:
    count, places = f"{remark.count:,}", _places(remark, is_file=is_file)
    if remark.kind == "email_invalid":
        return f"{count} wrong ({places})"
    if remark.kind == "no_such_option":
        words = ", ".join(f'{number:,} "{word}"' for word, number in _words(remark, mask))
        return f"{words} left out: no such option"
    if remark.kind == "new_tag":
        return "new: " + ", ".join(
            f"{word} {number:,}{_near(remark, full)}" for full, word, number in _named_words(remark, mask)
        )
    if remark.kind == "left_out":
        if "a date" in remark.detail:
            return f"{count} unreadable, left out ({places})"
        return f"{count} left out, {remark.detail} ({places})"
    return f"{count} {_PLAIN[remark.kind]}"


_PLAIN = {
    "email_missing": "empty",
    "excluded": "excluded by the account",
    "capitals": "in capitals only",
    "phone_unreadable": "not readable, sent as they are",
}


def _places(remark: Remark, *, is_file: bool) -> str:
    first = ", ".join(f"{place:,}" for place in remark.places[:_MOST_PLACES])
    one = "row" if is_file else "line"
    more = " ..." if remark.count > _MOST_PLACES else ""
    return f"{one if remark.count == 1 else one + 's'} {first}{more}"


def _words(remark: Remark, mask: Mask) -> list[tuple[str, int]]:
    return [(word, count) for _, word, count in _named_words(remark, mask)]


def _named_words(remark: Remark, mask: Mask) -> list[tuple[str, str, int]]:
    most = remark.words.most_common(_MOST_WORDS)
    return [(word, shown_text(mask.text(word), 30), count) for word, count in most]


def _near(remark: Remark, word: str) -> str:
    near = remark.nearest.get(word)
    return f" (nearest {shown_text(near, 30)})" if near else ""


def _lines_of_new_tags(coverage: StreamCoverage) -> list[str]:
    if not coverage.new_tags:
        return []
    tags = (
        f"{shown_text(tag, 30)}{f' (nearest {shown_text(near, 30)})' if near else ''}"
        for tag, near in coverage.new_tags.items()
    )
    return [f"new tags for all: {', '.join(tags)}"]


def _line_of_unmapped(coverage: StreamCoverage, width: int) -> list[str]:
    if not coverage.unmapped:
        return []
    columns = (
        f"{shown_text(name, 30)} ({share(filled, coverage.records)})"
        for name, filled in coverage.unmapped.items()
    )
    return textwrap.wrap(f"not mapped: {', '.join(columns)}", width)[:_MOST_LINES]


# The sum and the plan


def sum_lines(preview: Preview, width: int, *, is_file: bool) -> list[str]:
    """Return what became of all records, as a sum, and what the run would take.

    Args:
        preview: What the run would do.
        width: Characters of a line.
        is_file: Whether records are rows of a file.
    """
    report = preview.report
    noun = "row" if is_file else "record"
    lines = _sum(counted(report["read"], noun), _terms(report), width)
    for figure, text in _BESIDE.items():
        if report[figure]:
            lines.append(f"{counted(report[figure], noun)} {text}")
    if report["unsubscribed"]:
        lines.append(f"{counted(report['unsubscribed'], 'person', 'people')} would be taken off the list.")
    if preview.is_cut:
        lines.append(f"Only the first {counted(report['read'], noun)} were looked at (--scan).")
    return [*lines, f"{_contract(report)} {_plan(report)} Nothing was sent."]


_BESIDE = {
    "filtered": "beside these are left out by stream_maps",
    "ignored": "beside these are not exported",
}


def _terms(report: dict[str, t.Any]) -> list[str]:
    people = "records to send" if report["unsubscribed"] else "people to send"
    one = people.replace("people", "person").replace("records", "record")
    rejected = report["rejected"]
    named = [f"{count:,} {reason}" for reason, count in sorted(rejected.items(), key=_most_first)]
    reasons = ", ".join(named if len(named) > 1 else rejected)
    terms = (
        (report["delivered"], counted(report["delivered"], one, people)),
        (report["unchanged"], f"{report['unchanged']:,} unchanged"),
        (report["superseded"], f"{counted(report['superseded'], 'repeat')}, merged"),
        (sum(rejected.values()), f"{sum(rejected.values()):,} rejected ({reasons})"),
        (report["held_back"], f"{report['held_back']:,} held back"),
        (report["unsettled"], f"{report['unsettled']:,} without an answer"),
    )
    return [text for number, text in terms if number] or [f"0 {people}"]


def _most_first(item: tuple[str, int]) -> int:
    return -item[1]


def _sum(whole: str, terms: Sequence[str], width: int) -> list[str]:
    """Return a sum, on further lines below its sign where it gets too long."""
    lines = [f"{whole} = {terms[0]}"]
    for term in terms[1:]:
        if len(lines[-1]) + len(term) + 3 > width:
            lines.append(" " * (len(whole) + 1) + f"+ {term}")
        else:
            lines[-1] += f" + {term}"
    return lines


def _contract(report: dict[str, t.Any]) -> str:
    room = report["room"]
    return "Contract: unknown." if room is None else f"Contract: room for {room:,}."


def _plan(report: dict[str, t.Any]) -> str:
    plan = report["plan"] or {}
    if not plan.get("imports"):
        return "Duration: no import."
    return f"Duration: {counted(plan['imports'], 'import')}, {about_minutes(plan['minutes'])}."


def missing_lines(preview: Preview, choice: Choice, *, is_file: bool) -> list[str]:
    """Return what is to be said where no record is shown that was asked for, or not all are compared."""
    if preview.shown:
        compared = sum(record.is_contact is not None for record in preview.shown)
        if compared == MOST_COMPARED < len(preview.shown):
            return [f"Only the first {MOST_COMPARED} were compared with the account."]
        return []
    noun = "row" if is_file else "line"
    if choice.row is not None:
        return [
            f"No record stands in {noun} {choice.row}; the last one stands in {noun} {preview.last_line}."
        ]
    if choice.address is not None:
        return ["No record has this address."]
    return ["No record has a problem."] if choice.has_problem else []
