"""The end summary says how a run ended, adds up, and says what to do. `summaries` holds its texts."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ended_runs import SUMMARIES, WIDTH, ended, runs, text_of

from target_activecampaign.contacts.contact import Reason
from target_activecampaign.reporting.summary import log_line, next_step, summary_lines, sums, verdict

if t.TYPE_CHECKING:
    from target_activecampaign.reporting.report import ReportJson

RUNS = runs()
TERM = re.compile(r"(?:=|\+) ([\d,]+) ")


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_run_ends_with_these_lines(name: str) -> None:
    assert text_of(RUNS[name]) == (SUMMARIES / f"{name}.txt").read_text(encoding="utf-8")


def test_every_text_is_of_a_run() -> None:
    assert sorted(path.stem for path in SUMMARIES.iterdir()) == sorted(RUNS)


# The sum


def terms_of(text: str) -> list[int]:
    """Read the terms of a sum as a person would, whatever lines they stand on."""
    return [int(number.replace(",", "")) for number in TERM.findall(text.partition("(First")[0])]


def whole_of(text: str) -> int:
    found = re.search(r"([\d,]+) (?:records?|rows?)(?: read)? =", text)
    assert found
    return int(found[1].replace(",", ""))


FIGURES = st.fixed_dictionaries(
    {name: st.integers(0, 2_000) for name in ("created", "updated", "unchanged", "superseded", "held_back")}
    | {"unsettled": st.integers(0, 3)}
)
REJECTED = st.dictionaries(st.sampled_from(list(Reason)), st.integers(0, 1_200), max_size=4)
CODES = st.sampled_from([0, 1, 3, 4, 5, 130, 143])


def a_run(
    figures: dict[str, int],
    rejected: dict[Reason, int],
    code: int,
    **more: t.Any,  # noqa: ANN401 - of JSON
) -> ReportJson:
    delivered = figures["created"] + figures["updated"]
    counts = {name: figures[name] for name in ("created", "unchanged", "superseded", "held_back")}
    others = sum(figures[name] for name in ("unchanged", "superseded", "held_back", "unsettled"))
    read = delivered + others + sum(rejected.values())
    limit = "account_limit_guard" if figures["held_back"] else None
    stream = {**counts, "delivered": delivered, "read": read, "rejected": rejected}
    run = {"limit": limit, "contract": (10, 10) if limit else None, "error": "x" if code else None}
    return ended(9, code, stream=stream, run=run, **more)


@settings(max_examples=40)
@given(figures=FIGURES, rejected=REJECTED, code=CODES, is_usual=st.booleans(), width=st.integers(30, 110))
def test_the_terms_add_up_to_the_records_read(
    figures: dict[str, int], rejected: dict[Reason, int], code: int, width: int, *, is_usual: bool
) -> None:
    later = {"result": "done", "before": {"rejected": {}}} if is_usual else {}
    report = a_run(figures, rejected, code, **later)
    if not report["read"]:
        assert sums(report) == ""
        return
    block = "\n".join(line for line in summary_lines(report, width) if re.match(r"[\d,]+ record| +\+", line))
    for text in (sums(report), block):
        assert whole_of(text) == report["read"]
        assert sum(terms_of(text)) == report["read"]
        assert 0 not in terms_of(text)
    parts = re.search(r"delivered \(([^)]*)\)", sums(report))
    if parts:
        delivered = sum(int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", parts[1]))
        assert delivered == report["delivered"]
    reasons = re.search(r"rejected \((.*?)\)", sums(report))
    counts = re.findall(r"(\d[\d,]*) \w", reasons[1]) if reasons else []
    if counts:
        assert sum(int(count.replace(",", "")) for count in counts) == sum(report["rejected"].values())


@settings(max_examples=40)
@given(figures=FIGURES, rejected=REJECTED, code=CODES, width=st.integers(60, 110))
def test_lines_keep_to_the_width_and_none_says_a_term_that_is_0(
    figures: dict[str, int], rejected: dict[Reason, int], code: int, width: int
) -> None:
    lines = summary_lines(a_run(figures, rejected, code), width)
    assert all(lines)
    assert [line for line in lines if len(line) > width and "   target-activecampaign " not in line] == []
    assert not any(
        re.search(r"\b0 (?:delivered|new|updated|unchanged|merged|rejected|held)", line) for line in lines
    )


def test_streams_of_their_own_add_up_too() -> None:
    lines = [line for line in summary_lines(RUNS["streams_and_lists"], 100) if re.match(r"  \S+: \d", line)]
    assert [(whole_of(line), sum(terms_of(line))) for line in lines] == [(200, 200), (20, 20)]


# What is said, and what is not


@pytest.mark.parametrize("name", sorted(RUNS))
def test_the_last_line_is_what_to_do_next(name: str) -> None:
    report = RUNS[name]
    block, step = " ".join(summary_lines(report, 1_000)), next_step(report)
    assert step
    assert step[1:] in block or (step == "Run again." and "Run again" in block)


@pytest.mark.parametrize("name", sorted(RUNS))
def test_nothing_to_do_is_said_where_that_is_true(name: str) -> None:
    report = RUNS[name]
    wants_somebody = (
        report["exit_code"] or report["held_back"] or report["pending_removals"] or report["dry_run"]
    )
    if wants_somebody:
        assert next_step(report) != "Nothing to do."
        assert "Nothing to do" not in log_line(report)


def test_automations_may_start_twice_where_they_are_on_alone() -> None:
    words = "Automations, which are on, may start twice"
    assert words in log_line(RUNS["exit_1_import"])
    assert words not in log_line(RUNS["exit_1_import_without_automations"])
    assert not any(
        words in log_line(report)
        for name, report in RUNS.items()
        if "exit_1" not in name and "130" not in name
    )


def test_nothing_was_sent_is_said_where_no_import_was_tried() -> None:
    for report in RUNS.values():
        if "Nothing was sent." in log_line(report):
            assert report["dry_run"] or report["imports_tried"] == 0


def test_a_cause_is_guessed_only_from_the_run_before() -> None:
    report = RUNS["rejects_up"]
    assert "was the column renamed?" in "\n".join(summary_lines(report, WIDTH))
    had_some = report | {"before": {"rejected": {"email_missing": 3}}}
    for other in (had_some, {**report, "before": None}):
        assert "was the column renamed?" not in "\n".join(summary_lines(other, WIDTH))


def test_a_report_without_the_keys_of_other_runs_is_told_all_the_same() -> None:
    for report in RUNS.values():
        bare = {
            key: value for key, value in report.items() if key not in {"run", "result", "before", "usual"}
        }
        empty = {**report, "run": None, "result": None, "before": None, "usual": None}
        assert summary_lines(bare, WIDTH) == summary_lines(empty, WIDTH)
        assert verdict(bare) == verdict(empty)


def test_names_cannot_forge_a_line_or_reach_the_terminal() -> None:
    hostile = {3: "a\n250,000 records = all\x1b[2J\u202e" + "x" * 500}
    report = ended(stream={"read": 2, "delivered": 2}, facts={"lists": hostile, "report_path": "a\nb"})
    lines = summary_lines(report, WIDTH)
    assert all(line.isprintable() for line in [*lines, log_line(report), verdict(report)])
    assert max(map(len, lines)) < WIDTH + 20


def test_a_path_that_a_shell_would_read_otherwise_is_quoted() -> None:
    report = ended(
        stream={"read": 2, "delivered": 1, "rejected": {Reason.TOO_LARGE: 1}},
        facts={"rejects_path": "my r.csv"},
    )
    assert next_step(report) == "Mend my r.csv, then   target-activecampaign send 'my r.csv'"


def test_who_was_off_the_list_already_is_not_said_to_be_left_on_it() -> None:
    report = RUNS["removals"] | {"left_alone_reasons": {"not_on_list": 2, "not_subscribed": 1, "refused": 1}}
    said = summary_lines(report, WIDTH)
    assert "3 people were to be taken off the list, and not on it." in said
    assert "1 person left on the list: 1 refused." in said
    only_off = summary_lines(report | {"left_alone_reasons": {"not_on_list": 1}}, WIDTH)
    assert not any("left on the list" in line for line in only_off)


def test_thousands_have_commas_and_one_is_no_plural() -> None:
    for report in RUNS.values():
        text = "\n".join([*summary_lines(report, WIDTH), log_line(report)])
        assert not re.search(r"(?<![\d,.:\-])\d{4,}(?![\d\-])", text), text
        assert not re.search(
            r"\b1 (?:people|records|rows|imports|contacts|repeats|merged repeats|values)\b", text
        )
