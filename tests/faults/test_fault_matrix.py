"""The matrix in `docs/faults.md` names tests that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_versions  # a file of the repository

HERE = Path(__file__).parent
MATRIX = HERE.parents[1] / "docs" / "faults.md"


NAMED = re.compile(r"`((?:\.\./(?:\w+/)?)?test_\w+\.py)::[^`]+`")


def collected() -> set[str]:
    """Every test of the files that are named, as the matrix names it, with and without its parameters."""
    files = {(HERE / name).resolve() for name in NAMED.findall(MATRIX.read_text(encoding="utf-8"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "-m",
        "not browser",  # what the README's command leaves out is there all the same
        *map(str, sorted(files)),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE.parents[1]).stdout
    paths = {line.removeprefix("tests/") for line in output.splitlines() if "::" in line}
    names = {
        path.removeprefix(f"{HERE.name}/") if path.startswith(HERE.name) else f"../{path}" for path in paths
    }
    return names | {name.partition("[")[0] for name in names}


def test_every_test_that_the_matrix_names_exists() -> None:
    named = set(re.findall(r"`((?:\.\./(?:\w+/)?)?test_\w+\.py::[^`]+)`", MATRIX.read_text(encoding="utf-8")))
    assert len(named) > 50
    assert named - collected() == set()


def test_every_row_of_the_matrix_names_a_test() -> None:
    rows = [line for line in MATRIX.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    faults = [row for row in rows if not row.startswith("| fault |")]
    assert len(faults) > 50
    for row in faults:
        assert re.search(r"`(?:\.\./(?:\w+/)?)?test_\w+\.py::", row), row
