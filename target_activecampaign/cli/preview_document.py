"""Owns the JSON document of a preview. Its keys stay."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from target_activecampaign.cli.preview_mask import Mask
    from target_activecampaign.preview.coverage import FieldCoverage, Remark, StreamCoverage
    from target_activecampaign.preview.session import Preview
    from target_activecampaign.preview.shown import ShownRecord, ShownValue

_FIGURES = (
    "read",
    "delivered",
    "unchanged",
    "superseded",
    "rejected",
    "held_back",
    "unsettled",
    "filtered",
    "ignored",
    "unsubscribed",
    "left_out",
)
_MOST_WORDS = 50


def document_of(preview: Preview, mask: Mask) -> dict[str, t.Any]:
    """Return a preview as one JSON document."""
    report = preview.report
    plan = report["plan"] or {}
    return {
        "ok": preview.failure is None,
        "problems": [] if preview.failure is None else [str(preview.failure)],
        "exit_code": preview.exit_code,
        "records": [_record(record, mask) for record in preview.shown],
        "fields": [
            _field(field, stream, report, mask) for stream in preview.streams for field in stream.fields
        ],
        "not_mapped": [
            {"stream": stream.name, "column": name, **_filled(filled, stream)}
            for stream in preview.streams
            for name, filled in stream.unmapped.items()
        ],
        "new_tags_for_all": [
            {"tag": tag, "nearest": near}
            for stream in preview.streams
            for tag, near in stream.new_tags.items()
        ],
        "figures": {name: report[name] for name in _FIGURES},
        "is_cut": preview.is_cut,
        "contract": {"room": report["room"]},
        "plan": {name: plan.get(name) for name in ("imports", "requests", "minutes")},
    }


def _record(record: ShownRecord, mask: Mask) -> dict[str, t.Any]:
    return {
        "stream": record.origin.stream,
        "line": record.origin.line,
        "row": record.origin.row,
        "key": {name: mask.key(record, name) for name in record.key},
        "outcome": record.outcome or None,
        "reason": record.reason,
        "detail": record.detail or None,
        "is_removal": record.is_removal,
        "is_contact": record.is_contact,
        "left_out": record.left_out,
        "values": [_value(value, mask) for value in record.values],
    }


def _value(value: ShownValue, mask: Mask) -> dict[str, t.Any]:
    return {
        "column": value.column or None,
        "value": mask.text(value.raw),
        "field": value.name,
        "sent": mask.sent(value) if value.state == "sent" else None,
        "state": value.state,
        "changes": [change.cause.value for change in value.changes],
        "why": ", ".join(mask.why(change) for change in value.changes),
        "now": None if value.now is None else mask.text(value.now),
    }


def _field(
    field: FieldCoverage, stream: StreamCoverage, report: dict[str, t.Any], mask: Mask
) -> dict[str, t.Any]:
    remarks = [_remark(remark, mask) for remark in field.remarks.values()]
    repeats = report["streams"].get(stream.name, {}).get("superseded", 0)
    if field.name == "email" and repeats:
        remarks.append({"kind": "repeats", "count": repeats})
    return {
        "stream": stream.name,
        "field": field.name,
        "column": field.column,
        **_filled(field.filled, stream),
        "distinct": field.distinct,
        "distinct_is_exact": field.is_exact,
        "longest": field.longest,
        "ordinary": mask.text(field.ordinary),
        "longest_value": mask.text(field.longest_value),
        "remarks": remarks,
    }


def _filled(filled: int, stream: StreamCoverage) -> dict[str, t.Any]:
    percent = 100 * filled / stream.records if stream.records else 0.0
    return {"filled": filled, "filled_percent": round(percent, 1)}


def _remark(remark: Remark, mask: Mask) -> dict[str, t.Any]:
    words = [
        {"word": mask.text(word), "count": count, "nearest": remark.nearest.get(word)}
        for word, count in remark.words.most_common(_MOST_WORDS)
    ]
    return {
        "kind": remark.kind,
        "detail": remark.detail or None,
        "count": remark.count,
        "lines": remark.places,
        "words": words,
    }
