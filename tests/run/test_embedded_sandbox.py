"""An embedded sandbox that can't keep its account names its folder, and blames no setting or tap."""

from __future__ import annotations

import re
import sys
import typing as t

import pytest

from target_activecampaign.errors import SettingsError
from target_activecampaign.run.embedded_sandbox import serve_sandbox

if t.TYPE_CHECKING:
    from pathlib import Path


def refusal_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    with pytest.raises(SettingsError) as refused, serve_sandbox(is_dry_run=False):
        pass
    (problem,) = refused.value.problems
    return problem


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".sandbox").touch()
    problem = refusal_in(tmp_path, monkeypatch)
    assert problem.startswith(
        f"hostname: the sandbox can't keep its account in the folder {tmp_path}/.sandbox: "
    )
    assert "File exists" in problem


def test_a_database_that_can_not_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".sandbox" / "account.db").mkdir(parents=True)
    problem = refusal_in(tmp_path, monkeypatch)
    assert f"in the folder {tmp_path}/.sandbox: " in problem
    assert "unable to open" in problem


def test_without_the_extra_the_problem_says_how_to_add_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "target_activecampaign.sandbox.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    problem = refusal_in(tmp_path, monkeypatch)
    assert re.search(r"^hostname: the sandbox needs an extra: .*install.*sandbox\]", problem)
