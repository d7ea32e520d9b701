"""Many people who are taken off a list are looked up by pages of the list."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from support.changes_pipeline import Pipeline

GONE = "2026-01-01T00:00:00Z"


def people(numbers: t.Iterable[int]) -> list[dict[str, t.Any]]:
    return [{"email": f"person{number}@example.com", "first_name": "Ada"} for number in numbers]


def test_many_deletions_are_checked_by_pages_of_the_list(pipeline: Pipeline) -> None:
    pipeline.run(people(range(250)), on_delete="unsubscribe")
    gone = [{**record, "_sdc_deleted_at": GONE} for record in people(range(20))]
    outcome = pipeline.run(gone, on_delete="unsubscribe", verify="none")
    assert outcome.exit_code == 0
    assert outcome.report["unsubscribed"] == 20
    assert [status for status in pipeline.statuses().values() if status == 2] == [2] * 20
    assert outcome.report["requests"] < 20
