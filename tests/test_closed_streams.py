"""A process that is started without a standard stream (`>&-`) gives its place to no file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_OPENS_A_FILE = """
import sys
from target_activecampaign.__main__ import fill_closed_streams
fill_closed_streams()
with open(sys.argv[1], "w") as file:
    file.write(str(file.fileno()))
print("on standard output")
print("on standard error", file=sys.stderr)
"""


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path, closed: str) -> None:
    path = tmp_path / "ledger"
    program = [sys.executable, "-S", "-c", _OPENS_A_FILE, str(path)]
    root = Path(__file__).parent.parent
    shell = ["/bin/sh", "-c", f'"$@" {closed}', "sh", *program]
    subprocess.run(shell, cwd=root, check=True, timeout=60, capture_output=True)
    assert int(path.read_text()) > 2
