"""The figures of a preview are those of the run after it, and what it says of columns is so."""

from __future__ import annotations

import io
import tempfile
import typing as t
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.changes_pipeline import SCHEMA, Pipeline
from support.command import config_for, record_message, schema_message, singer_lines
from support.quick_target import make_target

from target_activecampaign.preview.session import preview_rows
from target_activecampaign.preview.shown import Choice
from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from target_activecampaign.preview.session import Preview

FIGURES = (
    "read",
    "delivered",
    "unchanged",
    "superseded",
    "rejected",
    "held_back",
    "unsettled",
    "left_out",
    "ignored",
    "unsubscribed",
    "imports",
    "limit",
    "exit_code",
)


def preview_of(config: dict[str, t.Any], records: list[dict[str, t.Any]], **chosen: t.Any) -> Preview:  # noqa: ANN401
    lines = singer_lines([schema_message("people", SCHEMA), *map(record_message, records)])
    return preview_rows(make_target, config, io.BytesIO(lines.encode()), Choice(**chosen))


records = st.lists(
    st.fixed_dictionaries(
        {"email": st.sampled_from(["a@example.com", "A@Example.com", "b@example.com", "c@", "", None])},
        optional={
            "first_name": st.sampled_from(["Ada", "ADA", " ", None, "Bo", 7]),
            "phone": st.sampled_from(["030 1234567", "ask her", None]),
            "_sdc_deleted_at": st.sampled_from([None, "2026-05-19"]),
        },
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    runs=st.lists(records, min_size=1, max_size=2),
    has_ledger=st.booleans(),
    rows=st.integers(1, 3),
    limit=st.sampled_from([1, 1000]),
    deletes=st.booleans(),
)
def test_they_are_those_of_the_run(
    *, runs: list[list[dict[str, t.Any]]], has_ledger: bool, rows: int, limit: int, deletes: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder, serve(with_limits=False, progress="at-once") as sandbox:
        pipeline = Pipeline(sandbox, Path(folder))
        options: dict[str, t.Any] = {
            **pipeline.settings,
            "batch_size_rows": rows,
            "profile_limit": limit,
            "on_delete": "unsubscribe" if deletes else "ignore",
            "max_rejected_percent": 60,
            "phone_region": "DE",
            "rejects_path": None,
        }
        if not has_ledger:
            options["ledger_url"] = None
        for some in runs:
            config = config_for(sandbox.url, Path(folder), **options)
            before = sorted(path.name for path in Path(folder).iterdir())
            preview = preview_of(config, some, most=50)
            assert sorted(path.name for path in Path(folder).iterdir()) == before
            messages = [schema_message("people", SCHEMA), *map(record_message, some)]
            real = pipeline.run_messages(messages, **options).report
            assert {key: preview.report[key] for key in FIGURES} == {key: real[key] for key in FIGURES}
            assert preview.exit_code == real["exit_code"]
            # Each record that counts is shown, with the outcome that the figures count it by.
            assert len(preview.shown) == real["read"]
            for outcome in ("delivered", "unchanged", "superseded", "held_back"):
                assert sum(one.outcome == outcome for one in preview.shown) == real[outcome]
            rejected = [one for one in preview.shown if one.outcome == "rejected"]
            assert len(rejected) == sum(real["rejected"].values())


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some=records)
def test_columns_are_counted_over_all_records(*, some: list[dict[str, t.Any]]) -> None:
    with serve(with_limits=False, progress="at-once") as sandbox, tempfile.TemporaryDirectory() as folder:
        config = config_for(sandbox.url, Path(folder), max_rejected_percent=100, phone_region="DE")
        counted = [one for one in some if not one.get("_sdc_deleted_at")]
        preview = preview_of(config, some, most=0)
    if not counted:
        return
    (coverage,) = preview.streams
    assert coverage.records == len(counted)
    for name in ("email", "first_name", "phone"):
        (field,) = [one for one in coverage.fields if one.name == name]
        texts = [str(one[name]) for one in counted if str(one.get(name) or "").strip()]
        assert field.filled == len(texts)
        assert field.longest == max(map(len, texts), default=0)
        if name != "email":
            assert field.distinct == len(set(texts))
        else:
            assert field.distinct == len({text.lower() for text in texts if text != "c@"})
