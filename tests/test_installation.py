"""Commands that add to an installation fit how it was made, and from what: an index, a clone, a wheel."""

from __future__ import annotations

import json
import shlex
import sys
import typing as t
from importlib import metadata
from pathlib import Path

import pytest

from target_activecampaign.installation import (
    Installation,
    Source,
    how_to_add_extra,
    how_to_add_package,
    how_to_update,
    this_installation,
)

REQUIREMENTS = (
    "click>=8.1",
    'psycopg[binary]>=3.2; extra == "postgres"',
    "nobody-has-this>=1; python_version > '3' and extra == 'parquet'",
    "click>=8; extra == 'people'",
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    (folder / ".git").mkdir(parents=True)
    return folder


def made(prefix: Path = Path("/srv/env"), **kwargs: t.Any) -> Installation:  # noqa: ANN401 - of several types
    kwargs.setdefault("requirements", REQUIREMENTS)
    return Installation(prefix, f"{prefix}/bin/python", **kwargs)


def source_of(path: Path, *, is_editable: bool = False) -> Source:
    told = {"url": path.as_uri(), "dir_info": {"editable": True} if is_editable else {}}
    found = Source.of_direct_url(json.dumps(told))
    assert found is not None
    return found


def test_pip_adds_to_the_environment_that_runs_and_to_no_other() -> None:
    assert (
        made().how_to_add_extra("postgres")
        == "/srv/env/bin/python -m pip install 'target-activecampaign[postgres]'"
    )
    assert (
        made(is_active=True).how_to_add_extra("postgres") == "pip install 'target-activecampaign[postgres]'"
    )


def test_uv_needs_no_pip_in_the_environment() -> None:
    assert (
        made(installer="uv").how_to_add_extra("postgres")
        == "uv pip install --python /srv/env 'target-activecampaign[postgres]'"
    )
    assert made(installer="uv", is_active=True).how_to_add(["PySocks"]) == "uv pip install PySocks"


def test_a_clone_is_named_by_its_folder_and_stays_editable(clone: Path) -> None:
    folder, editable = source_of(clone), source_of(clone, is_editable=True)
    said = made(is_active=True, source=folder).how_to_add_extra("people")
    assert shlex.split(said) == ["pip", "install", f"{clone}[people]"]
    said = made(is_active=True, source=editable).how_to_add_extra("people")
    assert shlex.split(said) == ["pip", "install", "-e", f"{clone}[people]"]


def test_a_wheel_is_named_while_it_is_there_else_the_packages_of_the_extra(tmp_path: Path) -> None:
    wheel = tmp_path / "target_activecampaign-0.1.0-py3-none-any.whl"
    from_wheel = made(is_active=True, source=source_of(wheel))
    assert from_wheel.how_to_add_extra("postgres") == "pip install 'psycopg[binary]>=3.2'"
    wheel.touch()
    assert from_wheel.how_to_add_extra("postgres") == f"pip install '{wheel}[postgres]'"


def test_a_commit_of_a_repository_stays_the_same() -> None:
    told = {"url": "https://git.example/t.git", "vcs_info": {"vcs": "git", "commit_id": "abc123"}}
    source = Source.of_direct_url(json.dumps(told))
    said = made(is_active=True, source=source).how_to_add_extra("people")
    assert said == "pip install 'target-activecampaign[people]@git+https://git.example/t.git@abc123'"


def test_pipx_keeps_what_was_added_before(tmp_path: Path, clone: Path) -> None:
    prefix = tmp_path / "pipx" / "target-activecampaign-2"
    prefix.mkdir(parents=True)
    (prefix / "pipx_metadata.json").touch()
    # Whether pipx itself used pip or uv.
    for installer in ("pip", "uv"):
        by_pipx = made(prefix, installer=installer, source=source_of(clone))
        assert (
            by_pipx.how_to_add_extra("postgres")
            == "pipx inject target-activecampaign-2 'psycopg[binary]>=3.2'"
        )
        assert by_pipx.how_to_add(["PySocks"]) == "pipx inject target-activecampaign-2 PySocks"
        assert by_pipx.how_to_update().endswith("pipx upgrade target-activecampaign-2")


def test_a_tool_of_uv_is_made_anew_with_the_extras_that_it_has(tmp_path: Path, clone: Path) -> None:
    (tmp_path / "uv-receipt.toml").touch()
    tool = made(tmp_path, installer="uv", source=source_of(clone))
    assert shlex.split(tool.how_to_add_extra("parquet")) == [
        *("uv", "tool", "install", "--force"),
        f"{clone}[parquet,people,postgres]",
    ]
    assert tool.how_to_add(["PySocks"]) == f"uv pip install --python {tmp_path} PySocks"
    assert tool.how_to_update().endswith("uv tool upgrade target-activecampaign")


def test_in_a_project_of_meltano_its_file_is_changed(tmp_path: Path) -> None:
    loader = made(tmp_path / ".meltano" / "loaders" / "to-newsletter" / "venv", installer="uv")
    assert (
        loader.how_to_add_extra("parquet")
        == "add the extra [parquet] to pip_url of to-newsletter in meltano.yml, then: meltano install"
    )
    assert loader.how_to_add(["PySocks"]).startswith("add PySocks to pip_url of to-newsletter")
    assert loader.how_to_update() == "meltano install --clean"


def test_a_newer_version_comes_from_where_this_one_came(tmp_path: Path, clone: Path) -> None:
    extras = "[people,postgres]"
    assert made(is_active=True).how_to_update() == f"pip install --upgrade 'target-activecampaign{extras}'"
    from_clone = made(is_active=True, source=source_of(clone)).how_to_update()
    assert from_clone == f"git -C '{clone}' pull && pip install --upgrade '{clone}{extras}'"
    from_wheel = made(source=source_of(tmp_path / "t.whl")).how_to_update()
    assert from_wheel == "install a newer wheel as you installed this one"


def test_a_version_is_kept_to_where_an_index_has_several(clone: Path) -> None:
    assert made().requirement(["sandbox"], "0.1.0") == "'target-activecampaign[sandbox]==0.1.0'"
    assert made().requirement([]) == "target-activecampaign"
    assert made(source=source_of(clone)).requirement([], "0.1.0") == f"'{clone}'"


def test_the_installation_that_runs_is_read_from_its_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    found = this_installation()
    assert (found.prefix, found.python, found.is_active) == (Path(sys.prefix), sys.executable, True)
    assert found.installer in {"pip", "uv"}
    assert any(line.startswith("psycopg") and "postgres" in line for line in found.requirements)
    assert "postgres]" in how_to_add_extra("postgres")
    assert how_to_add_package("PySocks").endswith(" PySocks")
    assert how_to_update()


def test_sources_that_nobody_installed_are_installed_from_their_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(name: str) -> t.NoReturn:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", lacking)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    said = how_to_add_extra("people")
    sources = Path(__file__).parents[1]
    assert shlex.split(said) == [sys.executable, "-m", "pip", "install", f"{sources}[people]"]
