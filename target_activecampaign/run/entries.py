"""Owns which remembered documents are entries of runs: others can't be read, and are passed over.

A file may be damaged, or be of another version of this program: neither may cost the run that reads it. Pure.
"""

from __future__ import annotations

import datetime as dt
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_TEXTS = ("started_at", "host", "mark", "connection", "version", "kind")
_WHOLE = ("seen_at", "process")
_FIGURES = ("read", "delivered", "created", "updated", "unchanged", "superseded", "held_back", "exit_code")
_KINDS = {"run", "trial", "dry run"}


def is_entry(document: Mapping[str, t.Any]) -> bool:
    """Tell whether a document is what a run entered when it began, with its report where it ended."""
    is_well = all(isinstance(document.get(name), str) for name in _TEXTS) and _are_whole(document, _WHOLE)
    if not is_well or document["kind"] not in _KINDS or not _is_moment(document["started_at"]):
        return False
    lists, files, report = document.get("lists"), document.get("files", {}), document.get("report", {})
    return (
        isinstance(lists, list)
        and all(isinstance(one, (int, str)) for one in lists)
        and isinstance(files, dict)
        and isinstance(document.get("read", 0), int)
        and isinstance(document.get("progress") or "", str)
        and isinstance(report, dict)
        and (not report or _is_report(report))
    )


def _is_report(report: Mapping[str, t.Any]) -> bool:
    rejected, lists = report.get("rejected"), report.get("lists", [])
    return (
        _are_whole(report, _FIGURES)
        and isinstance(report.get("seconds"), (int, float))
        and isinstance(report.get("started_at"), str)
        and isinstance(report.get("result", ""), str)
        and isinstance(rejected, dict)
        and _are_whole(rejected, rejected)
        and isinstance(report.get("streams", {}), dict)
        and isinstance(lists, list)
        and all(isinstance(one, dict) and {"id", "name"} <= one.keys() for one in lists)
    )


def _are_whole(document: Mapping[str, t.Any], names: t.Iterable[str]) -> bool:
    return all(isinstance(document.get(name), int) for name in names)


def _is_moment(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
