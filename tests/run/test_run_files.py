"""What stands in the place of a run's files is not destroyed, however the run ends."""

from __future__ import annotations

import typing as t

import pytest
from support.command import config_for
from support.quick_target import make_target

from target_activecampaign.reporting.report_file import write_report

if t.TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_run_that_is_refused_for_a_file_in_the_report_s_place_leaves_it_there(
    tmp_path: Path,
    dry_run: bool,  # noqa: FBT001 - a case
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("my only copy\n")
    target = make_target(config_for("sandbox", tmp_path, report_path=str(path), dry_run=dry_run))
    assert target.run_to_end(None) == 1
    assert path.read_text() == "my only copy\n"


def test_a_link_in_the_report_s_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.symlink_to(tmp_path / "another")
    write_report(path, {"read": 0})
    assert not path.is_symlink()
    assert not (tmp_path / "another").exists()
