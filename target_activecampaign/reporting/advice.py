"""Owns what is to be done after a run: the next step, what is safe to do now, and what is not. Pure text."""

from __future__ import annotations

import re
import shlex
import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.reporting.reject_lines import can_be_mended
from target_activecampaign.reporting.sums import is_cut_short, rejected_count
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.reporting.report import ReportJson

MEND_THAT = "Mend that, then run again."
NOTHING_TO_DO = "Nothing to do."
_RUN_AGAIN = "Run again."
_LONGEST_PATH = 200
_END_OF_SENTENCE = re.compile(r"(?<=[\w)\]}\"'%])\.\s+(?=[A-Z])")


def next_step(report: ReportJson) -> str:
    """Return what to do next, in one or two sentences; `Nothing to do.` where nothing is."""
    if _is_at_limit(report):
        return _make_room(report)
    if report["dry_run"]:
        return _run_in_earnest(report) if not report["exit_code"] else _mend_the_cause(report)
    if report["exit_code"] not in {0, 4}:
        return _mend_the_cause(report)
    if rejected_count(report) and not are_rejects_usual(report):
        return _mend(report)
    if report["pending_removals"]:
        return "When the tap has ended well: target-activecampaign mirror"
    return NOTHING_TO_DO


def _run_in_earnest(report: ReportJson) -> str:
    source = report.get("source")
    if source is None:
        return "Run it without dry_run."
    return f"target-activecampaign send {shlex.quote(shown_text(source, _LONGEST_PATH))}"


def advice_lines(report: ReportJson) -> Iterator[str]:
    """Yield what is safe to do now and what is not, a paragraph each; the next step is the last."""
    step = next_step(report)
    if _is_at_limit(report):
        yield f"{_waiting(report)} {step}"
        if report["exit_code"]:
            yield 'To end such runs without an error: "on_limit": "stop".'
    elif report["dry_run"]:
        yield f"Next: {_lower(step)}"
    elif is_cut_short(report):
        yield from _of_unanswered(report)
        if step != _RUN_AGAIN or not report["unsettled"]:
            yield step
    elif report["exit_code"] == 5:  # noqa: PLR2004 - the code of stopped removals
        yield step
    else:
        yield from _of_rejected(report)
        if step != NOTHING_TO_DO:
            yield f"Next: {_lower(step)}"


def _is_at_limit(report: ReportJson) -> bool:
    """Tell whether a limit is what the run ended with, and not a failure that matters more."""
    return report["limit"] is not None and report["held_back"] > 0 and report["exit_code"] in {0, 3}


def are_rejects_usual(report: ReportJson) -> bool:
    """Tell whether the runs before had about as many rejected records, so that nobody has to look."""
    return report.get("before") is not None and report.get("result") == "done"


def cause_of(report: ReportJson) -> str:
    """Return what ended the run: the first sentence of its error, without its full stop."""
    return _sentences(report)[0].rstrip(".")


def problems_of(report: ReportJson) -> list[str]:
    """Return what ended the run, a line for each problem."""
    return (report.get("error") or "the run ended early").splitlines()


def remedy_of(report: ReportJson) -> str:
    """Return what its error says is to be done, or nothing."""
    rest = " ".join(_sentences(report)[1:]).removesuffix("Nobody was taken off a list").rstrip()
    return f"{rest.rstrip('.')}." if rest else ""


def _sentences(report: ReportJson) -> list[str]:
    problems = problems_of(report)
    if len(problems) > 1:
        return [f"{len(problems)} problems with the settings"]
    return _END_OF_SENTENCE.split(problems[0], maxsplit=1)


def _mend_the_cause(report: ReportJson) -> str:
    if remedy := remedy_of(report):
        return remedy
    is_interrupted = report["exit_code"] > 128  # noqa: PLR2004 - so shells count signals
    return _RUN_AGAIN if report["imports_tried"] or is_interrupted else MEND_THAT


def _make_room(report: ReportJson) -> str:
    again = "run it without dry_run" if report["dry_run"] else f"run again{_where_it_goes_on(report)}"
    if report["limit"] == "profile_limit":
        return f"Raise profile_limit, or {again}."
    contract = report.get("contract")
    used = f" ({contract['after']:,} of {contract['limit']:,} used)" if contract else ""
    room = counted(report["held_back"], "contact")
    return f"Make room for {room}, or raise the contract{used}, then {again}."


def _waiting(report: ReportJson) -> str:
    people = counted(report["held_back"], "new person", "new people")
    if report["dry_run"]:
        return f"{people} would have to wait."
    return f"{people} {'waits' if report['held_back'] == 1 else 'wait'}; nothing is lost."


def _where_it_goes_on(report: ReportJson) -> str:
    """Say where the next run begins, where a STATE or the ledger makes sure of it."""
    if report.get("state_record"):
        return ": it goes on at the first of them"
    return ": what arrived is not sent again" if report.get("ledger") else ""


def _mend(report: ReportJson) -> str:
    path = report["rejects"]["path"]
    if not can_be_mended(report):
        return "Leave them out at the source: your account excludes them."
    if path is None:
        again = "and run again" if report["exit_code"] else "before the next run"
        return f"Mend the mapping or the data {again}. With rejects_path rejected records are kept in a file."
    shown = shown_text(path, _LONGEST_PATH)
    return f"Mend {shown}, then   target-activecampaign send {_quoted(shown)}"


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w./+-]+", path) else "'" + path.replace("'", "'\\''") + "'"


def _of_rejected(report: ReportJson) -> Iterator[str]:
    """Say of a run with too many rejected records where they are, and whether STATE passed them."""
    if not report["exit_code"]:
        return
    path, rejected = report["rejects"]["path"], rejected_count(report)
    place = ""
    if path is not None:
        shown = shown_text(path, _LONGEST_PATH)
        place = f"The {rejected:,} stand in {shown} with reasons. "
        if rejected == 1:
            place = f"It stands in {shown} with its reason. "
    state = "" if report["state_record"] is None else _state(report)
    if place or state:
        yield f"{place}{state}".rstrip()


def _of_unanswered(report: ReportJson) -> Iterator[str]:
    if report["imports_tried"] == 0:
        if "othing was sent" not in (report["error"] or ""):
            yield "Nothing was sent."
    elif report["unsettled"]:
        yield f"{_resending(report['unsettled'])}{_of_automations(report)}"
    if report["state_record"] is not None:
        yield _state(report)


def _resending(unsettled: int) -> str:
    if unsettled == 1:
        return "It may have arrived. Run again: it is sent once more; nobody is added twice, none is lost."
    return (
        f"Some of the {unsettled:,} may have arrived. Run again: they are sent once more; nobody is added "
        "twice, none is lost."
    )


def _state(report: ReportJson) -> str:
    record = report["state_record"]
    if not record:
        return "STATE was not passed on: the tap begins where it began this time."
    return f"The tap goes on behind record {record:,} at the latest (STATE)."


def _of_automations(report: ReportJson) -> str:
    return " Automations, which are on, may start twice for them." if report["automations"] else ""


def _lower(sentence: str) -> str:
    """Return a sentence as it stands behind `Next:`."""
    return sentence[:1].lower() + sentence[1:]
