"""A dry run changes nothing, and predicts the figures of the run after it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.changes_pipeline import Pipeline, people, person

from target_activecampaign.sandbox import serve

FIGURES = (
    "read",
    "delivered",
    "created",
    "updated",
    "unchanged",
    "superseded",
    "rejected",
    "held_back",
    "ignored",
    "unsubscribed",
    "left_alone",
    "imports",
    "limit",
    "mirror",
    "exit_code",
)


def files_of(folder: Path) -> dict[str, str]:
    """Each file and a hash of what is in it, the report and the test's own configuration aside."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and path.name != "report.json"
    }


def test_nothing_is_sent_and_no_file_but_the_report_changes(pipeline: Pipeline) -> None:
    pipeline.run(people(range(5)))
    before = files_of(pipeline.folder), pipeline.names()
    outcome = pipeline.run([*people(range(3, 8)), {"email": "nobody"}], dry_run=True)
    assert outcome.exit_code == 0
    assert outcome.states == []
    assert (files_of(pipeline.folder), pipeline.names()) == before
    requests = pipeline.sandbox.emulator.journal.after(0)
    assert len([entry for entry in requests if entry.method != "GET"]) == 1
    assert outcome.report["dry_run"]
    assert '3 people would be sent to "Customers". Nothing was sent. ' in outcome.log
    assert "Duration: 1 import, about " in outcome.log
    assert "person" not in outcome.log
    assert (outcome.report["created"], outcome.report["updated"], outcome.report["unchanged"]) == (3, 0, 2)
    assert outcome.report["rejected"] == {"email_invalid": 1}


def test_a_ledger_that_is_not_there_is_not_made(pipeline: Pipeline) -> None:
    outcome = pipeline.run(people(range(5)), dry_run=True)
    assert outcome.report["delivered"] == 5
    assert files_of(pipeline.folder) == {}


def test_the_plan_says_imports_requests_minutes_and_the_first_contact_with_its_values_hidden(
    pipeline: Pipeline,
) -> None:
    pipeline.sandbox.account.contact_limit = 1000
    limits: dict[str, t.Any] = {"requests_per_second": 5, "imports_per_minute": 100}
    outcome = pipeline.run(people(range(600)), dry_run=True, tags=["vip"], **limits)
    plan = outcome.report["plan"]
    assert plan["imports"] == outcome.report["imports"] == 3
    assert plan["requests"] >= 3 + 3
    assert plan["minutes"] == 0.0
    assert plan["first_contact"] == {
        "email": "***@***",
        "first_name": "***",
        "fields": [],
        "tags": ["***"],
        "subscribe": [{"listid": 1}],
    }
    assert outcome.report["room"] == 1000
    assert "example.com" not in json.dumps(outcome.report)


def test_contacts_beyond_the_contracts_headroom_are_held_back_in_both(pipeline: Pipeline) -> None:
    pipeline.sandbox.account.contact_limit = 40
    dry = pipeline.run(people(range(100)), dry_run=True, batch_size_rows=7).report
    real = pipeline.run(people(range(100)), batch_size_rows=7).report
    assert dry["held_back"] == real["held_back"] == 60
    assert dry["exit_code"] == real["exit_code"] == 3


def test_a_dry_run_counts_the_mirrors_removals_and_makes_none(pipeline: Pipeline) -> None:
    mirror: dict[str, t.Any] = {"membership": "mirror"}
    pipeline.run(people(range(20)), **mirror)
    dry = pipeline.run(people(range(19)), dry_run=True, **mirror)
    assert dry.report["unsubscribed"] == 1
    assert set(pipeline.statuses().values()) == {1}
    assert pipeline.run(people(range(19)), **mirror).report["unsubscribed"] == 1


def test_a_dry_run_into_the_bundled_emulator_makes_no_account(
    tmp_path: Path,
    monkeypatch: t.Any,  # noqa: ANN401 - pytest's
) -> None:
    from support.quick_target import run_quickly  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    config = {"hostname": "sandbox", "api_key": "sandbox", "data_privacy_consent": True, "list_id": 1}
    outcome = run_quickly(
        {**config, "dry_run": True, "report_path": str(tmp_path / "report.json")},
        [
            {
                "type": "SCHEMA",
                "stream": "people",
                "schema": {"properties": {"email": {}}},
                "key_properties": [],
            },
            {"type": "RECORD", "stream": "people", "record": person(1)},
        ],
    )
    assert outcome.exit_code == 0
    assert outcome.report["delivered"] == 1
    names = {path.name for path in tmp_path.iterdir()}
    assert names - {"runs.jsonl.lock"} == {"report.json", "runs.jsonl"}


numbers = st.integers(0, 9)
records = st.lists(
    st.one_of(
        st.builds(
            person,
            numbers,
            first_name=st.sampled_from(["Ada", "Bo", None]),
            _sdc_deleted_at=st.sampled_from([None, None, None, "2026-05-19"]),
        ),
        st.sampled_from([{"email": None}, {"email": "nobody"}, {"email": "bo@example.com", "first_name": 7}]),
    ),
    max_size=25,
)


@pytest.mark.sweep
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    runs=st.lists(records, min_size=1, max_size=3),
    rows=st.integers(1, 4),
    mirror=st.booleans(),
    limit=st.sampled_from([3, 1000]),
)
def test_the_run_after_a_dry_run_comes_to_the_same_figures(
    *, runs: list[list[dict[str, t.Any]]], rows: int, mirror: bool, limit: int
) -> None:
    options: dict[str, t.Any] = {
        "batch_size_rows": rows,
        "profile_limit": limit,
        "on_delete": "unsubscribe",
        "membership": "mirror" if mirror else "add",
        "max_removal_percent": 60,
        "max_rejected_percent": 60,
    }
    with tempfile.TemporaryDirectory() as folder, serve(with_limits=False, progress="looks=2") as sandbox:
        sandbox.emulator.switches.choose("left-list", "skip-subscription")
        pipeline = Pipeline(sandbox, Path(folder))
        for some in runs:
            dry = pipeline.run(some, dry_run=True, **options).report
            real = pipeline.run(some, **options).report
            assert {key: dry[key] for key in FIGURES} == {key: real[key] for key in FIGURES}
