"""Files of a run that would destroy each other are refused at the start, whatever links lead to them."""

from __future__ import annotations

import os
import typing as t

import pytest

from target_activecampaign.config.distinct_files import NamedFile, find_shared
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from pathlib import Path

CONFIG = {"hostname": "sandbox", "api_key": "sandbox", "data_privacy_consent": True, "list_id": 1}


def problems_of(**settings: t.Any) -> tuple[str, ...]:  # noqa: ANN401 - any setting
    with pytest.raises(SettingsError) as refused:
        parse_settings({**CONFIG, **settings})
    return refused.value.problems


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".list-1.lock"])
def test_a_report_in_the_place_of_the_ledger_is_refused(tmp_path: Path, ending: str) -> None:
    (problem,) = problems_of(
        report_path=f"{tmp_path}/../{tmp_path.name}/ledger.db{ending}",
        ledger_url=f"sqlite:///{tmp_path}/ledger.db",
    )
    assert problem == "report_path: is the file of ledger_url; write another"


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_lead_to_one_file(tmp_path: Path, link: t.Callable[[Path, Path], None]) -> None:
    (tmp_path / "ledger.db").touch()
    link(tmp_path / "ledger.db", tmp_path / "rejects")
    (problem,) = problems_of(
        rejects_path=str(tmp_path / "rejects"), ledger_url=f"sqlite:///{tmp_path}/ledger.db"
    )
    assert problem == "rejects_path: is the file of ledger_url; write another"


def test_a_link_to_a_file_that_is_yet_to_be_made_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "report").symlink_to(tmp_path / "rejects")
    (problem,) = problems_of(report_path=str(tmp_path / "report"), rejects_path=str(tmp_path / "rejects"))
    assert problem == "report_path: is the file of rejects_path; write another"


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_for_state_alone(path: str) -> None:
    (problem,) = problems_of(rejects_path=path)
    assert problem == "rejects_path: is standard output, which holds STATE alone; write another"


@pytest.mark.parametrize("name", ["rejects_path", "outcomes_path"])
def test_the_null_device_takes_a_report_but_nothing_that_a_state_covers(name: str) -> None:
    assert len(parse_settings({**CONFIG, "report_path": "/dev/null"}).written_files()) == 1
    (problem,) = problems_of(**{name: "/dev/null"})
    assert problem.startswith(f"{name}: keeps nothing, ")


def test_outcomes_in_the_place_of_rejects_are_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(
        outcomes_path=f"{tmp_path}/out", rejects_path=f"{tmp_path}/../{tmp_path.name}/out"
    )
    assert problem == "rejects_path: is the file of outcomes_path; write another"


def test_an_open_descriptor_is_its_file(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.touch()
    with path.open() as file:
        read = [NamedFile("--input", file.fileno())]
        assert find_shared([NamedFile("report_path", path)], read) == [
            "report_path: is the file of --input; write another"
        ]
        assert find_shared([NamedFile("report_path", tmp_path / "other")], read) == []
