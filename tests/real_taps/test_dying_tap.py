"""A tap of the SDK that dies may just have written a STATE; one that ends may write none at its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from support.published_taps import FOLDER
from support.removals import carry_out_removals

if t.TYPE_CHECKING:
    from support.changes_pipeline import Pipeline
    from support.command import Outcome

pytestmark = pytest.mark.any_versions
MIRROR: dict[str, t.Any] = {"membership": "mirror"}
TAP = Path(__file__).parents[1] / "support" / "dying_tap.py"
USUAL_ROWS_BETWEEN_STATES = 10_000  # of every tap of the SDK


@pytest.fixture(params=[100, USUAL_ROWS_BETWEEN_STATES])
def between_states(request: pytest.FixtureRequest) -> int:
    if request.param == USUAL_ROWS_BETWEEN_STATES and not os.environ.get(FOLDER):
        pytest.skip(f"takes too long for every run; set {FOLDER}")
    rows: int = request.param
    return rows


def test_a_death_in_the_middle_takes_nobody_off_and_a_word_takes_off_what_is_pending(
    pipeline: Pipeline, between_states: int
) -> None:
    everybody, before_death = 2 * between_states, between_states * 103 // 100
    assert load(pipeline, everybody, between_states).exit_code == 0
    died = load(pipeline, everybody, between_states, before_death)
    assert died.states, "a STATE came before the death"
    pending = died.report["pending_removals"]
    assert (died.exit_code, pending, off(pipeline)) == (0, everybody - before_death, 0)
    # The brake holds against a word that was given by mistake.
    assert carry_out_removals(pipeline, **MIRROR).returncode == 5
    assert off(pipeline) == 0
    ended = load(pipeline, everybody - 5, between_states)
    assert (ended.exit_code, ended.report["pending_removals"], off(pipeline)) == (0, 5, 0)
    removed = carry_out_removals(pipeline, **MIRROR)
    assert (removed.returncode, off(pipeline)) == (0, 5), removed.stderr


def load(pipeline: Pipeline, rows: int, between_states: int, before_death: int | None = None) -> Outcome:
    """Pipe the tap into the target, which does not learn how the tap ended."""
    numbers = [rows, between_states, *([] if before_death is None else [before_death])]
    command = [sys.executable, str(TAP), *map(str, numbers)]
    tap = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert (tap.returncode != 0) == (before_death is not None), tap.stderr
    return pipeline.run_messages(map(json.loads, tap.stdout.splitlines()), **MIRROR)


def off(pipeline: Pipeline) -> int:
    return sum(status != 1 for status in pipeline.statuses().values())
