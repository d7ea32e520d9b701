"""Owns the page of a run: a report as one HTML file of at most 300 KB, without script, network or people.

Every table has at most 50 rows, every plot at most 200 points, and every name at most 60 characters (a few at
most 400), so the size has a bound whatever the report holds.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import jinja2
from markupsafe import Markup

from target_activecampaign.report_page.content import name_of, time_of
from target_activecampaign.report_page.engineers import engineers_section
from target_activecampaign.report_page.figures import ReportFigures, read_figures, read_runs
from target_activecampaign.report_page.import_times import import_times_section
from target_activecampaign.report_page.last_runs import last_runs_section
from target_activecampaign.report_page.membership import membership_section
from target_activecampaign.report_page.pace import pace_section
from target_activecampaign.report_page.records import records_section
from target_activecampaign.report_page.rejected import rejected_section
from target_activecampaign.report_page.room import room_section
from target_activecampaign.report_page.sentences import Sentences, sentences_of
from target_activecampaign.report_page.words import WORDS
from target_activecampaign.wording import duration

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_activecampaign.report_page.content import Section

MARK = "<!-- page of a run, made by target-activecampaign report -->"
"""Stands in the first lines of every page; a file without it is never replaced."""
_MOST_POINTS = 200
_LONGEST_SENTENCE = 600
_MOST_NAMED = 5
_RESULTS = {0: "done", 3: "limit", 4: "rejects", 5: "braked"}
_FIRST_OF_SIGNALS = 129
_GOOD_RESULTS = {"done", "trial", "dry run"}
_OPTIONAL_TITLES = {
    "rejected": "Who was rejected, and why",
    "pace": "Was it fast?",
    "imports": "How long did ActiveCampaign take?",
    "room": "Is there room?",
    "membership": "Membership",
    "runs": "The last 30 runs",
}


def make_page(
    document: dict[str, t.Any],
    runs: Iterable[dict[str, t.Any]] = (),
    *,
    file: str = "",
    in_words: Callable[[dict[str, t.Any]], Sentences] = sentences_of,
) -> str:
    """Return the page.

    Args:
        document: The report's JSON object.
        runs: The last runs of the same list, as the store of runs tells them.
        file: Name of the report's file.
        in_words: Returns the verdict, the sum and the next step of a report.

    Raises:
        InputError: If the document is no report.
    """
    report = read_figures(_bounded(document))
    sentences = in_words(document)
    sections = _sections(report, sentences, runs)
    engineers = engineers_section(report, document)
    return _template().render(
        mark=Markup(MARK),  # noqa: S704 - ours
        title=_title(report),
        status=_status(report),
        is_good=_status(report) in _GOOD_RESULTS,
        verdict=name_of(sentences.verdict, _LONGEST_SENTENCE),
        next_steps=_lines(sentences.next_step),
        facts=_facts(report, file),
        sections=[_with_plot_as_markup(section) for section in sections],
        engineers=engineers.section,
        json_text=engineers.json_text,
        left_out=[
            title for key, title in _OPTIONAL_TITLES.items() if key not in {one.id for one in sections}
        ],
        unreadable=report.unreadable,
        words=WORDS,
    )


def _lines(text: str) -> list[str]:
    """Return the first lines of a text; the page has a heading where a terminal has `Next:`."""
    lines = text.removeprefix("Next:").strip().splitlines()[:_MOST_NAMED]
    return [name_of(line, _LONGEST_SENTENCE) for line in lines]


def _bounded(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the report with at most 200 points a plot, at even distances."""
    return {
        key: _thinned(value) if key in {"timeline", "import_seconds"} and isinstance(value, list) else value
        for key, value in document.items()
    }


def _thinned(points: list[t.Any]) -> list[t.Any]:
    if len(points) <= _MOST_POINTS:
        return points
    last = len(points) - 1
    return [points[round(last * place / (_MOST_POINTS - 1))] for place in range(_MOST_POINTS)]


def _sections(report: ReportFigures, sentences: Sentences, runs: Iterable[dict[str, t.Any]]) -> list[Section]:
    known = read_runs(runs)
    made = (
        records_section(report, name_of(sentences.sums, _LONGEST_SENTENCE)),
        rejected_section(report),
        pace_section(report),
        import_times_section(report),
        room_section(report, known),
        membership_section(report),
        last_runs_section(report, known),
    )
    return [section for section in made if section is not None]


def _left_out(sections: list[Section]) -> list[str]:
    shown = {section.id for section in sections}
    return [title for key, title in _OPTIONAL_TITLES.items() if key not in shown]


def _template() -> jinja2.Template:
    # `autoescape` makes every text harmless; only the plots are markup, made from escaped texts.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja")


def _with_plot_as_markup(section: Section) -> Section:
    if section.plot is None:
        return section
    return section._replace(plot=section.plot._replace(svg=Markup(section.plot.svg)))  # noqa: S704 - see drawing


def _status(report: ReportFigures) -> str:
    if report.result:
        return name_of(report.result, 24)
    if report.dry_run and not report.exit_code:
        return "dry run"
    is_signal = report.exit_code >= _FIRST_OF_SIGNALS
    return _RESULTS.get(report.exit_code) or ("interrupted" if is_signal else "failed")


def _title(report: ReportFigures) -> str:
    run = "Run" if report.run is None else f"Run {report.run}"
    return f"{run} to {_lists(report) or name_of(report.display_name)}: {_status(report)}"


def _lists(report: ReportFigures) -> str:
    named = [
        f"{name_of(one.name)} ({one.id})" if one.name else f"list {one.id}"
        for one in report.lists[:_MOST_NAMED]
    ]
    others = len(report.lists) - len(named)
    return ", ".join([*named, *([f"{others:,} more"] if others else [])])


def _facts(report: ReportFigures, file: str) -> list[tuple[str, str]]:
    """Return what is known of the run beside its figures, with its name."""
    streams = [name_of(name) for name in list(report.streams)[:_MOST_NAMED]]
    others = len(report.streams) - len(streams)
    facts = {
        "List": _lists(report),
        "Account": name_of(report.account or report.display_name),
        "Started": time_of(report.started_at),
        "Took": "" if report.seconds is None else duration(report.seconds),
        "Source": name_of(report.source or ""),
        "Streams": ", ".join([*streams, *([f"{others:,} more"] if others else [])]),
        "Run": "" if report.run is None else f"{report.run:,}",
        "Host": name_of(report.host or ""),
        "Version": name_of(report.version or ""),
        "Report": name_of(file, 200),
    }
    return [(name, text) for name, text in facts.items() if text]
