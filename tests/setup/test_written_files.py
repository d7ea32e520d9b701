"""A setup's files are its owner's, whole or not at all, and what stood there stays."""

from __future__ import annotations

import json
import typing as t

import pytest
from dotenv import dotenv_values

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import OutputError
from target_activecampaign.setup.written_files import (
    IGNORED,
    write_config,
    write_ignored,
    write_key,
)

if t.TYPE_CHECKING:
    from pathlib import Path

NAME = "TARGET_ACTIVECAMPAIGN_API_KEY"


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_key_and_settings_are_for_their_owner(tmp_path: Path) -> None:
    write_config(tmp_path, {"hostname": "acme.api-us1.com"}, None)
    write_key(tmp_path, Secret("k3y"))
    assert permissions(tmp_path / "config.json") == permissions(tmp_path / ".env") == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "config.json"]


def test_the_settings_before_are_kept_without_their_key(tmp_path: Path) -> None:
    write_config(tmp_path, {"list_id": 3}, {"list_id": 1, "api_key": "k3y"})
    assert json.loads((tmp_path / "config.json").read_text()) == {"list_id": 3}
    assert json.loads((tmp_path / "config.json.bak").read_text()) == {"list_id": 1}
    assert permissions(tmp_path / "config.json.bak") == 0o600


@pytest.mark.parametrize("key", ["abc123", "with blank", "it's#=$x", "back\\slash", 'quo"te', "ä"])
def test_a_key_of_any_signs_is_read_as_it_was_written(tmp_path: Path, key: str) -> None:
    write_key(tmp_path, Secret(key))
    assert dotenv_values(tmp_path / ".env", interpolate=False)[NAME] == key


def test_other_variables_of_the_file_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"# shop\nexport SHOP='a\nb'\n{NAME}=old\n{NAME}=older\nLAST=1")
    path.chmod(0o644)
    write_key(tmp_path, Secret("new"))
    assert path.read_text() == f"# shop\nexport SHOP='a\nb'\nLAST=1\n{NAME}=new\n"
    assert permissions(path) == 0o600


def test_lines_are_added_to_what_git_ignores_once(tmp_path: Path) -> None:
    path = tmp_path / ".gitignore"
    path.write_text("node_modules\n*.csv")
    assert write_ignored(tmp_path, IGNORED) == [".env", "rejects*", "reports/", "ledger.db*"]
    written = path.read_text()
    assert written.splitlines() == ["node_modules", "*.csv", ".env", "rejects*", "reports/", "ledger.db*"]
    assert write_ignored(tmp_path, IGNORED) == []
    assert path.read_text() == written


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "real.env"
    real.write_text("A=1\n")
    (tmp_path / ".env").symlink_to(real)
    write_key(tmp_path, Secret("k"))
    assert (tmp_path / ".env").is_symlink()
    assert real.read_text() == f"A=1\n{NAME}=k\n"


def test_a_file_that_is_no_text_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"A=\xff\n")
    with pytest.raises(OutputError, match=r"\.env can't be read"):
        write_key(tmp_path, Secret("k"))
    assert path.read_bytes() == b"A=\xff\n"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"config\.json can't be written"):
        write_config(tmp_path / "none", {}, None)
