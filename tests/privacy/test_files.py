"""Files with personal data are their owner's alone, and never written through somebody else's file."""

from __future__ import annotations

import os
import stat
import typing as t

import pytest
from support.raw_command import SCHEMA_LINE, fast_config, record_line, run_bytes

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.raw_command import Said

REJECTED = SCHEMA_LINE + record_line(email="ada at home") + record_line(email="ada@example.com")


@pytest.fixture
def run_once(tmp_path: Path) -> Iterator[t.Callable[[], Said]]:
    """Run once into `rejects.singer` and `report.json`."""
    with serve(with_limits=False, progress="at-once") as sandbox:
        config = fast_config(sandbox.url, tmp_path, max_rejected_percent=100)
        yield lambda: run_bytes(config, REJECTED, tmp_path)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_rejects_are_their_owners_alone(
    run_once: t.Callable[[], Said], tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        said = run_once()
    finally:
        os.umask(before)
    assert said.exit_code == 0
    assert "ada at home" in (tmp_path / "rejects.singer").read_text()
    assert mode_of(tmp_path / "rejects.singer") == 0o600


@pytest.mark.parametrize("content", ["", "somebody else's"])
def test_a_link_that_lies_in_the_way_is_not_followed(
    run_once: t.Callable[[], Said], tmp_path: Path, content: str
) -> None:
    other = tmp_path / "other"
    other.write_text(content)
    other.chmod(0o644)
    rejects, report = tmp_path / "rejects.singer", tmp_path / "report.json"
    rejects.symlink_to(other)
    report.symlink_to(tmp_path / "another")
    assert run_once().exit_code == 0
    assert other.read_text() == content
    assert not rejects.is_symlink()
    assert mode_of(rejects) == 0o600
    assert not (tmp_path / "another").exists()


def test_a_link_to_nowhere_ends_the_run_before_anything_is_sent(
    run_once: t.Callable[[], Said], tmp_path: Path
) -> None:
    (tmp_path / "rejects.singer").symlink_to(tmp_path / "nowhere")
    said = run_once()
    assert said.exit_code == 1
    assert "rejects_path: can't write" in said.log
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_others_may_read_is_not_written_into(
    run_once: t.Callable[[], Said], tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.singer"
    rejects.touch(0o666)
    assert run_once().exit_code == 0
    assert mode_of(rejects) == 0o600


def test_a_report_that_is_replaced_is_never_seen_half(run_once: t.Callable[[], Said], tmp_path: Path) -> None:
    assert run_once().exit_code == 0
    with (tmp_path / "report.json").open() as earlier:
        assert run_once().exit_code == 0
        assert earlier.read().endswith("}\n"), "who has the old one open reads all of it"
    assert not list(tmp_path.glob(".report.json.*"))


def test_a_missing_folder_of_a_batch_file_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    manifest = f'["{(folder / "a.jsonl").as_uri()}"]'
    line = '{"type":"BATCH","stream":"people","encoding":{"format":"jsonl"},"manifest":' + manifest + "}\n"
    with serve(with_limits=False) as sandbox:
        for settings in ({}, {"batch_config": {"storage": {"root": folder.as_uri()}}}):
            config = fast_config(sandbox.url, tmp_path, **settings)
            assert run_bytes(config, SCHEMA_LINE + line.encode(), tmp_path).exit_code == 1
    assert not folder.parent.exists()


@pytest.mark.parametrize("name", ["../secret.jsonl", "..%2Fsecret.jsonl", "%2e%2e", "", "."])
def test_a_batch_file_cannot_lie_outside_of_the_configured_storage(name: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.jsonl").write_text('{"email":"ada@example.com"}\n')
    manifest = f'["{root.as_uri()}/{name}"]'
    line = '{"type":"BATCH","stream":"people","encoding":{"format":"jsonl"},"manifest":' + manifest + "}\n"
    with serve(with_limits=False) as sandbox:
        config = fast_config(sandbox.url, tmp_path, batch_config={"storage": {"root": root.as_uri()}})
        said = run_bytes(config, SCHEMA_LINE + line.encode(), tmp_path)
        assert len(sandbox.account.contacts) == 0
    assert said.exit_code == 1
    assert "file 1 can't be read" in said.log


def test_the_account_of_the_bundled_emulator_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert run_bytes(fast_config("sandbox", tmp_path), SCHEMA_LINE, tmp_path).exit_code == 0
    finally:
        os.umask(before)
    folder = tmp_path / ".sandbox"
    assert mode_of(folder) & 0o077 == 0 or all(mode_of(file) & 0o077 == 0 for file in folder.iterdir())
