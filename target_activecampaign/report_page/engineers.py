"""Owns the folded section for engineers: settings, requests, STATE, and the report itself, shortened."""

from __future__ import annotations

import json
import typing as t

from target_activecampaign.report_page.content import MOST_ROWS, Section, Table, cut, name_of
from target_activecampaign.wording import counted, duration

if t.TYPE_CHECKING:
    from target_activecampaign.report_page.figures import ReportFigures

_LONGEST_VALUE = 80
_LONGEST_JSON = 10_000
_DEEPEST = 6
_IN_TABLES = {"timeline", "import_seconds"}


class Engineers(t.NamedTuple):
    """What the section holds.

    Attributes:
        section: Sentences and tables.
        json_text: The report, without what stands in other sections.
    """

    section: Section
    json_text: str


def engineers_section(report: ReportFigures, document: dict[str, t.Any]) -> Engineers:
    """Return the section.

    Args:
        report: The run's figures.
        document: The report's JSON object.
    """
    tables = []
    if report.settings:
        tables.append(_settings(report.settings))
    if report.requests_by:
        tables.append(_requests(report))
    section = Section(
        "engineers", "For engineers", "What exactly was done?", _sentences(report), None, tables
    )
    return Engineers(section, _json(document))


def _sentences(report: ReportFigures) -> list[str]:
    retries = "" if report.retries is None else f", {counted(report.retries, 'retry', 'retries')} among them"
    sent = f"{counted(report.imports, 'import')}, {counted(report.requests, 'request')}{retries}."
    waited = f"Imports waited {duration(report.waited_seconds)} for the rate limits, summed."
    said = [f"{sent} {waited} Exit code {report.exit_code}."]
    if report.state_record is not None:
        said.append(f"STATE: {_short(report.state_record)}.")
    if report.limit:
        said.append(f"Limit reached: {name_of(report.limit)}.")
    return said


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(_reduced(value), ensure_ascii=False, default=str)
    return name_of(text, _LONGEST_VALUE)


def _settings(settings: dict[str, t.Any]) -> Table:
    rows, rest = cut(settings.items(), "settings", lambda one: (name_of(one[0]), _short(one[1])))
    return Table("Settings, without secrets", ("setting", "value"), rows, frozenset(), rest)


def _requests(report: ReportFigures) -> Table:
    ranked = sorted(report.requests_by, key=lambda one: -one.requests)
    rows, rest = cut(
        ranked,
        "endpoints",
        lambda one: (name_of(one.endpoint, _LONGEST_VALUE), name_of(str(one.status)), f"{one.requests:,}"),
    )
    header = ("endpoint", "status", "requests")
    return Table("Requests by endpoint and status", header, rows, frozenset({1, 2}), rest)


def _json(document: dict[str, t.Any]) -> str:
    shown = {key: _reduced(value) for key, value in list(document.items())[:200] if key not in _IN_TABLES}
    text = json.dumps(shown, indent=1, ensure_ascii=True, default=str)
    if len(text) <= _LONGEST_JSON:
        return text
    return f"{text[:_LONGEST_JSON]}\n… {len(text) - _LONGEST_JSON:,} more characters: see the report's file."


def _reduced(value: object, depth: int = 0) -> object:
    """Return a JSON value with few entries, short texts and no deep nesting."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    if isinstance(value, (dict, list)) and depth >= _DEEPEST:
        return "…"
    if isinstance(value, dict):
        few = list(value.items())[:MOST_ROWS]
        shown = {str(key)[:_LONGEST_VALUE]: _reduced(one, depth + 1) for key, one in few}
        return shown | ({"…": f"{len(value) - MOST_ROWS:,} more"} if len(value) > MOST_ROWS else {})
    if isinstance(value, list):
        reduced = [_reduced(one, depth + 1) for one in value[:MOST_ROWS]]
        return reduced + ([f"… {len(value) - MOST_ROWS:,} more"] if len(value) > MOST_ROWS else [])
    return value
