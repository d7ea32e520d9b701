"""Devices, pipes and this process's own outputs are written to, and never replaced."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from target_activecampaign.contacts.contact import Origin, Reason, Rejection
from target_activecampaign.errors import OutputError
from target_activecampaign.reporting.rejects import RejectsFile
from target_activecampaign.reporting.report_file import check_report_path, write_report

REJECTION = Rejection(Reason.EMAIL_INVALID, "email: not an address")
ORIGIN = Origin("people", 1, None, b'{"type": "RECORD", "record": {}}', b'{"type": "SCHEMA"}')


def write_rejects(path: Path) -> None:
    file = RejectsFile(path)
    file.write(ORIGIN, REJECTION)
    file.sync()
    file.close()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no /dev/fd here")
@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_an_output_of_this_process_is_written_to_where_it_stands(tmp_path: Path, folder: str) -> None:
    if folder == "/proc/self/fd" and sys.platform != "linux":
        pytest.skip("of Linux alone")
    with (tmp_path / "log").open("w") as log:
        log.write("before\n")
        log.flush()
        write_rejects(Path(folder, str(log.fileno())))
        check_report_path(Path(folder, str(log.fileno())))
        write_report(Path(folder, str(log.fileno())), {"read": 1})
    lines = (tmp_path / "log").read_text().splitlines()
    assert (lines[0], len(lines)) == ("before", 6)
    assert [file.name for file in tmp_path.iterdir()] == ["log"]


def test_the_null_device_stays_a_device(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    for path in (tmp_path / "null", Path("/dev/null")):
        write_rejects(path)
        write_report(path, {})
    assert (tmp_path / "null").is_symlink()
    assert Path("/dev/null").is_char_device()


def test_a_pipe_is_written_to_and_one_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OutputError, match="rejects_path: can't write"):
        write_rejects(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_rejects(path)
        assert os.read(reader, 1_000).startswith(b'{"type": "SCHEMA"}')
    finally:
        os.close(reader)
