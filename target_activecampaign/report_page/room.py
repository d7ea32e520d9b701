"""Owns the section about the contract: how full it is, and when it will be."""

from __future__ import annotations

import datetime as dt
import typing as t

from target_activecampaign.report_page.content import Plot, Section, Table
from target_activecampaign.report_page.drawing import BLUE, GREY
from target_activecampaign.report_page.stacked_bar import Part, draw_parts
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.report_page.figures import Contract, ReportFigures, RunFigures

_FEWEST_RUNS = 5
_LONGEST_DAYS = 3650
_SECONDS_A_DAY = 86_400


def room_section(report: ReportFigures, runs: Sequence[RunFigures]) -> Section | None:
    """Return the section; none where the run did not know the contract.

    Args:
        report: The run's figures.
        runs: The last ones of the same list, oldest first.
    """
    title, question = "Is there room?", "When must the contract grow?"
    if report.contract is not None and report.contract.limit:
        contract = report.contract
        said = [*_sentences(contract), *_forecast(contract, runs)]
        return Section("room", title, question, said, _plot(contract))
    if report.room is None:
        return None
    said = [f"The contract left room for {counted(report.room, 'contact')} when the run began."]
    return Section("room", title, question, said)


def _used(contract: Contract) -> int:
    return contract.before if contract.after is None else contract.after


def _room(contract: Contract) -> int:
    return max(contract.limit - _used(contract), 0)


def _sentences(contract: Contract) -> list[str]:
    used = _used(contract)
    return [
        (
            f"{used:,} of {contract.limit:,} contacts are used ({share(used, contract.limit)}): "
            f"room for {_room(contract):,}."
        )
    ]


def _forecast(contract: Contract, runs: Sequence[RunFigures]) -> list[str]:
    """Say when the contract will be full if the account goes on growing as in the last runs."""
    known = [run for run in runs if run.created is not None]
    if len(known) < _FEWEST_RUNS:
        return [f"When it is full can be told after {_FEWEST_RUNS} runs."]
    days = (known[-1].started_at - known[0].started_at).total_seconds() / _SECONDS_A_DAY
    added = sum(run.created or 0 for run in known[1:])
    if not added or days <= 0:
        return [f"The last {len(known)} runs added nobody."]
    days_left = _room(contract) * days / added
    pace = f"At the pace of the last {len(known)} runs ({added / days:,.0f} new contacts a day)"
    if days_left > _LONGEST_DAYS:
        return [f"{pace} it is not full within ten years."]
    full = known[-1].started_at + dt.timedelta(days=days_left)
    return [f"{pace} it is full on about {full:%Y-%m-%d}."]


def _plot(contract: Contract) -> Plot:
    before = min(contract.before, _used(contract))
    parts = [
        Part("used before", before, GREY),
        Part("added meanwhile", _used(contract) - before, BLUE),
        Part("room", _room(contract), GREY, "--"),
    ]
    rows = [
        ("limit", f"{contract.limit:,}"),
        ("used before the run", f"{contract.before:,}"),
        ("used after the run", "unknown" if contract.after is None else f"{contract.after:,}"),
        ("room", f"{_room(contract):,}"),
    ]
    table = Table("The contract", ("", "contacts"), rows, frozenset({1}))
    return Plot(draw_parts("room", "Contacts of the contract", parts), table)
