"""Owns what the page takes from the summary of a run: the verdict, the sum, and what to do now."""

from __future__ import annotations

import typing as t

from target_activecampaign.reporting.summary import next_step, sums, verdict

_OF_OLD_REPORTS: dict[str, t.Any] = {
    "account": None,
    "automations": True,
    "contract": None,
    "created_may_be_too_high": False,
    "dry_run": False,
    "error": None,
    "imports": 0,
    "ledger": False,
    "limit": None,
    "lists": [],
    "pending_removals": None,
    "plan": None,
    "report_path": None,
    "rejects": {"path": None, "reasons": {}},
    "room": None,
    "seconds": 0,
    "settings": {},
    "source": None,
    "state_record": None,
    "streams": {},
}
"""Keys that reports of earlier versions lack, with what the summary takes for unknown."""
_FIGURES = (
    "delivered",
    "created",
    "updated",
    "unchanged",
    "superseded",
    "held_back",
    "unsettled",
    "filtered",
    "ignored",
    "unsubscribed",
    "left_alone",
    "still_unsubscribed",
)


class Sentences(t.NamedTuple):
    """A report in words.

    Attributes:
        verdict: What came of the run.
        sums: All outcomes as one sum.
        next_step: What to do now.
    """

    verdict: str
    sums: str
    next_step: str


def sentences_of(document: dict[str, t.Any]) -> Sentences:
    """Return a report in words; of one that the summary can't read, the figures alone.

    Args:
        document: The report's JSON object, with its figures.
    """
    defaults = {**_OF_OLD_REPORTS, **dict.fromkeys(_FIGURES, 0), "left_out": {}, "left_alone_reasons": {}}
    known = {name: value for name, value in document.items() if value is not None}
    report = {
        **defaults,
        # People were counted as records, and imports only where they were taken.
        "people": document.get("delivered", 0),
        "imports_tried": document.get("imports", 0),
        **known,
    }
    try:
        return Sentences(verdict(report), sums(report), next_step(report))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        figures = f"{document['read']:,} records were read."
        return Sentences(figures, figures, "See the figures below.")
