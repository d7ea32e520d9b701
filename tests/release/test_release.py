"""A release is made where tag, version, changelog and repository agree; its notes are the changelog's."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import release

from target_activecampaign import __version__

pytestmark = pytest.mark.any_versions  # files of the repository

PROJECT = Path(__file__).parents[2]
REPOSITORY = "https://git.example/acme/target-activecampaign"
CHANGELOG = """# Changelog

Every version.

## [Unreleased]

### Added

- `send` sends a file.

## [0.1.0] - 2026-01-31

First.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose version 0.1.0 is released, with something new."""
    (tmp_path / "target_activecampaign").mkdir()
    (tmp_path / "target_activecampaign" / "__init__.py").write_text('"""It."""\n\n__version__ = "0.1.0"\n')
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.hatch.metadata.hooks.custom]\nrepository = "{REPOSITORY}"\n'
    )
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], project: Path, *arguments: str) -> tuple[int, str]:
    code = release.main(arguments, project)
    output = capsys.readouterr()
    return code, output.out + output.err


def test_what_is_cut_can_be_released(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, project, "cut", "0.2.0", "--date", "2026-03-01")[0] == 0
    assert (project / "CHANGELOG.md").read_text() == CHANGELOG.replace(
        "## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-03-01\n"
    )
    assert '__version__ = "0.2.0"\n' in (project / "target_activecampaign" / "__init__.py").read_text()
    assert said(capsys, project, "check", "v0.2.0", "--repository", REPOSITORY)[0] == 0
    assert said(capsys, project, "notes", "v0.2.0") == (0, "### Added\n\n- `send` sends a file.\n")
    assert said(capsys, project, "notes", "v0.1.0") == (0, "First.\n")


def test_without_a_date_it_is_cut_today(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = dt.datetime.now(tz=dt.timezone.utc).date()
    assert said(capsys, project, "cut", "0.2.0")[0] == 0
    after = dt.datetime.now(tz=dt.timezone.utc).date()
    headings = {f"## [0.2.0] - {date.isoformat()}\n" for date in (before, after)}
    assert any(heading in (project / "CHANGELOG.md").read_text() for heading in headings)


@pytest.mark.parametrize(
    ("version", "text", "problem"),
    [
        ("0.1.0", CHANGELOG, "has a section 0.1.0 already"),
        ("0.2.0", CHANGELOG.replace("### Added\n\n- `send` sends a file.\n", ""), "nothing below"),
        ("0.2.0", "# Changelog\n", "nothing below"),
    ],
)
def test_there_is_something_to_cut_and_once(
    project: Path, capsys: pytest.CaptureFixture[str], version: str, text: str, problem: str
) -> None:
    (project / "CHANGELOG.md").write_text(text)
    code, output = said(capsys, project, "cut", version)
    assert code == 1
    assert problem in output
    assert (project / "CHANGELOG.md").read_text() == text
    assert '"0.1.0"' in (project / "target_activecampaign" / "__init__.py").read_text()


def test_all_that_does_not_agree_is_said_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = said(capsys, project, "check", "v0.3.0", "--repository", "https://git.example/fork/it")
    assert code == 1
    version, notes, unreleased, repository = output.splitlines()
    assert version == "target_activecampaign/__init__.py says 0.1.0, the tag v0.3.0"
    assert notes == "CHANGELOG.md says nothing of 0.3.0: .ci/release.py cut 0.3.0"
    assert "below ## [Unreleased]" in unreleased
    assert "https://git.example/fork/it" in repository


def test_without_the_address_of_the_repository_nothing_is_released(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, project, "cut", "0.2.0")
    (project / "pyproject.toml").write_text('repository = ""\n')
    code, output = said(capsys, project, "check", "v0.2.0")
    assert (code, output.count("\n")) == (1, 1)
    assert "repository is empty" in output


@pytest.mark.parametrize("arguments", [["check", "0.1.0"], ["check", "v1"], ["cut", "v0.2.0"], []])
def test_a_word_that_is_no_tag_or_version_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        release.main(arguments)
    assert refused.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_the_files_of_this_project_are_written_as_it_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    _, output = said(capsys, PROJECT, "check", "v999.0.0", "--repository", REPOSITORY)
    version, notes, *_, repository = output.splitlines()
    assert version == f"target_activecampaign/__init__.py says {__version__}, the tag v999.0.0"
    assert "says nothing of 999.0.0" in notes
    assert repository.startswith("pyproject.toml: repository is ")
    assert "\n## [Unreleased]\n" in (PROJECT / "CHANGELOG.md").read_text("utf-8")
