"""Whatever goes wrong, in whatever order: STATEs leave in order, and none before what it covers."""

from __future__ import annotations

import typing as t
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.quick_target import QuickClock, run_quickly
from support.resuming import account_of, applied_one_by_one, assert_covered, config_of, messages_after

from target_activecampaign.sandbox import serve

IMPORT = "POST /import/bulk_import"
LOOK = "GET /import/info"
READ = "GET /contacts*"
WHERE_AND_WHAT = [
    *(
        f"{where} {what}"
        for where in (IMPORT, LOOK, READ)
        for what in (
            "status=503",
            "status=429",
            "status=403",
            "cut",
            "html",
            "status=200 body='[]'",
            "status=404",
        )
    ),
    f"{IMPORT} cut effect",
    f"{IMPORT} status=502 effect",
    f"{IMPORT} status=413",
    f'{IMPORT} status=400 body=\'{{"message":"Rate limit exceeded."}}\'',
    f'{IMPORT} status=400 body=\'{{"message":"JSON payload did not pass validation"}}\'',
    "import fails",
    "import interrupted applied=1",
    "import refuses=bo@example.com",
    "import open",
]

fault = st.builds(
    lambda what, after, times: f"{what} after={after} next={times}",
    st.sampled_from(WHERE_AND_WHAT),
    st.integers(0, 12),
    st.integers(1, 9),
)
REASONABLE = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.sweep
@REASONABLE
@given(faults=st.lists(fault, max_size=5), progress=st.sampled_from(["at-once", "looks=1", "looks=3"]))
def test_states_keep_their_order_and_cover_what_is_settled(faults: list[str], progress: str) -> None:
    with TemporaryDirectory() as name, serve(with_limits=False, progress=progress, faults=faults) as sandbox:
        folder = Path(name)
        config = config_of(sandbox, folder, import_timeout=30)
        outcome = run_quickly(config, messages_after(None), QuickClock(300))
        assert outcome.states == sorted(outcome.states)
        assert_adds_up(outcome.report)
        if not {"refused_by_activecampaign", "skipped_by_activecampaign"} & set(outcome.report["rejected"]):
            assert_covered(outcome.states[-1] if outcome.states else None, sandbox, folder)
            resume_without_faults(outcome.states[-1] if outcome.states else None, sandbox, folder)
        assert outcome.exit_code in (0, 1, 4)
        assert "Traceback" not in outcome.log


def resume_without_faults(state: int | None, sandbox: t.Any, folder: Path) -> None:  # noqa: ANN401 - a sandbox
    sandbox.emulator.faults.clear()
    again = run_quickly(config_of(sandbox, folder), messages_after(state), QuickClock(300))
    assert again.exit_code == 0 or again.report["read"] == sum(again.report["rejected"].values())
    assert account_of(sandbox) == applied_one_by_one()


def assert_adds_up(report: dict[str, t.Any]) -> None:
    """No more ends than beginnings; all of them where the run got through."""
    parts = ("delivered", "unchanged", "superseded", "held_back")
    ended = sum(report[part] for part in parts) + sum(report["rejected"].values())
    assert ended <= report["read"]
    assert report["exit_code"] == 1 or ended == report["read"]
