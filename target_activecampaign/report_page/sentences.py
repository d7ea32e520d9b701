"""Owns what the page takes from the summary of a run: the verdict, the sum, and what to do now."""

from __future__ import annotations

import typing as t


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
    """Return a report in words.

    Args:
        document: The report's JSON object.
    """
    rejected = sum(document["rejected"].values())
    sums = f"{document['read']:,} records read = {document['delivered']:,} delivered + {rejected:,} rejected"
    return Sentences(f"{document['delivered']:,} records were delivered.", sums, "Nothing to do.")
