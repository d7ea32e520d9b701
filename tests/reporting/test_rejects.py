"""The rejects file holds rejected records to the letter, so that they can be mended and sent again."""

from __future__ import annotations

import errno
import json
import os
import typing as t
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.contacts.contact import Origin, Reason, Rejection
from target_activecampaign.errors import OutputError, SettingsError
from target_activecampaign.reporting.rejects import RejectsFile, _mark

if t.TYPE_CHECKING:
    from pathlib import Path

SCHEMA = b'{"type": "SCHEMA", "stream": "people", "schema": {"properties": {}}, "key_properties": []}\n'
OTHER_SCHEMA = SCHEMA.replace(b"people", b"shops")
RECORD = b'{"type": "RECORD", "stream": "people", "record": {"email": "ada", "price": 1.50}}\n'
BAD_EMAIL = Rejection(Reason.EMAIL_INVALID, "email: not an address")


def written(path: Path, *rejects: tuple[bytes | str | None, bytes | str | None]) -> list[str]:
    """Lines of the file after these schemas and records were written."""
    file = RejectsFile(path)
    for line, (schema, record) in enumerate(rejects, start=1):
        file.write(Origin("people", line, None, record, schema), BAD_EMAIL)
    file.close()
    return path.read_bytes().decode("utf-8", "surrogatepass").splitlines()


def test_a_record_follows_its_schema_and_has_the_reason_beside_it(tmp_path: Path) -> None:
    schema, record = written(tmp_path / "r", (SCHEMA, RECORD))
    assert schema == SCHEMA.decode().strip()
    assert json.loads(record) == {
        **json.loads(RECORD),
        "_rejected": {"reason": "email_invalid", "detail": "email: not an address"},
    }


def test_a_record_is_kept_to_the_letter(tmp_path: Path) -> None:
    _, record = written(tmp_path / "r", (SCHEMA, RECORD))
    assert record.startswith(RECORD.decode().strip().removesuffix("}"))
    assert '"price": 1.50' in record


def test_a_schema_is_written_again_only_where_it_changes(tmp_path: Path) -> None:
    lines = written(
        tmp_path / "r", (SCHEMA, RECORD), (SCHEMA, RECORD), (OTHER_SCHEMA, RECORD), (SCHEMA, RECORD)
    )
    assert [json.loads(line)["type"][0] for line in lines] == list("SRRSRSR")


def test_lines_of_text_and_a_byte_order_mark_are_taken(tmp_path: Path) -> None:
    lines = written(tmp_path / "r", (b"\xef\xbb\xbf" + SCHEMA, RECORD.decode()))
    assert [json.loads(line)["type"] for line in lines] == ["SCHEMA", "RECORD"]


def test_a_record_that_is_rejected_again_has_one_reason(tmp_path: Path) -> None:
    _, once = written(tmp_path / "1", (SCHEMA, RECORD))
    _, twice = written(tmp_path / "2", (SCHEMA, once))
    assert json.loads(twice) == json.loads(once)
    assert twice.count('"_rejected"') == 1
    assert "1.50" in twice


def test_half_of_a_surrogate_pair_is_kept(tmp_path: Path) -> None:
    raw = b'{"type": "RECORD", "record": {"email": "\xed\xa0\x80", "name": "\\ud800"}}'
    _, record = written(tmp_path / "r", (SCHEMA, raw))
    assert json.loads(record)["record"] == {"email": "\ud800", "name": "\ud800"}


def test_a_record_whose_lines_were_not_kept_is_not_written(tmp_path: Path) -> None:
    assert written(tmp_path / "r", (None, None), (SCHEMA, None), (None, RECORD)) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_the_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        written(tmp_path / "r", (SCHEMA, RECORD))
    finally:
        os.umask(before)
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o600


def test_rejects_of_an_earlier_run_are_kept_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rejects.singer"
    path.write_text("earlier\n")
    os.utime(path, (0, 0))
    written(path, (SCHEMA, RECORD))
    kept = tmp_path / "rejects.singer.19700101T000000.000000Z"
    assert kept.read_text() == "earlier\n"
    assert path.read_text().startswith('{"type": "SCHEMA"')


def test_a_file_without_rejects_is_not_kept(tmp_path: Path) -> None:
    written(tmp_path / "r")
    written(tmp_path / "r")
    assert [file.name for file in tmp_path.iterdir()] == ["r"]


def test_what_was_synced_is_in_the_file_before_it_is_closed(tmp_path: Path) -> None:
    file = RejectsFile(tmp_path / "r")
    file.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    file.sync()
    assert len((tmp_path / "r").read_text().splitlines()) == 2
    file.close()


def test_a_file_that_cannot_be_made_is_refused_by_the_name_of_its_setting(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"rejects_path: can't write .*: No such file or directory"):
        RejectsFile(tmp_path / "missing" / "r")


def test_a_full_disk_is_reported_without_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: t.Any) -> t.NoReturn:  # noqa: ANN401 - whatever is written
        raise OSError(errno.ENOSPC, "No space left on device")

    file = RejectsFile(tmp_path / "r")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=r"rejects_path: can't write .*: No space left on device"):
        file.sync()
    monkeypatch.undo()
    monkeypatch.setattr(file._file, "write", refuse)
    with pytest.raises(
        OutputError, match=r"rejects_path: can't write .*: No space left on device"
    ) as refusal:
        file.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    assert "ada" not in str(refusal.value)
    monkeypatch.undo()
    file.close()


def test_after_a_write_that_failed_no_sync_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> t.NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = RejectsFile(tmp_path / "r")
    with monkeypatch.context() as patch:
        patch.setattr(file._file, "write", refuse)
        with pytest.raises(OutputError, match=r"rejects_path: can't write .*: No space left on device"):
            file.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    with pytest.raises(OutputError, match="no STATE covers what could not be written down"):
        file.sync()
    file.close()


def test_a_disk_that_takes_a_new_file_and_no_content_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "write", lambda *_: 0)
    with pytest.raises(OutputError, match=r"rejects_path: can't write .*: No space left on device"):
        RejectsFile(tmp_path / "r")


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _JSON), st.booleans(), st.sampled_from([None, 1]), st.text())
def test_any_record_comes_out_as_it_went_in(
    record: dict[str, t.Any],
    is_ascii: bool,  # noqa: FBT001 - hypothesis passes it by position
    indent: int | None,
    detail: str,
) -> None:
    message = {"type": "RECORD", "stream": "people", "record": record}
    line = json.dumps(message, ensure_ascii=is_ascii, separators=(",", ":") if indent else None)
    rejection = Rejection(Reason.VALUE_INVALID, detail)
    marked = _mark(line, rejection)
    assert "\n" not in marked
    assert json.loads(marked, parse_float=Decimal) == {
        **message,
        "_rejected": {"reason": "value_invalid", "detail": detail},
    }


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_a_second_run_is_refused_the_file_of_the_first(
    tmp_path: Path, link: t.Callable[[Path, Path], None] | None
) -> None:
    first = RejectsFile(tmp_path / "r")
    path = tmp_path / "r"
    if link:
        path = tmp_path / "other"
        link(tmp_path / "r", path)
    first.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    with pytest.raises(SettingsError, match=r"rejects_path: .* is being written by another run"):
        RejectsFile(path)
    first.close()
    assert len((tmp_path / "r").read_text().splitlines()) == 2


def test_a_link_to_a_file_is_moved_aside_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("somebody else's")
    (tmp_path / "link").symlink_to(tmp_path / "r")
    written(tmp_path / "link", (SCHEMA, RECORD))
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "r").read_text() == "somebody else's"


@pytest.mark.parametrize("change", ["delete", "move", "replace", "cut"])
def test_a_file_that_is_gone_or_cut_is_noticed_before_the_next_state(tmp_path: Path, change: str) -> None:
    path = tmp_path / "r"
    file = RejectsFile(path)
    file.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    file.sync()
    if change == "cut":
        os.truncate(path, 0)
    elif change == "delete":
        path.unlink()
    else:
        path.rename(tmp_path / "moved")
        if change == "replace":
            path.touch()
    with pytest.raises(OutputError, match="while the run was writing"):
        file.sync()
    file.close()


@pytest.mark.parametrize("size", [0, 10, -1])
@pytest.mark.parametrize("more", [1, 2, 300])
def test_a_file_that_was_cut_and_grew_past_that_is_noticed(tmp_path: Path, size: int, more: int) -> None:
    path = tmp_path / "r"
    file = RejectsFile(path)
    file.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    file.sync()
    os.truncate(path, size % path.stat().st_size)
    for line in range(more):
        file.write(Origin("people", 2 + line, None, RECORD, SCHEMA), BAD_EMAIL)
    with pytest.raises(OutputError, match="it was cut"):
        file.sync()
    file.close()


def test_a_file_that_was_cut_between_two_writes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "r"
    file = RejectsFile(path)
    for line in range(1000):
        file.write(Origin("people", line, None, RECORD, SCHEMA), BAD_EMAIL)
        if line == 500:
            assert path.stat().st_size, "a part of it left the buffer"
            os.truncate(path, 0)
    with pytest.raises(OutputError, match="it was cut"):
        file.sync()
    file.close()


def test_a_file_that_somebody_else_writes_to_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "r"
    file = RejectsFile(path)
    file.write(Origin("people", 1, None, RECORD, SCHEMA), BAD_EMAIL)
    file.sync()
    with path.open("a") as other:
        other.write("x")
    with pytest.raises(OutputError, match="another process wrote to it"):
        file.sync()
    file.close()
